/** The agent is killed with -9 in the middle of a launch, or what it wrote is damaged: nothing runs that is not known. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@meseta/system/testing';
import { AgentProcesses, gone, launchSleeping } from './testing/agent-processes.ts';
import { type Bench, bench } from './testing/test-agent.ts';

const runtime = ({ directory }: Bench, ...path: string[]) => join(directory, 'run', ...path);

test('a container whose files are being fetched when the agent is killed was not launched', async t => {
  const at = await bench(t);
  const agents = new AgentProcesses(at);
  const server = createServer(() => undefined); // never answers
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const asked = new Promise(resolve => server.once('request', resolve));
  const id = { value: 'fetching' };
  const uris = [{ value: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file` }];
  const launch = (await agents.calls()).launch(id, 'true', { command: { uris } }).catch(() => 'broken');
  await asked;
  await agents.kill();
  assert.equal(await launch, 'broken');
  const calls = await agents.startNext();
  assert.equal((await calls.wait(id)).status, 404);
  assert.deepEqual(await readdir(runtime(at, 'containers')), []);
  assert.equal((await calls.launch(id, 'exit 3')).status, 200);
  assert.equal(await calls.exitStatus(id), 3 << 8);
});

test('whenever the agent is killed during a launch, the container runs and is known, or does not run', async t => {
  const at = await bench(t);
  const agents = new AgentProcesses(at);
  let calls = await agents.calls();
  for (const delayMs of [0, 8, 24, 64]) {
    const id = { value: `after-${delayMs}` };
    const pidFile = join(at.directory, id.value);
    const launch = calls.launch(id, `echo $$ > ${pidFile}; exec sleep 600`).catch(() => undefined);
    await sleep(delayMs);
    await agents.kill();
    const launched = (await launch)?.status === 200;
    calls = await agents.startNext();
    if ((await calls.kill(id)).status === 200) {
      assert.equal(await calls.exitStatus(id), 9);
      assert.equal((await calls.remove(id)).status, 200);
    } else {
      assert.ok(!launched, `launched, and forgotten, ${delayMs} ms after the call`);
      assert.equal((await calls.wait(id)).status, 404);
    }
    const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
    if (pid > 0) await gone(pid);
    const left = () => Promise.all(['containers', 'launcher'].map(name => readdir(runtime(at, name)).catch(() => [])));
    await eventually('nothing to be left', async () => (await left()).flat().length === 0);
  }
});

for (const { name, length } of [
  { name: 'empty', length: 0 },
  { name: 'torn', length: 7 },
]) {
  test(`a container whose record is ${name} is ended`, async t => {
    const at = await bench(t);
    const agents = new AgentProcesses(at);
    const id = { value: 'torn' };
    const pid = await launchSleeping(agents, id);
    await agents.kill();
    await truncate(runtime(at, 'containers/torn/config'), length);
    const calls = await agents.startNext();
    await gone(pid);
    assert.equal((await calls.wait(id)).status, 404);
    assert.equal((await calls.launch(id, 'exit 3')).status, 200);
    assert.equal(await calls.exitStatus(id), 3 << 8);
  });
}

test('what a killed agent had begun to write down is removed', async t => {
  const at = await bench(t);
  const agents = new AgentProcesses(at);
  await agents.calls();
  await agents.kill();
  const begun = runtime(at, 'containers/begun');
  await mkdir(begun, { recursive: true });
  await writeFile(join(begun, 'standalone.marker'), '');
  await agents.startNext();
  assert.deepEqual(await readdir(runtime(at, 'containers')), []);
});
