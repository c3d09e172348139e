/** Runs a command in the container of a task, for `task exec` and `task shell`. */
import { randomUUID } from 'node:crypto';
import { HttpAnswerError } from '@meseta/process';
import type { CommandInfo } from '@meseta/protocol';
import { exitCodeOfRefusal, exitCodeOfStatus, type MasterClient } from '@meseta/scheduler';
import { findTask } from '../find-task.ts';
import { UsageError } from '../usage-error.ts';
import { attach } from './attach.ts';
import { codeOfEnd } from './exit-code.ts';
import { containerOfTask } from './task-container.ts';

/** What to run, and how. */
export interface Execution {
  readonly task: string;
  readonly framework?: string | undefined;
  readonly argv: readonly [string, ...string[]];
  readonly interactive: boolean;
  readonly terminal: boolean;
  /** `NAME=VALUE` each. */
  readonly environment: readonly string[];
  readonly user?: string | undefined;
  readonly detachKeys: Buffer;
}

/** How long to wait, in milliseconds, for how a command ended whose output has. */
const waitMs = 10_000;

/**
 * Runs the command to its end.
 *
 * @returns the exit code: its own, 128 and the signal that ended it, 126 or 127 when it cannot be run.
 * @throws {UsageError} {LookupError} {HttpAnswerError} {HttpConnectionError}
 */
export async function execute(master: MasterClient, execution: Execution): Promise<number> {
  const { interactive, terminal, detachKeys } = execution;
  if (interactive && terminal && !process.stdin.isTTY) {
    throw new UsageError('Standard input is not a terminal; leave -t out to pass it on as it is');
  }
  const command = commandOf(execution);
  const found = await findTask(master, execution.task, execution.framework);
  const { container: parent, streams } = await containerOfTask(master, found);
  const container_id = { value: randomUUID(), parent };
  const { rows, columns } = process.stdout;
  const window_size = rows && columns ? { window_size: { rows, columns } } : {};
  try {
    const end = await attach({
      ...{ streams, detachKeys, hasTerminal: terminal, container: container_id },
      input: !interactive ? 'none' : terminal ? 'keys' : 'text',
      open: signal =>
        streams.launchSession(
          { container_id, command, ...(terminal && { container: { type: 'MESOS', tty_info: window_size } }) },
          signal,
        ),
    });
    if (end !== 'ended') return codeOfEnd(end);
    const status = await streams.wait(container_id, AbortSignal.timeout(waitMs));
    if (status !== undefined) return exitCodeOfStatus(status);
    throw new Error('The command has ended, but its agent does not know how');
  } catch (error) {
    const code = error instanceof HttpAnswerError ? exitCodeOfRefusal(error.reason) : undefined;
    if (code === undefined) throw error;
    process.stderr.write(`meseta: ${(error as Error).message}\n`);
    return code;
  } finally {
    await streams.close();
  }
}

function commandOf({ argv, environment, user, terminal }: Execution): CommandInfo {
  const { TERM } = process.env;
  const variables = environment.map(text => {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--env takes NAME=VALUE, not '${text}'`);
    return { name: text.slice(0, at), value: text.slice(at + 1) };
  });
  if (terminal && TERM && !variables.some(({ name }) => name === 'TERM')) variables.push({ name: 'TERM', value: TERM });
  return {
    ...{ shell: false, value: argv[0], arguments: [...argv] },
    ...(user !== undefined && { user }),
    ...(variables.length > 0 && { environment: { variables } }),
  };
}
