import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { MovingAgentFiles } from './agent-files.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('each of two files is found where the agent is now, whichever looks for it first', async t => {
  const stranger = await serve(t, (_, response) => void response.writeHead(404).end());
  const agent = await serve(
    t,
    (_, response) => void response.writeHead(206, { 'Content-Range': 'bytes 0-1/2' }).end('ab'),
  );
  let present: string | undefined;
  const files = new MovingAgentFiles(async () => present, stranger);
  t.after(() => files.close());
  for (const path of ['/stdout', '/stderr']) await assert.rejects(files.open(path, 0), { status: 404 });
  assert.equal(await files.lookAgain('/stdout'), false, 'the agent is nowhere yet');
  present = agent;
  assert.equal(await files.lookAgain('/stderr'), true);
  assert.equal(await files.lookAgain('/stdout'), true, 'this one was not looked for there');
  for (const path of ['/stdout', '/stderr']) {
    const { size, cancel } = await files.open(path, 0);
    assert.equal(size, 2);
    await cancel();
    assert.equal(await files.lookAgain(path), false, 'it was found there');
  }
});
