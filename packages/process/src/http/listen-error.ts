import { getSystemErrorMessage } from 'node:util';

/** What to do, by the code of the operating system. */
const help: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there: end it, or choose another port with --port',
  EADDRNOTAVAIL: 'this machine does not have that address: check --ip',
  EACCES: 'this user may not use that port: choose one from 1024 up with --port',
};

/** A daemon cannot listen. The code is that of the operating system, `EADDRINUSE` and the like. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: string;

  /** @param address `ip:port`. */
  constructor(address: string, cause: NodeJS.ErrnoException) {
    const { code = 'UNKNOWN', errno, message } = cause;
    const reason = help[code] ?? (errno === undefined ? message : getSystemErrorMessage(errno));
    super(`Cannot listen on ${address}: ${reason} (${code})`, { cause });
    this.code = code;
  }
}
