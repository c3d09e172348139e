import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { HttpAnswerError } from '@meseta/process';
import { AgentStreams } from './agent-streams.ts';

/** An agent that answers every call in one way. */
async function streamsOf(t: TestContext, answer: (response: ServerResponse) => void): Promise<AgentStreams> {
  const server = createServer((request, response) => {
    request.resume();
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const streams = new AgentStreams(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.after(async () => {
    await streams.close();
    server.closeAllConnections();
    server.close();
  });
  return streams;
}

const launch = { container_id: { value: 'c' } };
const { signal } = new AbortController();

/** Sends bytes until the client has enough. */
function endless(response: ServerResponse, ended: () => void): void {
  response.once('close', ended);
  const source = function* () {
    for (;;) yield Buffer.alloc(64 * 1024, 'x');
  };
  Readable.from(source())
    .on('error', () => undefined)
    .pipe(response);
}

test('an answer that does not end is read to a limit, and cut off', async t => {
  const { promise: cut, resolve } = Promise.withResolvers<void>();
  const streams = await streamsOf(t, response => {
    response.writeHead(400);
    endless(response, resolve);
  });
  const error = await streams.launchSession(launch, signal).catch((error: unknown) => error);
  assert.ok(error instanceof HttpAnswerError);
  assert.equal(error.status, 400);
  assert.equal(error.message.length, 64 * 1024);
  await cut;
});

test('output in a record that is too long is an error', async t => {
  const streams = await streamsOf(t, response => {
    response.writeHead(200);
    response.write(`${2 ** 24}\n`);
  });
  const output = await streams.launchSession(launch, signal);
  await assert.rejects(Array.fromAsync(output), { name: 'DecodeError' });
});
