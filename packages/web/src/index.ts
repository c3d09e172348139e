import { fileURLToPath } from 'node:url';

/** Where the built web UI is, once `npm run web` has made it. */
export const webUiDirectory = fileURLToPath(new URL('../dist', import.meta.url));
