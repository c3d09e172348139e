/** An agent with an external containerizer is killed with -9 and started again. */
import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ReregisterSlaveMessage } from '@meseta/protocol';
import { eventually, freePort } from '@meseta/system/testing';
import { externalFlags, python, runExecutor } from './testing/external-program.ts';
import { type Bench, bench, kill, spawnAgent } from './testing/test-agent.ts';

const executor = fileURLToPath(new URL('./testing/http-executor.ts', import.meta.url));
/** Flags of agents to which executors come back: at the same address, and with time for them on a busy machine. */
const flagsOf = async (at: Bench) => [
  ...(await externalFlags(at)),
  ...[`--port=${await freePort()}`, '--executor_reregistration_timeout=15secs'],
];
const custom = `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${executor}'`;

test('a custom executor gets its tasks, and outlives the agent', python, async t => {
  const at = await bench(t);
  const { master } = at;
  const flags = await flagsOf(at);
  let agent = spawnAgent(at, ...flags);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  runExecutor(master, custom, 'ends', 'end');
  runExecutor(master, custom, 'stays');
  await master.until('ends', 'TASK_FINISHED');
  await master.until('stays', 'TASK_RUNNING');
  await kill(agent, 'SIGKILL');
  agent = spawnAgent(at, ...flags);
  const { tasks = [], executor_infos } = await master.untilReceived(ReregisterSlaveMessage);
  // The agent may have been killed before the acknowledgement of the other task's end had come.
  assert.deepEqual(
    tasks.filter(({ state }) => state !== 'TASK_FINISHED').map(({ task_id, state }) => [task_id.value, state]),
    [['stays', 'TASK_RUNNING']],
  );
  assert.equal(executor_infos?.length, 1);
  runExecutor(master, custom, 'after', 'end');
  await master.until('after', 'TASK_FINISHED');
});

test('a command task outlives the agent with its executor', python, async t => {
  const at = await bench(t);
  const { master, directory } = at;
  const flags = await flagsOf(at);
  let agent = spawnAgent(at, ...flags);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  master.command('task', `until [ -e '${directory}/go' ]; do sleep 0.02; done; exit 5`);
  await master.until('task', 'TASK_RUNNING');
  await kill(agent, 'SIGKILL');
  agent = spawnAgent(at, ...flags);
  const { executor_infos, tasks } = await master.untilReceived(ReregisterSlaveMessage);
  assert.deepEqual([executor_infos ?? [], tasks?.length, tasks?.[0]?.executor_id], [[], 1, undefined]);
  await writeFile(join(directory, 'go'), '');
  assert.equal((await master.until('task', 'TASK_FAILED')).status.message, 'Command exited with status 5');
});

test('an agent that is killed before a launch has returned takes over what comes of it', python, async t => {
  const at = await bench(t);
  const { master, directory } = at;
  const flags = await flagsOf(at);
  let agent = spawnAgent(at, ...flags);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  await writeFile(join(directory, 'hold.launch'), '');
  runExecutor(master, custom, 'task');
  await eventually('the launch', () => existsSync(join(directory, 'held.launch')));
  await kill(agent, 'SIGKILL');
  agent = spawnAgent(at, ...flags);
  await rm(join(directory, 'hold.launch'));
  const { executor_infos } = await master.untilReceived(ReregisterSlaveMessage);
  assert.equal(executor_infos?.[0]?.executor_id.value, 'custom');
  runExecutor(master, custom, 'later', 'end');
  await master.until('later', 'TASK_FINISHED');
});

test('the executor of a command task that the killed agent did not hand over is ended', python, async t => {
  const at = await bench(t);
  const { master, directory } = at;
  const flags = await flagsOf(at);
  let agent = spawnAgent(at, ...flags);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  await writeFile(join(directory, 'hold.launch'), '');
  master.command('task', 'true');
  await eventually('the launch', () => existsSync(join(directory, 'held.launch')));
  await kill(agent, 'SIGKILL');
  agent = spawnAgent(at, ...flags);
  await rm(join(directory, 'hold.launch'));
  const { tasks } = await master.untilReceived(ReregisterSlaveMessage);
  assert.deepEqual(tasks ?? [], []);
  await eventually('its end', () => globSync(`${directory}/run/external/*`).length === 0);
});

test('an agent that is killed while it destroys a container finishes that', python, async t => {
  const at = await bench(t);
  const { master, directory } = at;
  const flags = await flagsOf(at);
  let agent = spawnAgent(at, ...flags, '--executor_registration_timeout=500ms');
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  await writeFile(join(directory, 'hold.destroy'), '');
  runExecutor(master, 'while :; do sleep 1000; done', 'task'); // it never registers
  await eventually('the destroy', () => existsSync(join(directory, 'held.destroy')));
  await kill(agent, 'SIGKILL');
  agent = spawnAgent(at, ...flags, '--executor_reregistration_timeout=1secs');
  await rm(join(directory, 'hold.destroy'));
  await master.untilReceived(ReregisterSlaveMessage);
  await eventually('its end', () => globSync(`${directory}/run/external/*`).length === 0);
});
