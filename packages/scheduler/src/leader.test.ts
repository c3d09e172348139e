/** How a leader is found among masters of a list and by a file. Real masters and ZooKeeper: tests/high-availability.test.ts. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { leaderOf } from './leader.ts';
import { parseLeaderAddress } from './leader-address.ts';

const valid: [text: string, parsed: object][] = [
  ['h', { type: 'masters', origins: ['http://h:5050'] }],
  [' a:1, b ,https://c:2\n', { type: 'masters', origins: ['http://a:1', 'http://b:5050', 'https://c:2'] }],
  ['file:///a/b', { type: 'file', path: '/a/b' }],
  ['zk://a:1/m', { type: 'zookeeper', address: { servers: [{ host: 'a', port: 1 }], path: '/m' } }],
];
for (const [text, parsed] of valid) {
  test(`parses '${text.trim()}'`, () => assert.deepEqual(parseLeaderAddress(text, 5050), parsed));
}

const invalid: [text: string, problem: RegExp][] = [
  ['', /'' is not an address/],
  ['a:1,', /'' is not an address/],
  ['a/b', /is not an address; expecting host:port$/],
  ['/etc/masters', /expecting host:port, or file:\/\/\/etc\/masters for a file that contains an address$/],
  ['file://', /names no file/],
  ['zk://a:1', /\(chroot\) path/],
];
for (const [text, problem] of invalid) {
  test(`refuses '${text}'`, () => void assert.throws(() => leaderOf(text), problem));
}

async function listen(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answers =
  (status: number, location = ''): RequestListener =>
  (_, response) => {
    response.writeHead(status, { Connection: 'close', ...(location && { Location: location }) }).end();
  };

test('the leader is the master that answers, or the one to which another redirects', async t => {
  const leader = await listen(t, answers(200));
  const standby = await listen(t, answers(307, `//${leader}/master/slaves`));
  const undecided = await listen(t, answers(503));
  const closed = leaderOf(`127.0.0.1:1,${undecided},${standby}`);
  assert.equal(await closed.find(), `http://${leader}`);
  closed.close();
  const asks = await listen(t, answers(401));
  assert.equal(await leaderOf(`${undecided},${asks}`).find(), `http://${asks}`, 'one that asks who is there leads');
});

test('without a leader, the error says what each master answered', async t => {
  const undecided = await listen(t, answers(503));
  const stranger = await listen(t, answers(404));
  const finder = leaderOf(`${undecided},${stranger},127.0.0.1:1`);
  await assert.rejects(finder.find({ waitMs: 0 }), {
    code: 'NO_LEADER',
    message: new RegExp(`${undecided} knows no leader; ${stranger} is not a master; .*127\\.0\\.0\\.1:1`),
  });
  const stop = AbortSignal.abort(new Error('enough'));
  await assert.rejects(finder.find({ signal: stop }), /enough/);
});

test('a file is read at each search', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'leader-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'address');
  const finder = leaderOf(`file://${file}`);
  await assert.rejects(finder.find(), {
    code: 'NO_LEADER',
    message: /Cannot read the address of the master: .*address/,
  });
  for (const address of [await listen(t, answers(200)), await listen(t, answers(200))]) {
    writeFileSync(file, `${address}\n`);
    assert.equal(await finder.find(), `http://${address}`);
  }
  writeFileSync(file, '\n');
  await assert.rejects(finder.find(), {
    code: 'NO_LEADER',
    message: /address is empty; it has to contain the address/,
  });
  writeFileSync(file, 'zk://a:1');
  await assert.rejects(finder.find(), /\(chroot\) path/);
  writeFileSync(file, `file://${file}`);
  await assert.rejects(finder.find(), /names another file/);
});
