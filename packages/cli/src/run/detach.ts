/**
 * Implements `meseta run -d` for what the master's own framework does not run: the run continues in its own process, which
 * acknowledges the task's statuses until the end.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Offer, TaskStatus } from '@meseta/protocol';
import { isTerminal } from '@meseta/protocol';
import { printable } from '../table.ts';
import { exitCodeOf } from './exit-code.ts';
import type { Reporter } from './reporter.ts';

const mark = 'MESETA_RUN_DETACHED';

/** Tells whether this is the process in which a detached run continues. */
export function isDetached(): boolean {
  return process.env[mark] === '1' && process.send !== undefined;
}

/**
 * Starts the same command again in its own session, and waits until its tasks are started.
 *
 * @returns the exit code: 0 when they were started; their ids are printed.
 */
export async function detach(readsInput: boolean, json: boolean): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: [readsInput ? 'inherit' : 'ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, [mark]: '1' },
  });
  child.stderr?.pipe(process.stderr, { end: false });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, forward);
  const started = once(child, 'message').then(([statuses]) => statuses as TaskStatus[]);
  const ended = once(child, 'close').then(([code]) => (code as number | null) ?? 1);
  const outcome = await Promise.race([started, ended]);
  if (typeof outcome === 'number') return outcome;
  for (const { task_id, agent_id } of outcome) {
    const text = json ? JSON.stringify({ task_id, agent_id }) : task_id.value;
    process.stdout.write(`${printable(text)}\n`);
  }
  child.disconnect();
  child.stderr?.destroy();
  child.unref();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, forward);
  const over = outcome.filter(({ state }) => isTerminal(state));
  return over.map(exitCodeOf).find(code => code !== 0) ?? 0;
}

/**
 * Reports the first status of each task to the process that the user started; until then, notes go to that process's standard
 * error.
 */
export class DetachedReporter implements Reporter {
  readonly #tasks: number;
  readonly #isGroup: boolean;
  readonly #first = new Map<string, TaskStatus>();
  #reported = false;

  /**
   * @param tasks how many there are.
   * @param isGroup their containers are made after TASK_STARTING, and may fail to be.
   */
  constructor(tasks: number, isGroup: boolean) {
    this.#tasks = tasks;
    this.#isGroup = isGroup;
  }

  launched(_taskId: string, _offer: Offer): void {}

  status(status: TaskStatus): void {
    if (this.#reported || (this.#isGroup && status.state === 'TASK_STARTING')) return;
    const { task_id, state, message = state } = status;
    const failed = isTerminal(state) && state !== 'TASK_FINISHED';
    if (failed)
      this.note(`${task_id.value}: ${message}; 'meseta task logs --stderr ${task_id.value}' may have more information`);
    if (failed || !this.#first.has(task_id.value)) this.#first.set(task_id.value, status);
    if (this.#first.size < this.#tasks) return;
    process.send?.([...this.#first.values()]);
    this.#reported = true;
  }

  async output(): Promise<void> {}

  note(text: string): void {
    if (!this.#reported) process.stderr.write(`meseta: ${text}\n`);
  }

  problem(text: string): void {
    this.note(text);
  }

  ofTask(): this {
    return this;
  }
}
