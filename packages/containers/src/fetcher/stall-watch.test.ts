import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { StallWatch } from './stall-watch.ts';

const timeoutMs = 20;

test('what came while the process stood still is read before it is missed', async t => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  const connected = once(server, 'connection');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  t.after(() => client.destroy());
  const [[peer]] = (await Promise.all([connected, once(client, 'connect')])) as [[Socket], unknown];
  await new Promise(resolve => peer.write('x', resolve)); // the kernel has it; the client does not read yet
  const stalled = Promise.withResolvers<never>();
  const watch = new StallWatch(timeoutMs, () => stalled.reject(new Error('stalled')));
  t.after(() => watch.close());
  const read = new Promise(resolve => client.on('data', resolve).resume()).then(() => watch.reset());
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * timeoutMs);
  await Promise.race([read, stalled.promise]);
  await assert.rejects(stalled.promise, /stalled/); // and now nothing comes
});
