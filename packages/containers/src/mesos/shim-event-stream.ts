import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { parseEvent, type ShimEvent } from '../shim/events.ts';

/**
 * The agent's end of the FIFO of events. It is opened for reading and writing, so that it never ends: shims keep the
 * other end open when the agent restarts, and their writes reach the present agent or fail at once.
 */
export class ShimEventStream {
  readonly #socket: Socket;

  /** @param path of an existing FIFO. */
  constructor(path: string, onEvent: (event: ShimEvent) => void, onError: (error: Error) => void) {
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.#socket = new Socket({ fd, readable: true, writable: false });
    let rest = '';
    this.#socket.setEncoding('utf8').on('error', onError);
    this.#socket.on('data', (text: unknown) => {
      const lines = (rest + String(text)).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const event = parseEvent(line);
        if (event !== undefined) onEvent(event);
      }
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
