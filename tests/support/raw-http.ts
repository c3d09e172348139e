/** HTTP by hand, for what clients do not send. */
import { connect, type Socket } from 'node:net';

export interface Conversation {
  readonly socket: Socket;
  /** All that came so far. */
  received: Buffer;
  /** Resolves when the other end is done with it, whichever way. */
  readonly closed: Promise<void>;
}

export function converse(port: number): Conversation {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const conversation: Conversation = {
    socket,
    received: Buffer.alloc(0),
    closed: new Promise<void>(resolve => socket.on('close', () => resolve()).on('end', () => resolve())),
  };
  socket.on('error', () => {});
  socket.on('data', (piece: Buffer) => {
    conversation.received = Buffer.concat([conversation.received, piece]);
  });
  return conversation;
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export function render({ method = 'POST', path, headers = {}, body = '' }: RawRequest): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const all = { Host: '127.0.0.1', 'Content-Length': String(bytes.length), Connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), bytes]);
}

/**
 * Sends bytes and waits for the first line of an answer or the end of the connection.
 *
 * @returns the status; undefined when the connection was closed without one.
 */
export async function statusOf(port: number, bytes: Uint8Array): Promise<number | undefined> {
  const conversation = converse(port);
  conversation.socket.write(bytes);
  const status = await new Promise<number | undefined>(resolve => {
    const look = () => {
      const line = /^HTTP\/1\.1 (\d{3})/.exec(conversation.received.subarray(0, 16).toString('latin1'));
      if (line) resolve(Number(line[1]));
    };
    conversation.socket.on('data', look);
    void conversation.closed.then(() => {
      look();
      resolve(undefined);
    });
  });
  conversation.socket.destroy();
  return status;
}
