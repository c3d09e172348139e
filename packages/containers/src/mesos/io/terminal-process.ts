import { fileURLToPath } from 'node:url';
import type { TTYInfo } from '@meseta/protocol';
import type { User } from '@meseta/system';
import { startPerlHelper } from '../../shim/perl-helper.ts';

const program = fileURLToPath(new URL('./terminal.pl', import.meta.url));

/** What a terminal is like. */
export interface TerminalOptions {
  /** Where its process has its socket. */
  readonly directory: string;
  readonly tty: TTYInfo;
  /** Whom it belongs to; undefined: the agent's user. */
  readonly user?: User | undefined;
  /** The file that output is appended to. Undefined: it is only for the agent, with whose connection the terminal ends. */
  readonly logFile?: string | undefined;
  readonly onWarning: (message: string) => void;
}

/** A terminal that is held open until its container has opened it. */
export interface HeldTerminal {
  /** The path of the device. */
  readonly path: string;
  /** The container has opened it, or never will: it ends when no process has it open any more. Idempotent. */
  release(): void;
}

/**
 * Starts the process that holds a terminal. It outlives the agent.
 *
 * @throws {PerlHelperError} naming what failed.
 */
export async function startTerminal(options: TerminalOptions): Promise<HeldTerminal> {
  const { directory, tty, user, logFile = '', onWarning } = options;
  const { rows = 0, columns = 0 } = tty.window_size ?? {};
  const { child, hello } = await startPerlHelper({
    purpose: 'holds a terminal',
    argv: [program, user === undefined ? '' : String(user.uid), String(rows), String(columns), logFile],
    workingDirectory: directory,
    environment: { PATH: process.env.PATH, LC_ALL: 'C' },
    onWarning,
  });
  child.unref();
  child.stdout.destroy();
  child.stderr.destroy();
  return { path: hello.trim(), release: () => child.stdin.end() };
}
