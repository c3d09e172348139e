/**
 * Returns a handler of errors that puts a value in place of a file or a process that is not there (ENOENT, ESRCH), and rethrows every
 * other error: what cannot be read, because all descriptors are in use for instance, may well be there.
 */
export function ifAbsent<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return error => {
    if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
    return value;
  };
}
