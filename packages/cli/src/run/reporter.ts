/** How `meseta run` tells what happens: for people, or a JSON object a line. */
import { isTerminal, type Offer, type TaskStatus } from '@meseta/protocol';
import { jsonLines, write } from '../output.ts';
import { style } from '../table.ts';

export interface Reporter {
  /** @param where the cluster, as `, in a cluster of its own`. */
  launched(taskId: string, offer: Offer, where: string): void;
  status(status: TaskStatus): void;
  /** Resolves when there is room for more. */
  output(stream: 'stdout' | 'stderr', data: Buffer): Promise<void>;
  note(text: string): void;
  /** A note of why there is no output, or not all: also for those who want nothing else. */
  problem(text: string): void;
}

/** States and notes go to standard error, the task's output where the task wrote it. */
export class HumanReporter implements Reporter {
  readonly output = write;
  readonly #quiet: boolean;
  #last = '';
  #ran = false;

  /** @param quiet only the output is printed, and why there is none. */
  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  launched(taskId: string, { hostname }: Offer, where: string): void {
    this.note(`${taskId} launched on ${hostname}${where}`);
  }

  /** A state is told once, also when the master repeats it after the agent. */
  status({ task_id, state, message, uuid }: TaskStatus): void {
    const name = state.replace('TASK_', '').toLowerCase();
    if (name === this.#last && (!message || uuid === undefined)) return;
    this.#last = name;
    this.#ran ||= state === 'TASK_RUNNING' || state === 'TASK_FINISHED';
    const text = `${task_id.value} ${name}${message ? `: ${message}` : ''}`;
    if (isTerminal(state) && !this.#ran) this.problem(text);
    else this.note(text);
  }

  note(text: string): void {
    if (!this.#quiet) this.problem(text);
  }

  problem(text: string): void {
    process.stderr.write(`${style('dim', `meseta: ${text}`, process.stderr)}\n`);
  }
}

/** One object a line on standard output. Output that is not UTF-8 is replaced where it is not. */
export class JsonReporter implements Reporter {
  readonly #output = {
    stdout: jsonLines({ event: 'output', stream: 'stdout' }),
    stderr: jsonLines({ event: 'output', stream: 'stderr' }),
  };

  launched(taskId: string, { agent_id }: Offer): void {
    line({ event: 'launched', task_id: taskId, agent_id: agent_id.value });
  }

  status(status: TaskStatus): void {
    line({ event: 'status', status });
  }

  output(stream: 'stdout' | 'stderr', data: Buffer): Promise<void> {
    return this.#output[stream](data);
  }

  note(text: string): void {
    line({ event: 'note', text });
  }

  problem(text: string): void {
    this.note(text);
  }
}

function line(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
