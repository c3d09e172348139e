import type { Hook, HookedTask, TaskEvent, Variables } from '@meseta/tasks';
import { describeExit } from '@meseta/tasks';
import { runCommand } from '../supervision/run-command.ts';
import { hookUser } from './hook-user.ts';
import { parseVariable } from './variables.ts';

/** The command of an exec hook, and where its output goes. */
export interface ExecHookOptions {
  /** A command line for `/bin/sh`, which gets the event's name as `$1`. */
  readonly command: string;
  /** Receives a line of output that does not set a variable. */
  onOutput(line: string, task: HookedTask): void;
}

/**
 * Runs a command for every event, with `{"event", "task"}` as JSON on its standard input. At BeforeTaskStart, lines
 * `VAR=value` of its standard output are added to the task's environment. Processes that it leaves running are killed.
 */
export class ExecHook implements Hook {
  readonly name = 'exec';
  readonly #options: ExecHookOptions;

  constructor(options: ExecHookOptions) {
    this.#options = options;
  }

  async handle(event: TaskEvent, task: HookedTask, signal: AbortSignal): Promise<Variables> {
    const { command, onOutput } = this.#options;
    const variables: Record<string, string> = {};
    let lastError = '';
    const onLine = (stream: 'stdout' | 'stderr', line: string) => {
      const variable = stream === 'stdout' && event === 'BeforeTaskStart' ? parseVariable(line) : undefined;
      if (variable) variables[variable[0]] = variable[1];
      else onOutput(line, task);
      if (stream === 'stderr' && line.trim() !== '') lastError = line.trim();
    };
    const exit = await runCommand(
      {
        file: '/bin/sh',
        argv: ['sh', '-c', command, 'exec-hook', event],
        environment: task.environment,
        workingDirectory: task.sandbox,
        ...(await hookUser(task)),
        output: 'pipe',
        shimName: 'meseta-exec-hook',
      },
      { input: JSON.stringify({ event, task: task.info }), onLine, signal },
    );
    if (exit.kind === 'exited' && exit.code === 0) return variables;
    const how = describeExit(exit);
    throw new Error(lastError ? `${how}: ${lastError}` : how);
  }
}
