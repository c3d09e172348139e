/** Reads the files of keys by which daemons make and check tokens. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { NotRegularFileError } from '@meseta/system/regular-file';
import { systemProblem } from '@meseta/system/system-problem';

/** The file of a key cannot be used. The message does not contain the key. */
export class SecretKeyError extends Error {
  override readonly name = 'SecretKeyError';
  readonly code = 'SECRET_KEY';
}

const largestBytes = 64 * 1024;
/** HMAC with SHA-256 is as strong as its key up to this length. */
const strongBytes = 32;

/** How the file of a key is read. */
export interface SecretKeyOptions {
  /** The flag that names the file, for errors: `--jwt_secret_key`. */
  readonly flag: string;
  /** What the key is, for warnings: `executor secret`. */
  readonly name: string;
  /** Refuse a file that its group or others can read, in place of a warning about others. */
  readonly isPrivate?: boolean;
  /** Receives warnings for the operator. */
  readonly warn: (message: string) => void;
}

/**
 * Reads a key of tokens: all bytes of the file, as Mesos does, also a line break at its end.
 *
 * @throws {SecretKeyError}
 */
export function readSecretKey(path: string, { flag, name, isPrivate = false, warn }: SecretKeyOptions): Buffer {
  const refuse = (why: string) => new SecretKeyError(`Failed to read the file specified by ${flag}, '${path}': ${why}`);
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) throw new NotRegularFileError(path, stats);
      if (stats.size > largestBytes) throw refuse(`it is larger than ${largestBytes} bytes`);
      if (isPrivate && (stats.mode & 0o077) !== 0) {
        throw refuse(`others than its owner can use it, and make tokens in any name; chmod 600 '${path}' ends that`);
      }
      if ((stats.mode & 0o007) !== 0) {
        warn(
          `Permissions on ${name} key file '${path}' are too open; it is recommended that your key file is NOT` +
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
