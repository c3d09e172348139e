import { fileURLToPath } from 'node:url';

/**
 * The first arguments of perl(1) to run shim.pl; the mode comes next. The bundle of the stand-alone executor is a
 * single file, so it has the program's text in place of its path (see `packages/executor/build.ts`).
 */
export const shimProgram: readonly string[] = [fileURLToPath(new URL('./shim.pl', import.meta.url))];
