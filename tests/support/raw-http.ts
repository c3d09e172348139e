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

/** Sends bytes and waits for the head of an answer. Empty when the connection was closed without one. */
export async function headOf(port: number, bytes: Uint8Array): Promise<string> {
  const conversation = converse(port);
  conversation.socket.write(bytes);
  const head = () => conversation.received.toString('latin1').split('\r\n\r\n')[0] ?? '';
  await new Promise<void>(resolve => {
    conversation.socket.on('data', () => {
      if (conversation.received.includes('\r\n\r\n')) resolve();
    });
    void conversation.closed.then(resolve);
  });
  conversation.socket.destroy();
  return head();
}

/** Returns the status of a head; undefined when there is none. */
export function statusIn(head: string): number | undefined {
  const line = /^HTTP\/1\.1 (\d{3})/.exec(head);
  return line ? Number(line[1]) : undefined;
}

/** Sends bytes. @returns the status of the answer; undefined when the connection was closed without one. */
export async function statusOf(port: number, bytes: Uint8Array): Promise<number | undefined> {
  return statusIn(await headOf(port, bytes));
}
