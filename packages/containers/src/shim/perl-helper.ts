import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { systemProblem } from '@meseta/system/system-problem';

/** A helper process whose requests go to standard input, and whose answers, if any, come from standard output. */
export type PerlHelper = ChildProcessByStdio<Writable, Readable, Readable>;

/** The program to start. */
export interface PerlHelperOptions {
  /** What it does, for messages: `launches containers`. */
  readonly purpose: string;
  /** Arguments of perl(1). */
  readonly argv: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly workingDirectory?: string;
  /** Gets what it writes to standard error. */
  readonly onWarning: (message: string) => void;
}

/** A helper process could not be started. The message says which and why. */
export class PerlHelperError extends Error {
  override readonly name = 'PerlHelperError';
  readonly code = 'PERL_HELPER_START';

  constructor(purpose: string, cause: NodeJS.ErrnoException) {
    super(`Cannot start the process that ${purpose}: ${perlProblem(cause)}`, { cause });
  }
}

/**
 * Starts a helper process written in Perl, in a session of its own: Ctrl-C on a daemon's terminal is not for what the
 * helper has started. Resolves when it says hello: the first bytes on its standard output, with nothing after them before
 * the first request.
 *
 * @throws {PerlHelperError}
 */
export async function startPerlHelper(options: PerlHelperOptions): Promise<{ child: PerlHelper; hello: string }> {
  const child = spawn('perl', options.argv, {
    ...(options.workingDirectory !== undefined && { cwd: options.workingDirectory }),
    ...(options.environment && { env: options.environment }),
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const failed = child.pid === undefined ? once(child, 'error') : undefined;
  child.stdin?.on('error', () => {}); // it was killed: its exit says so
  child.stderr?.setEncoding('utf8').on('data', options.onWarning);
  try {
    if (failed) throw (await failed)[0]; // without files left it has no pipes either
    const [hello] = await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(([code, signal]) => {
        throw new Error(`it ended with ${signal ?? `exit code ${code}`}`);
      }),
    ]);
    return { child, hello: String(hello) };
  } catch (cause) {
    throw new PerlHelperError(options.purpose, cause as NodeJS.ErrnoException);
  }
}

/** Why perl(1) does not start, and what to do about it. The working directory exists. */
export function perlProblem(error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT' ? 'perl is not installed (Debian package perl-base)' : systemProblem(error);
}
