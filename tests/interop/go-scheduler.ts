import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { eventually } from '@meseta/system/testing';

/** A line that the scheduler wrote. */
export type SchedulerEvent = { readonly event: string } & Readonly<Record<string, string>>;

/** The program `mesos-go/scheduler`: takes orders, tells what happens. */
export class GoScheduler {
  readonly #child: ChildProcess;
  readonly #events: SchedulerEvent[] = [];
  #taken = 0;
  stderr = '';
  /** Its exit code. */
  readonly ended: Promise<number | null>;

  constructor(program: string, argv: readonly string[]) {
    this.#child = spawn(program, argv, { stdio: 'pipe' });
    this.ended = once(this.#child, 'close').then(([code]) => code);
    this.#child.stderr?.on('data', data => {
      this.stderr += data;
    });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', line => {
      this.#events.push(JSON.parse(line));
    });
  }

  say(order: string): void {
    this.#child.stdin?.write(`${order}\n`);
  }

  /** The next event of a kind; those before it are passed over. */
  async next(event: string): Promise<SchedulerEvent> {
    const index = () => this.#events.findIndex((each, index) => index >= this.#taken && each.event === event);
    await this.#eventually(event, () => index() >= 0);
    this.#taken = index() + 1;
    return this.#events[this.#taken - 1] as SchedulerEvent;
  }

  /** The first update of a task to a state. */
  async state(task: string, state: string): Promise<SchedulerEvent> {
    const find = () => this.#updates(task).find(each => each.state === state);
    await this.#eventually(`${state} of ${task}`, () => find() !== undefined);
    return find() as SchedulerEvent;
  }

  /** States of a task in order; an update that came again counts once. */
  states(task: string): string[] {
    return this.#updates(task)
      .map(({ state = '' }) => state)
      .filter((state, index, all) => state !== all[index - 1]);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  #updates(task: string): SchedulerEvent[] {
    return this.#events.filter(each => each.event === 'update' && each.task === task);
  }

  async #eventually(what: string, condition: () => boolean): Promise<void> {
    await eventually(what, condition).catch(error => {
      throw new Error(`${error.message}; events so far: ${JSON.stringify(this.#events)}; ${this.stderr}`);
    });
  }
}
