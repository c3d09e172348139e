/**
 * The jobs of a batch queue, and what became of them: a file of lines, one for each attempt that was begun and one for
 * each end. A line is on disk before anything acts on it, so that the queue survives the end of its process at any point.
 */
import { type FileHandle, open, readFile, truncate } from 'node:fs/promises';
import type { TaskStatus } from '@meseta/protocol';
import { isOver, type KnownTask } from '@meseta/scheduler/sdk';

/** A command to run until it succeeds, or has failed more than `retries` times. */
export interface Job {
  readonly name: string;
  readonly command: string;
  readonly cpus: number;
  readonly mem: number;
  readonly retries: number;
}

/** Lines of the file. An attempt has the number of the job's line before it, so that its task id is used once. */
type Line =
  | { readonly begun: string; readonly job: string; readonly agent: string }
  | { readonly ended: string; readonly state: string; readonly reason?: string; readonly message?: string };

type Outcome = 'waiting' | 'running' | 'finished' | 'failed';

interface Entry {
  readonly job: Job;
  attempts: number;
  failures: number;
  losses: number;
  outcome: Outcome;
  /** The task id of the attempt that counts. */
  current?: string;
  agent?: string;
  message?: string;
}

/** Ends that say nothing about the job: its attempt was lost on the way, and is made again. By state or reason. */
const lost = new Set([
  ...['TASK_LOST', 'TASK_DROPPED', 'TASK_GONE', 'TASK_GONE_BY_OPERATOR', 'TASK_UNKNOWN'],
  ...['REASON_EXECUTOR_TERMINATED'], // the agent was killed before the command had begun
]);
/** After so many lost attempts, something is wrong with the job after all. */
const mostLost = 20;

export class Queue {
  readonly #entries: ReadonlyMap<string, Entry>;
  /** Jobs by the task ids of their attempts. */
  readonly #byTask = new Map<string, Entry>();
  readonly #file: FileHandle;

  /** Opens the file of a queue; what it says about other jobs is ignored. */
  static async open(path: string, jobs: readonly Job[]): Promise<Queue> {
    const text = await readFile(path, 'utf8').catch(error => (error.code === 'ENOENT' ? '' : Promise.reject(error)));
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole !== text) await truncate(path, Buffer.byteLength(whole)); // a crash in the middle of a line
    const queue = new Queue(jobs, await open(path, 'a'));
    for (const line of whole.split('\n').filter(Boolean)) queue.#apply(JSON.parse(line));
    return queue;
  }

  private constructor(jobs: readonly Job[], file: FileHandle) {
    this.#entries = new Map(
      jobs.map(job => [job.name, { job, attempts: 0, failures: 0, losses: 0, outcome: 'waiting' }]),
    );
    this.#file = file;
  }

  get waiting(): Job[] {
    return [...this.#entries.values()].filter(({ outcome }) => outcome === 'waiting').map(({ job }) => job);
  }

  get isDone(): boolean {
    return this.#entries.values().every(({ outcome }) => outcome === 'finished' || outcome === 'failed');
  }

  get hasFailures(): boolean {
    return this.#entries.values().some(({ outcome }) => outcome === 'failed');
  }

  /** Tasks of which it is not known what became of them. */
  get tasks(): KnownTask[] {
    return [...this.#entries.values()].flatMap(({ outcome, current, agent }) =>
      outcome === 'running' && current !== undefined && agent !== undefined
        ? [{ taskId: current, agentId: agent }]
        : [],
    );
  }

  /** Stores that attempts begin on an agent. Returns their task ids. */
  async begin(jobs: readonly Job[], agent: string): Promise<string[]> {
    const lines = jobs.map(({ name }) => {
      const number = (this.#entries.get(name)?.attempts ?? 0) + 1;
      return { begun: `${name}.${number}`, job: name, agent };
    });
    await this.#write(lines);
    return lines.map(({ begun }) => begun);
  }

  /**
   * Stores the end of an attempt.
   *
   * @returns `unwanted` when the task runs without counting: another attempt has taken its place.
   */
  async take(status: TaskStatus): Promise<'ended' | 'unwanted' | 'noted'> {
    const {
      task_id: { value },
      state,
      reason,
      message,
    } = status;
    const entry = this.#byTask.get(value);
    const counts = entry?.current === value && entry.outcome === 'running';
    if (!isOver(status)) return counts ? 'noted' : 'unwanted';
    if (!counts) return 'noted';
    await this.#write([{ ended: value, state, ...(reason && { reason }), ...(message && { message }) }]);
    return 'ended';
  }

  /** One line for each job. */
  get table(): string {
    const rows = [...this.#entries.values()].map(({ job, outcome, attempts, message = '' }) => {
      return `${job.name.padEnd(12)} ${outcome.padEnd(9)} ${String(attempts).padStart(8)}  ${message}`.trimEnd();
    });
    return [`${'JOB'.padEnd(12)} ${'STATE'.padEnd(9)} ATTEMPTS  LAST MESSAGE`, ...rows].join('\n');
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #write(lines: readonly Line[]): Promise<void> {
    await this.#file.appendFile(lines.map(line => `${JSON.stringify(line)}\n`).join(''));
    await this.#file.datasync();
    for (const line of lines) this.#apply(line);
  }

  #apply(line: Line): void {
    if ('begun' in line) {
      const entry = this.#entries.get(line.job);
      if (!entry) return;
      this.#byTask.set(line.begun, entry);
      Object.assign(entry, {
        current: line.begun,
        agent: line.agent,
        outcome: 'running',
        attempts: entry.attempts + 1,
      });
      return;
    }
    const entry = this.#byTask.get(line.ended);
    if (!entry) return;
    entry.message = line.message ?? line.state;
    if (line.state === 'TASK_FINISHED') entry.outcome = 'finished';
    else if (lost.has(line.state) || lost.has(line.reason ?? '')) entry.losses++;
    else entry.failures++;
    if (entry.outcome === 'finished') return;
    entry.outcome = entry.failures > entry.job.retries || entry.losses > mostLost ? 'failed' : 'waiting';
  }
}
