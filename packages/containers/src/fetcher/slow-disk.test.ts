/** Downloads of large files to a disk that is slow, stands still, or fails. The server sends as fast as it can. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { HttpSource } from './http-source.ts';
import type { Sink } from './sink.ts';
import { rawServer } from './testing/raw-server.ts';

const contents = randomBytes(24 * 2 ** 20);
const stallTimeoutMs = 300;

/** Starts a server with a large file at `/file`, and a source. */
async function start(t: TestContext) {
  const { url } = await rawServer(t, (socket, { count }) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${contents.length}\r\n\r\n`);
    if (count === 1) socket.write(contents);
  });
  const source = new HttpSource({ stallTimeoutMs });
  t.after(() => source.close());
  const transfer = { bytes: 0, total: undefined };
  const { signal } = new AbortController();
  const onResume = () => assert.fail('nothing broke off');
  return { read: (sink: Sink) => source.read({ uri: `${url}/file`, signal, transfer, onResume }, sink) };
}

/** Lets all that can happen now happen, a number of times. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

test('what is read ahead of a slow disk is little, in order, and not changed while it is written', async t => {
  const { read } = await start(t);
  const written: Buffer[] = [];
  const memory = new Set<ArrayBufferLike>();
  let [pieces, parts] = [0, 0];
  await read({
    begin: () => turns(100), // the client has read ahead when the first part is wanted
    take: part => {
      written.push(part);
      return ++parts % 3 === 0 ? turns(20) : undefined;
    },
    write: async piece => {
      const copy = Buffer.from(piece);
      written.push(copy);
      await turns(20);
      assert.ok(copy.equals(piece));
      memory.add(piece.buffer);
      pieces += piece.length;
    },
  });
  assert.ok(contents.equals(Buffer.concat(written)));
  assert.ok(pieces > contents.length - 2 * 2 ** 20, `the HTTP client read ${contents.length - pieces} bytes`);
  assert.ok(memory.size <= 3, `${memory.size} pieces at a time`);
});

test('a server that waits for the disk does not stall', async t => {
  const { read } = await start(t);
  const other = await start(t);
  const [writing, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let bytes = 0;
  const reading = read({
    begin: async () => undefined,
    take: part => {
      bytes += part.length;
      return undefined;
    },
    write: async piece => {
      writing.resolve();
      await gate.promise;
      bytes += piece.length;
    },
  });
  await writing.promise;
  const nowhere: Sink = { begin: async () => undefined, take: () => undefined, write: async () => undefined };
  await other.read(nowhere);
  // Others that began later are given up meanwhile, one after another.
  for (let i = 0; i < 2; i++) await assert.rejects(other.read(nowhere), /stalled: .* sent nothing for 0\.3 s/);
  gate.resolve();
  await reading;
  assert.equal(bytes, contents.length);
});

test('the error of a disk that fails in the middle ends the download', async t => {
  const { read } = await start(t);
  const problem = Object.assign(new Error('write'), { code: 'EIO', errno: -5 });
  let pieces = 0;
  const reading = read({
    begin: async () => undefined,
    take: () => undefined,
    write: async () => {
      if (++pieces === 3) throw problem;
    },
  });
  await assert.rejects(reading, error => error === problem);
  assert.equal(pieces, 3, 'nothing is written behind a gap');
});
