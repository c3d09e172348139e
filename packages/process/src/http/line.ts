import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FrontReader } from './front-reader.ts';

/** One connection: its requests in order. */
export interface Line {
  waiting: (() => void)[];
  current: ServerResponse | undefined;
  /** Of a libprocess peer. */
  persistent: boolean;
  /** Reads it until it is handed over to Node's HTTP server. */
  front: FrontReader | undefined;
  /** The last request whose head came. */
  last: IncomingMessage | undefined;
  /** The answer to it. */
  lastResponse: ServerResponse | undefined;
  /** Its place in `waiting`. */
  lastWaiting: (() => void) | undefined;
  /** What follows is no request: the one before ends the connection. */
  ended: boolean;
  /** The last request is refused without its body. */
  refused: boolean;
  /** What followed was no request. */
  failed: boolean;
}

/** Of a connection that has just come. */
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
 * Answers bytes that are no request, after the requests before them, and ends the connection. Where an answer is on its
 * way already that cannot come to its end, the connection is broken off.
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
