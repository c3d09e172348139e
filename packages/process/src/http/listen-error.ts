import { systemProblem } from '@meseta/system/system-problem';

/** What to do, by the code of the operating system. */
const help: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there: end it, or choose another port with --port',
  EADDRNOTAVAIL: 'this machine does not have that address: check --ip',
  EACCES: 'this user may not use that port: choose one from 1024 up with --port',
};

/** The same for a Unix socket. */
export const socketHelp: typeof help = {
  EADDRINUSE:
    'another process listens there, or it is a file: end that process, or choose another path with --domain_socket_location',
  EACCES: 'this user may not make files there: choose another path with --domain_socket_location',
};

/** A daemon cannot listen. The code is that of the operating system, `EADDRINUSE` and the like. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: string;

  /** @param address `ip:port`, or the path of a socket. */
  constructor(address: string, cause: NodeJS.ErrnoException, advices = help) {
    const { code = 'UNKNOWN' } = cause;
    const advice = advices[code];
    super(`Cannot listen on ${address}: ${advice === undefined ? systemProblem(cause) : `${advice} (${code})`}`, {
      cause,
    });
    this.code = code;
  }
}
