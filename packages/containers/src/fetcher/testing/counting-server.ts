import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** Answers a request; `count` is 1 for the first of all. */
export type Answer = (response: ServerResponse, count: number, request: IncomingMessage) => unknown;

/** Starts a server that counts its requests. It ends with the test. */
export async function countingServer(t: TestContext, answer: Answer) {
  let count = 0;
  const server = createServer((request, response) => answer(response, ++count, request)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, count: () => count };
}
