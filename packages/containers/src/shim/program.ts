import { fileURLToPath } from 'node:url';

/**
 * The beginning of perl(1)'s arguments for shim.pl; the mode comes next. The bundle of the stand-alone executor, which is
 * one file, has the program's text in place of its path (see `packages/executor/build.ts`).
 */
export const shimProgram: readonly string[] = [fileURLToPath(new URL('./shim.pl', import.meta.url))];
