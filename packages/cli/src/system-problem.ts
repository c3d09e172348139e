import { systemProblem } from '@meseta/system/system-problem';

/** A file or directory of this machine cannot be written. */
export class LocalFileError extends Error {
  override readonly name = 'LocalFileError';
  readonly code = 'LOCAL_FILE';

  constructor(path: string, cause: NodeJS.ErrnoException) {
    super(`Cannot write '${path}' on this machine: ${systemProblem(cause)}`, { cause });
  }
}

/** Makes an error handler that adds the path to errors of the operating system, and throws others unchanged. */
export function nameFile(path: string): (error: unknown) => never {
  return error => {
    const isSystem = error instanceof Error && 'syscall' in error && 'errno' in error;
    throw isSystem ? new LocalFileError(path, error as NodeJS.ErrnoException) : error;
  };
}
