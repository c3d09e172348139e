export { handlersOf } from '../http/router.ts';
export { principalHeader, principalOfHeader } from './principal-of-header.ts';
export { type RecordingAccess, recordingAccess } from './recording-access.ts';
