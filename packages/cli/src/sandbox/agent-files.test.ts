import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { AgentFiles, MovingAgentFiles } from './agent-files.ts';

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

test('of an agent without ranges, files are read by READ_FILE, 64 KiB at a time', async t => {
  const content = Buffer.alloc(100_000, 'abcdefg');
  const requests: string[] = [];
  const agent = await serve(t, async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    requests.push(request.method ?? '');
    if (request.method === 'GET') return void response.writeHead(200).end(content);
    const { offset, length } = JSON.parse(text).read_file as { offset: number; length: number };
    const data = content.subarray(offset, offset + length).toString('base64');
    const answer = { type: 'READ_FILE', read_file: { size: content.length, data } };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  });
  const files = new AgentFiles(agent);
  t.after(() => files.close());
  const read = async (offset: number, end?: number) => {
    const { size, body } = await files.open('/stdout', offset, end);
    assert.equal(size, content.length);
    return Buffer.concat(await Array.fromAsync(body));
  };
  assert.deepEqual(await read(10), content.subarray(10, 10 + 65_536));
  assert.deepEqual(await read(65_546), content.subarray(65_546));
  assert.deepEqual(await read(5, 8), content.subarray(5, 8));
  assert.deepEqual(await read(content.length), Buffer.alloc(0), 'at the end');
  assert.deepEqual(await read(content.length + 7), Buffer.alloc(0), 'beyond the end, where the file was emptied');
  assert.deepEqual(requests, ['GET', ...Array(5).fill('POST')], 'ranges are tried once');
});
