import type { AgentProcessIO } from '@meseta/protocol';

/** How much may wait before no more is read from the keyboard or the file. */
const mostWaiting = 16;

/** Messages to a container, in order, from several sources: input, sizes of the terminal, heartbeats. */
export class InputQueue implements AsyncIterable<AgentProcessIO> {
  #waiting: AgentProcessIO[] = [];
  #ended = false;
  #wake: (() => void) | undefined;
  /** Called when there is room again. */
  onRoom: () => void = () => undefined;

  /** Whether no more should be added for now. */
  get isFull(): boolean {
    return this.#waiting.length >= mostWaiting;
  }

  /** How many messages wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Adds a message. @returns false when no more should be added for now. */
  push(message: AgentProcessIO): boolean {
    if (!this.#ended) this.#waiting.push(message);
    this.#wake?.();
    return !this.isFull;
  }

  /** Adds input; without any, its end. */
  data(data: Buffer): boolean {
    return this.push({ type: 'DATA', data: { type: 'STDIN', data: data.toString('base64') } });
  }

  /** Adds the size of the terminal. */
  resize(rows: number, columns: number): void {
    this.push({ type: 'CONTROL', control: { type: 'TTY_INFO', tty_info: { window_size: { rows, columns } } } });
  }

  /** No more will be added. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AgentProcessIO> {
    while (true) {
      const message = this.#waiting.shift();
      if (message) {
        if (this.#waiting.length === mostWaiting / 2) this.onRoom();
        yield message;
      } else if (this.#ended) return;
      else {
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
      }
    }
  }
}
