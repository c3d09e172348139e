/** The agent is killed with -9: containers launched by its API are taken over by the next one, or ended. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { AgentProcesses, gone, launchSleeping } from './testing/agent-processes.ts';
import { type Bench, bench } from './testing/test-agent.ts';

const runtime = ({ directory }: Bench, ...path: string[]) => join(directory, 'run', ...path);

const loop = (file: string, then: string) => `while [ ! -e ${file} ]; do sleep 0.02; done; ${then}`;

async function taskOf(agents: AgentProcesses, command: string) {
  const { master } = agents.at;
  await agents.calls();
  master.command('task', command);
  const { status } = await master.until('task', 'TASK_RUNNING');
  const parent = status.container_status?.container_id;
  assert.ok(parent);
  return { parent, pid: status.container_status?.executor_pid ?? 0 };
}

test('the next agent answers for what an earlier one launched', async t => {
  const at = await bench(t);
  const agents = new AgentProcesses(at);
  const { parent } = await taskOf(agents, 'exec sleep 600');
  let calls = await agents.calls();
  const [go, away] = [join(at.directory, 'go'), join(at.directory, 'away')];
  const [runs, ended, ends] = ['runs', 'ended', 'ends'].map(value => ({ value, parent })) as [Id, Id, Id];
  const alone = { value: 'alone' };
  const inner = { value: 'inner', parent: { value: 'alone' } };
  await calls.launch(runs, loop(go, 'exit 3'));
  await calls.launch(ended, 'exit 4');
  await calls.launch(ends, loop(away, 'exit 5'));
  await calls.launch(alone, loop(away, 'exit 6'));
  await calls.launch(inner, 'exec sleep 600');
  assert.equal(await calls.exitStatus(ended), 4 << 8);
  await agents.kill();
  await writeFile(away, '');
  calls = await agents.startNext();
  assert.equal(await calls.exitStatus(ended), 4 << 8);
  assert.equal(await calls.exitStatus(ends), 5 << 8);
  assert.equal(await calls.exitStatus(alone), 6 << 8);
  assert.equal(await calls.exitStatus(inner), 9, 'it ends with the container around it');
  assert.equal((await calls.launch(runs, 'true')).status, 202);
  assert.equal((await calls.remove(runs)).status, 500);
  await agents.kill();
  calls = await agents.startNext();
  const waiting = calls.exitStatus(runs);
  await writeFile(go, '');
  assert.equal(await waiting, 3 << 8);
  assert.equal(await calls.exitStatus(alone), 6 << 8);
  for (const id of [runs, ended, ends, alone]) assert.equal((await calls.remove(id)).status, 200);
  assert.deepEqual(await readdir(runtime(at, 'launcher')), [parent.value]);
  assert.ok(!existsSync(runtime(at, 'containers/alone')));
});

interface Id {
  readonly value: string;
  readonly parent?: Id;
}

test('with the container around it, a nested one goes while no agent is there', async t => {
  const at = await bench(t);
  const agents = new AgentProcesses(at);
  const { parent, pid } = await taskOf(agents, 'exec sleep 600');
  const nested = { value: 'nested', parent };
  const child = await launchSleeping(agents, nested);
  await agents.kill();
  process.kill(pid, 'SIGKILL');
  const calls = await agents.startNext();
  await at.master.until('task', 'TASK_FAILED');
  await gone(child);
  await eventually('its record to be gone', async () => (await calls.wait(nested)).status === 404);
  await eventually('its files to be gone', () => !existsSync(runtime(at, 'containers', parent.value)));
});

test('what is nested below what is not recovered is ended', async t => {
  const at = await bench(t);
  at.master.framework = { ...at.master.framework, checkpoint: false };
  const agents = new AgentProcesses(at);
  const { parent } = await taskOf(agents, 'exec sleep 600');
  const nested = { value: 'nested', parent };
  const child = await launchSleeping(agents, nested);
  await agents.kill();
  const calls = await agents.startNext();
  await gone(child);
  await eventually('all of it to be gone', async () => (await calls.wait(nested)).status === 404);
  await eventually('its files to be gone', () => !existsSync(runtime(at, 'containers', parent.value)));
});
