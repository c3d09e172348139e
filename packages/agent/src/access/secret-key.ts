import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { NotRegularFileError } from '@meseta/system/regular-file';
import { systemProblem } from '@meseta/system/system-problem';

/** The file of `--jwt_secret_key` cannot be used. The message does not contain the key. */
export class SecretKeyError extends Error {
  override readonly name = 'SecretKeyError';
  readonly code = 'SECRET_KEY';
}

const largestBytes = 64 * 1024;
/** HMAC with SHA-256 is as strong as its key up to this length. */
const strongBytes = 32;

/**
 * Reads the key of tokens: all bytes of the file, as Mesos does, also a line break at its end.
 *
 * @param warn receives warnings for the operator.
 * @throws {SecretKeyError}
 */
export function readSecretKey(path: string, warn: (message: string) => void): Buffer {
  const refuse = (why: string) =>
    new SecretKeyError(`Failed to read the file specified by --jwt_secret_key, '${path}': ${why}`);
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) throw new NotRegularFileError(path, stats);
      if (stats.size > largestBytes) throw refuse(`it is larger than ${largestBytes} bytes`);
      if ((stats.mode & 0o007) !== 0) {
        warn(
          `Permissions on executor secret key file '${path}' are too open; it is recommended that your key file is NOT` +
            ` accessible by others (chmod o= '${path}')`,
        );
      }
      const key = readFileSync(fd);
      if (key.length === 0) throw refuse('it is empty, so that anybody could make tokens; write random bytes into it');
      if (key.length < strongBytes) {
        warn(
          `The key in '${path}' is short: ${key.length} bytes. At least ${strongBytes} random bytes are recommended`,
        );
      }
      return key;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw error instanceof SecretKeyError ? error : refuse(systemProblem(error as Error));
  }
}
