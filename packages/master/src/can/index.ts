export { canRoute } from './route.ts';
