/** The agent is killed with -9 and started again: nothing is lost, nothing is done twice. */

import assert from 'node:assert/strict';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { KillTaskMessage, ReregisterSlaveMessage } from '@meseta/protocol';
import { readProcess } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { agentId, frameworkId } from './testing/scripted-master.ts';
import { type Bench, bench, kill, spawnAgent } from './testing/test-agent.ts';

const started = ['TASK_STARTING', 'TASK_RUNNING'];

const meta = ({ directory }: Bench, task: string, ...file: string[]) =>
  join(directory, 'work/meta/slaves', agentId, 'frameworks', frameworkId, 'executors', task, 'runs/latest', ...file);

test('tasks live on while the agent is away, and what became of them is told', async t => {
  const at = await bench(t);
  const { master, directory } = at;
  let agent = spawnAgent(at);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  const [flag, away, pidFile] = ['go', 'away', 'pid'].map(name => join(directory, name)) as [string, string, string];
  await master.untilAgent();
  master.command('lives', `while [ ! -e ${flag} ]; do sleep 0.02; done; exit 7`);
  master.command('ends', `echo $$ >${pidFile}; while [ ! -e ${away} ]; do sleep 0.02; done; exit 5`);
  master.command('killed', "trap 'exit 0' TERM; while true; do sleep 0.02; done");
  for (const id of ['lives', 'ends', 'killed']) await master.until(id, 'TASK_RUNNING');
  await kill(agent, 'SIGKILL');
  await appendFile(meta(at, 'lives', 'tasks/lives/task.updates'), Buffer.from([200, 0, 0, 0, 1, 2])); // a torn record
  const read = () => readFile(pidFile, 'utf8').catch(() => ''); // not written yet
  const pid = await eventually('the process of "ends"', async () => Number(await read()));
  await writeFile(away, '');
  await eventually('the end of "ends" without an agent', () => !isAlive(pid));
  agent = spawnAgent(at);
  const { tasks = [], agent: info } = await master.untilReceived(ReregisterSlaveMessage);
  assert.equal(info.id?.value, agentId);
  assert.deepEqual(tasks.map(({ task_id }) => task_id.value).sort(), ['ends', 'killed', 'lives']);
  assert.equal((await master.until('ends', 'TASK_FAILED')).status.message, 'Command exited with status 5');
  master.send(KillTaskMessage, { framework_id: { value: frameworkId }, task_id: { value: 'killed' } });
  await master.until('killed', 'TASK_KILLED');
  await writeFile(flag, '');
  assert.equal((await master.until('lives', 'TASK_FAILED')).status.message, 'Command exited with status 7');
  for (const id of ['lives', 'ends']) assert.deepEqual(master.states(id), [...started, 'TASK_FAILED']);
});

test('updates that nobody acknowledged are told again', async t => {
  const at = await bench(t);
  const { master } = at;
  let agent = spawnAgent(at);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  master.acknowledges = false;
  master.command('quick', 'exit 0');
  await master.until('quick', 'TASK_STARTING');
  await kill(agent, 'SIGKILL');
  master.acknowledges = true;
  agent = spawnAgent(at);
  await master.until('quick', 'TASK_FINISHED');
  assert.deepEqual(master.states('quick'), [...started, 'TASK_FINISHED']);
});

test('what was being written when the agent ended is no obstacle', async t => {
  const at = await bench(t);
  const { master } = at;
  let agent = spawnAgent(at);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  for (const id of ['no-task', 'no-executor', 'torn']) master.command(id, 'sleep 600');
  for (const id of ['no-task', 'no-executor', 'torn']) await master.until(id, 'TASK_RUNNING');
  await kill(agent, 'SIGKILL');
  await rm(meta(at, 'no-task', 'tasks/no-task/task.info'));
  await rm(meta(at, 'no-executor', '../../executor.info'));
  await writeFile(meta(at, 'torn', 'tasks/torn/task.info'), '');
  agent = spawnAgent(at);
  const { tasks } = await master.untilReceived(ReregisterSlaveMessage);
  assert.deepEqual(tasks ?? [], []);
});

test('tasks of frameworks that do not checkpoint end with the agent', async t => {
  const at = await bench(t);
  const { master, directory } = at;
  master.framework = { ...master.framework, checkpoint: false };
  let agent = spawnAgent(at);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  master.command('mortal', `echo $$ > ${directory}/pid; exec sleep 600`);
  const { status } = await master.until('mortal', 'TASK_RUNNING');
  await kill(agent, 'SIGKILL');
  agent = spawnAgent(at);
  await master.untilReceived(ReregisterSlaveMessage);
  const pid = status.container_status?.executor_pid ?? 0;
  await eventually(
    () => 'the end of the task',
    () => !isAlive(pid),
  );
});

/** Tells whether a process has not ended. Of those that have, some wait for their parents to notice. */
const isAlive = (pid: number): boolean => (readProcess(pid)?.state ?? 'Z') !== 'Z';
