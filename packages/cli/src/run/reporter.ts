/** How `meseta run` tells what happens: for people, or a JSON object a line. */
import type { Offer, TaskStatus } from '@meseta/protocol';
import { jsonLines } from '../output.ts';
import { style } from '../table.ts';

export interface Reporter {
  launched(taskId: string, offer: Offer): void;
  status(status: TaskStatus): void;
  output(stream: 'stdout' | 'stderr', data: Buffer): void;
  note(text: string): void;
}

/** States and notes go to standard error, the task's output where the task wrote it. */
export const humanReporter: Reporter = {
  launched: (taskId, offer) => say(`${taskId} launched on ${offer.hostname}`),
  status: ({ task_id, state, message }) =>
    say(`${task_id.value} ${state.replace('TASK_', '').toLowerCase()}${message ? `: ${message}` : ''}`),
  output: (stream, data) => void process[stream].write(data),
  note: say,
};

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

  output(stream: 'stdout' | 'stderr', data: Buffer): void {
    this.#output[stream](data);
  }

  note(text: string): void {
    line({ event: 'note', text });
  }
}

function say(text: string): void {
  process.stderr.write(`${style('dim', `meseta: ${text}`, process.stderr)}\n`);
}

function line(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
