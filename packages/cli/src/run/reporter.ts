/** Prints what happens during `meseta run`: for people, or as JSON objects, one a line. */
import { isTerminal, type Offer, type TaskStatus, type WireId } from '@meseta/protocol';
import { addressesOf } from '../addresses.ts';
import { jsonLines, write } from '../output.ts';
import { style } from '../table.ts';
import { PrefixedLines } from './prefixed-lines.ts';

/** Prints the output of a task. */
export interface OutputPrinter {
  /** Prints output. Resolves when more can be written. */
  output(stream: 'stdout' | 'stderr', data: Buffer): Promise<void>;
  /** Prints what was kept until more comes: nothing does. Absent: nothing is kept. */
  end?(stream: 'stdout' | 'stderr'): Promise<void>;
  note(text: string): void;
  /** Prints why output is missing. Printed even with `--quiet`. */
  problem(text: string): void;
}

/** Prints the events of a run. */
export interface Reporter extends OutputPrinter {
  /** @param where the cluster, such as `, in a temporary cluster`. */
  launched(taskId: WireId<'task'>, offer: Offer, where: string): void;
  status(status: TaskStatus): void;
  /** Returns what prints the output of one task of several. */
  ofTask(taskId: WireId<'task'>, name: string): OutputPrinter;
}

/**
 * Prints for people: states and notes go to standard error, the task's output goes to the same stream as in the task.
 */
export class HumanReporter implements Reporter {
  readonly output = write;
  readonly #quiet: boolean;
  /** By task: the last state that was printed. */
  readonly #last = new Map<WireId<'task'>, string>();
  /** Tasks that ran. */
  readonly #ran = new Set<WireId<'task'>>();

  /** @param quiet prints only the output, and why it is missing. */
  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  launched(taskId: WireId<'task'>, { hostname }: Offer, where: string): void {
    this.note(`${taskId} launched on ${hostname}${where}`);
  }

  /** Prints a status. A state is printed once, even when the master repeats the agent's status. */
  status(status: TaskStatus): void {
    const { task_id, state, message, uuid, container_status } = status;
    const name = state.replace('TASK_', '').toLowerCase();
    const id = task_id.value;
    if (name === this.#last.get(id) && (!message || uuid === undefined)) return;
    this.#last.set(id, name);
    if (state === 'TASK_RUNNING' || state === 'TASK_FINISHED') this.#ran.add(id);
    const isInNetwork = container_status?.network_infos?.some(network => network.name !== undefined);
    const place = state === 'TASK_RUNNING' && isInNetwork ? ` at ${addressesOf([status]).join(', ')}` : '';
    const text = `${id} ${name}${place}${message ? `: ${message}` : ''}`;
    if (isTerminal(state) && !this.#ran.has(id)) this.problem(text);
    else this.note(text);
  }

  note(text: string): void {
    if (!this.#quiet) this.problem(text);
  }

  problem(text: string): void {
    process.stderr.write(`${style('dim', `meseta: ${text}`, process.stderr)}\n`);
  }

  ofTask(_taskId: WireId<'task'>, name: string): OutputPrinter {
    const lines = { stdout: new PrefixedLines(name, 'stdout'), stderr: new PrefixedLines(name, 'stderr') };
    return {
      output: (stream, data) => lines[stream].write(data),
      end: stream => lines[stream].end(),
      note: text => this.note(`${name}: ${text}`),
      problem: text => this.problem(`${name}: ${text}`),
    };
  }
}

/** Prints JSON objects on standard output, one a line. Bytes of the output that are not UTF-8 are replaced. */
export class JsonReporter implements Reporter {
  readonly #output = {
    stdout: jsonLines({ event: 'output', stream: 'stdout' }),
    stderr: jsonLines({ event: 'output', stream: 'stderr' }),
  };

  launched(taskId: WireId<'task'>, { agent_id }: Offer): void {
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

  ofTask(taskId: WireId<'task'>): OutputPrinter {
    const of = (stream: 'stdout' | 'stderr') => jsonLines({ event: 'output', task_id: taskId, stream });
    const output = { stdout: of('stdout'), stderr: of('stderr') };
    const note = (text: string) => this.note(`${taskId}: ${text}`);
    return { output: (stream, data) => output[stream](data), note, problem: note };
  }
}

function line(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
