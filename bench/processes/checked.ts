/** A service as tasks have it: answers what is asked of it, and counts who connected. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from './serve.ts';

let connections = 0;
const server = createServer((_, response) => response.writeHead(200, { 'Content-Length': 2 }).end('ok'));
server.on('connection', socket => {
  connections++;
  socket.on('error', () => undefined); // who only wanted to connect
});
await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, resolve));

const handlers = {
  port: () => (server.address() as AddressInfo).port,
  connections: () => connections,
};
export type CheckedService = typeof handlers;
serve(handlers);
