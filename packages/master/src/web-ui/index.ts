export { noWebUi, openWebUi, type WebUi, type WebUiPlace } from './routes.ts';
export { withSessions } from './session/access.ts';
export { openSessions, sessionRealms } from './session/open.ts';
export { sessionRoute } from './session/routes.ts';
