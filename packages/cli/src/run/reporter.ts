/** Prints what happens during `meseta run`: for people, or as JSON objects, one a line. */
import { isTerminal, type Offer, type TaskStatus, type WireId } from '@meseta/protocol';
import { addressesOf } from '../addresses.ts';
import { jsonLines, write } from '../output.ts';
import { style } from '../table.ts';

/** Prints the events of a run. */
export interface Reporter {
  /** @param where the cluster, such as `, in a temporary cluster`. */
  launched(taskId: WireId<'task'>, offer: Offer, where: string): void;
  status(status: TaskStatus): void;
  /** Prints output. Resolves when more can be written. */
  output(stream: 'stdout' | 'stderr', data: Buffer): Promise<void>;
  note(text: string): void;
  /** Prints why output is missing. Printed even with `--quiet`. */
  problem(text: string): void;
}

/**
 * Prints for people: states and notes go to standard error, the task's output goes to the same stream as in the task.
 */
export class HumanReporter implements Reporter {
  readonly output = write;
  readonly #quiet: boolean;
  #last = '';
  #ran = false;

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
    if (name === this.#last && (!message || uuid === undefined)) return;
    this.#last = name;
    this.#ran ||= state === 'TASK_RUNNING' || state === 'TASK_FINISHED';
    const isInNetwork = container_status?.network_infos?.some(network => network.name !== undefined);
    const place = state === 'TASK_RUNNING' && isInNetwork ? ` at ${addressesOf([status]).join(', ')}` : '';
    const text = `${task_id.value} ${name}${place}${message ? `: ${message}` : ''}`;
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
}

function line(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
