import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FrontReader } from './front-reader.ts';

/** The state of one connection, whose requests are handled in order. */
export interface Line {
  waiting: (() => void)[];
  current: ServerResponse | undefined;
  /** It is a connection of a libprocess peer. */
  persistent: boolean;
  /** The reader of the connection, until Node's HTTP server takes over. */
  front: FrontReader | undefined;
  /** The last request whose head was received. */
  last: IncomingMessage | undefined;
  /** The response to the last request. */
  lastResponse: ServerResponse | undefined;
  /** The entry of the last request in `waiting`. */
  lastWaiting: (() => void) | undefined;
  /** The last request ends the connection, so what follows is not a request. */
  ended: boolean;
  /** The last request is refused without its body. */
  refused: boolean;
  /** The last data was not a request. */
  failed: boolean;
}

/** Returns the state of a new connection. */
export const newLine = (): Line => ({
  waiting: [],
  current: undefined,
  persistent: false,
  front: undefined,
  last: undefined,
  lastResponse: undefined,
  lastWaiting: undefined,
  ended: false,
  refused: false,
  failed: false,
});

/**
 * Answers bytes that are not a request, after the requests before them, and ends the connection. When a response is
 * being sent that cannot be completed, the connection is closed at once.
 *
 * @param stallMs how long the client may not read the answer.
 */
export function failLine(line: Line, socket: Socket, answer: string, stallMs: number): void {
  if (line.failed) return; // more of the same bytes
  line.failed = true;
  const { current, last, lastResponse } = line;
  const within = last?.complete === false;
  const answered = within && lastResponse?.headersSent === true; // before its body was there
  const end = () => {
    if (socket.writable && !answered) socket.write(answer);
    socket.setTimeout(stallMs);
    socket.destroySoon();
  };
  if (current === undefined) end();
  else if (current.headersSent) socket.destroy();
  else if (!within) line.waiting.push(end);
  else if (current.req !== last) {
    line.waiting = line.waiting.filter(each => each !== line.lastWaiting); // it cannot be read to its end
    line.waiting.push(end);
  } else if (!line.refused) end();
}
