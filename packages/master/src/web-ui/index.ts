export { noWebUi, openWebUi, type WebUi, type WebUiPlace } from './routes.ts';
