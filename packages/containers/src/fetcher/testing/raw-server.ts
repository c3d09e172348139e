import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A request: how many there were with it, and the byte that it wants to go on from. */
export interface RawRequest {
  readonly count: number;
  readonly from: number;
}

/** Answers a request. */
export type RawAnswer = (socket: Socket, request: RawRequest) => unknown;

/** Starts a server whose answers are bytes, as no HTTP library would send them. It ends with the test. */
export async function rawServer(t: TestContext, answer: RawAnswer) {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, socket => {
    sockets.add(socket);
    let head = '';
    socket
      .on('error', () => undefined)
      .on('data', bytes => {
        head += bytes.toString('latin1');
        if (!head.endsWith('\r\n\r\n')) return;
        const from = Number(/^range: bytes=(\d+)-\r$/im.exec(head)?.[1] ?? 0);
        head = '';
        answer(socket, { count: ++count, from });
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, count: () => count };
}
