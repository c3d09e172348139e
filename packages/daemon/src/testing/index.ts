export { handlersOf } from '../http/router.ts';
export { type RecordingAccess, recordingAccess } from './recording-access.ts';
