/** What node:http does without a master behind it: takes bodies, answers 202, and keeps `GET`s open as streams. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from './serve.ts';

const streams: ServerResponse[] = [];
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200).flushHeaders();
    streams.push(response);
    return;
  }
  request.on('data', () => undefined);
  request.on('end', () => response.writeHead(202, { 'Content-Length': 0 }).end());
});
await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, resolve));

const handlers = {
  address: () => `127.0.0.1:${(server.address() as AddressInfo).port}`,
  /** Writes each record to each stream, a hundred records in a turn of the loop. */
  broadcast: async ({ records, bytes }: { records: number; bytes: number }) => {
    const record = Buffer.concat([Buffer.from(`${bytes}\n`), Buffer.alloc(bytes, 'x')]);
    for (let i = 0; i < records; i++) {
      for (const stream of streams) stream.write(record);
      if (i % 100 === 99) await new Promise(setImmediate);
    }
  },
};
export type BareHttp = typeof handlers;
serve(handlers);
