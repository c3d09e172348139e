import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { systemProblem } from '@meseta/system/system-problem';

/** A helper process that reads requests from standard input and writes answers to standard output. */
export type PerlHelper = ChildProcessByStdio<Writable, Readable, Readable>;

/** The program of a helper process. */
export interface PerlHelperOptions {
  /** What the process does, for error messages: `launches containers`. */
  readonly purpose: string;
  /** Arguments of perl(1). */
  readonly argv: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly workingDirectory?: string;
  /** Receives what it writes to standard error. */
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
 * Starts a helper process written in Perl, in its own session, so that Ctrl-C on the daemon's terminal does not reach
 * what the helper has started. Resolves when the process has sent its greeting: the first bytes on its standard output,
 * which nothing follows before the first request.
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
  child.stdin?.on('error', () => {}); // it was killed, which its exit shows
  child.stderr?.setEncoding('utf8').on('data', options.onWarning);
  try {
    if (failed) throw (await failed)[0]; // without free file descriptors there are no pipes either
    const [hello] = await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(([code, signal]) => {
        throw new Error(`it ended at once with ${signal ?? `exit code ${code}`}`);
      }),
    ]);
    return { child, hello: String(hello) };
  } catch (cause) {
    throw new PerlHelperError(options.purpose, cause as NodeJS.ErrnoException);
  }
}

/** Explains why perl(1) does not start, and what to do. The working directory must exist. */
export function perlProblem(error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT' ? 'perl is not installed (Debian package perl-base)' : systemProblem(error);
}
