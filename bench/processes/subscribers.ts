/** Operators that watch events. They count records and look no further. */
import { request } from 'node:http';
import { encode, MasterCall, RecordDecoder } from '@meseta/protocol';
import { serve } from './serve.ts';

let records = 0;
let expected: { count: number; done: () => void } | undefined;

function open(url: string, method: 'GET' | 'POST', body: Uint8Array | undefined, ready: () => void): void {
  const headers = { 'Content-Type': 'application/x-protobuf', Accept: 'application/x-protobuf' };
  const outgoing = request(url, { method, headers, agent: false }, response => {
    const decoder = new RecordDecoder();
    if (method === 'GET') ready();
    response.on('data', (piece: Buffer) => {
      const before = records;
      records += decoder.push(piece).length;
      if (before !== records) ready(); // the first record is the snapshot
      if (expected && records >= expected.count) expected.done();
    });
    response.on('error', () => undefined);
  });
  outgoing.on('error', () => undefined);
  outgoing.end(body);
}

const handlers = {
  /** Resolves when each stream has begun. */
  subscribe: async ({ address, count }: { address: string; count: number }) => {
    const body = encode(MasterCall, { type: 'SUBSCRIBE' });
    const one = () => new Promise<void>(ready => open(`http://${address}/api/v1`, 'POST', body, ready));
    await Promise.all(Array.from({ length: count }, one));
  },
  streams: async ({ address, count }: { address: string; count: number }) => {
    const one = () => new Promise<void>(ready => open(`http://${address}/`, 'GET', undefined, ready));
    await Promise.all(Array.from({ length: count }, one));
  },
  /** Counts from now on. */
  reset: () => {
    records = 0;
    expected = undefined;
  },
  count: () => records,
  /** Resolves when so many records have come. */
  received: (count: number) =>
    new Promise<void>(done => {
      expected = { count, done };
      if (records >= count) done();
    }),
};
export type Subscribers = typeof handlers;
serve(handlers);
