/** A server of files in memory: `/500M…` has 500 MiB, `/4K…` has 4 KiB. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from './serve.ts';

const block = Buffer.alloc(1024 * 1024, 'x');
const units: Readonly<Record<string, number>> = { K: 1024, M: 1024 * 1024 };

const server = createServer((request, response) => {
  const [, count, unit = ''] = /^\/(\d+)([KM])/.exec(request.url ?? '') ?? [];
  const bytes = Number(count) * (units[unit] ?? 0);
  response.writeHead(200, { 'content-length': bytes });
  send(response, bytes);
});
await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0 }, resolve));

function send(response: ServerResponse, bytes: number): void {
  for (let left = bytes; left > 0; ) {
    const part = block.subarray(0, left);
    left -= part.length;
    const rest = left;
    if (!response.write(part)) return void response.once('drain', () => send(response, rest));
  }
  response.end();
}

const handlers = { port: () => (server.address() as AddressInfo).port };
export type FileServer = typeof handlers;
serve(handlers);
