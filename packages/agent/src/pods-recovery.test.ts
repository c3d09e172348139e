/** The agent is killed with -9 while it has pods, and started again: nothing is lost, and groups keep their rules. */

import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal, ReregisterSlaveMessage, type TaskState } from '@meseta/protocol';
import { isAlive, readProcess } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { shell } from './testing/pod-bench.ts';
import { agentId, frameworkId } from './testing/scripted-master.ts';
import { type Bench, bench, kill, spawnAgent } from './testing/test-agent.ts';

const begun = ['TASK_STARTING', 'TASK_RUNNING'];
const killed = [...begun, 'TASK_KILLING', 'TASK_KILLED'];

/** Agents one after the other, each a process of its own. */
class Agents {
  readonly at: Bench;
  readonly master;
  #agent;

  private constructor(at: Bench) {
    this.at = at;
    this.master = at.master;
    this.#agent = spawnAgent(at);
    at.onEnd(() => kill(this.#agent, 'SIGTERM'));
  }

  static async start(t: TestContext): Promise<Agents> {
    const agents = new Agents(await bench(t));
    await agents.master.untilAgent();
    return agents;
  }

  die(): Promise<void> {
    return kill(this.#agent, 'SIGKILL');
  }

  /** Starts the next one, and waits until it is back. */
  async next(): Promise<ReregisterSlaveMessage> {
    this.master.received.length = 0;
    this.#agent = spawnAgent(this.at);
    return this.master.untilReceived(ReregisterSlaveMessage);
  }

  meta(executor: string, ...path: string[]): string {
    const above = ['work/meta/slaves', agentId, 'frameworks', frameworkId, 'executors'];
    return join(this.at.directory, ...above, executor, 'runs/latest', ...path);
  }

  /** A file that a task waits for. */
  get signal(): { readonly path: string; give(): Promise<void> } {
    const path = join(this.at.directory, 'signal');
    return { path, give: () => writeFile(path, '') };
  }

  /** Waits until no container is left. */
  async untilNothingIsLeft(): Promise<void> {
    const left = () => readdir(join(this.at.directory, 'run', 'launcher')).catch(() => []);
    await eventually('the containers to be gone', async () => (await left()).length === 0);
  }

  async untilGone(id: string): Promise<void> {
    const pid = this.master.statuses(id).at(-1)?.status.container_status?.executor_pid ?? 0;
    await eventually(`the end of process ${pid} of ${id}`, () => !runs(pid));
  }
}

function runs(pid: number): boolean {
  const found = readProcess(pid);
  return found !== undefined && isAlive(found);
}

const hasEnded = (states: readonly string[]) => states.some(state => isTerminal(state as TaskState));

const awaiting = (path: string, then: string) => `while [ ! -e ${path} ]; do sleep 0.02; done; ${then}`;

test('tasks live on; the end of one while no agent is there is told, and its group ends', async t => {
  const agents = await Agents.start(t);
  const { master, signal } = agents;
  master.runGroup([shell('fails', awaiting(signal.path, 'exit 5')), shell('other', 'sleep 600')]);
  await master.until('fails', 'TASK_RUNNING');
  const go = `${signal.path}2`;
  master.runGroup([shell('lives', awaiting(go, 'exit 0')), shell('lives-too', awaiting(go, 'exit 0'))], {
    launch: false,
  });
  for (const id of ['other', 'lives', 'lives-too']) await master.until(id, 'TASK_RUNNING');
  await agents.die();
  await signal.give();
  await agents.untilGone('fails');
  const { tasks = [], executor_infos = [] } = await agents.next();
  assert.deepEqual(tasks.map(({ task_id }) => task_id.value).sort(), ['fails', 'lives', 'lives-too', 'other']);
  assert.deepEqual(
    executor_infos.map(({ executor_id, type }) => [executor_id.value, type]),
    [['pod', 'DEFAULT']],
  );
  assert.equal((await master.until('fails', 'TASK_FAILED')).status.message, 'Command exited with status 5');
  await master.until('other', 'TASK_KILLED');
  assert.deepEqual(master.states('fails'), [...begun, 'TASK_FAILED']);
  assert.deepEqual(master.states('other'), killed);
  master.runGroup([shell('later', 'true')], { launch: false });
  assert.equal((await master.until('later', 'TASK_FINISHED')).status.message, 'Command exited with status 0');
  await writeFile(go, '');
  for (const id of ['lives', 'lives-too']) {
    await master.until(id, 'TASK_FINISHED');
    assert.deepEqual(master.states(id), [...begun, 'TASK_FINISHED']);
  }
  await agents.untilNothingIsLeft();
});

test('a kill goes on, of the task and of its group', async t => {
  const agents = await Agents.start(t);
  const { master, signal } = agents;
  const kill_policy = { grace_period: { nanoseconds: 200_000_000 } };
  const deaf = `trap '' TERM; touch ${signal.path}; while :; do sleep 0.1; done`;
  master.runGroup([shell('deaf', deaf, { kill_policy }), shell('other', 'sleep 600')]);
  for (const id of ['deaf', 'other']) await master.until(id, 'TASK_RUNNING');
  master.acknowledges = false;
  await eventually('the trap', () => readdir(agents.at.directory).then(names => names.includes('signal')));
  master.kill('deaf');
  const written = () => readdir(agents.meta('pod', 'tasks/deaf')).then(names => names.includes('task.kill'));
  await eventually('the kill to be written down', written);
  await agents.die();
  master.acknowledges = true;
  await agents.next();
  const { status } = await master.until('deaf', 'TASK_KILLED');
  assert.equal(status.message, 'Command terminated with signal Killed');
  await master.until('other', 'TASK_KILLED');
  await agents.untilNothingIsLeft();
});

test('a task that was not launched yet has failed, and its group ends', async t => {
  const agents = await Agents.start(t);
  const { master } = agents;
  const asked = Promise.withResolvers<void>();
  const server = createServer(() => asked.resolve()).listen(0, '127.0.0.1');
  t.after(() => server.close().closeAllConnections());
  await eventually('the server', () => server.listening);
  const uris = [{ value: `http://127.0.0.1:${(server.address() as AddressInfo).port}/never` }];
  master.runGroup([{ id: 'fetches', command: { value: 'true', uris } }, shell('other', 'sleep 600')]);
  await master.until('other', 'TASK_RUNNING');
  await asked.promise;
  await agents.die();
  await agents.next();
  const { status } = await master.until('fetches', 'TASK_FAILED');
  assert.equal(status.reason, 'REASON_EXECUTOR_TERMINATED');
  assert.equal(status.message, 'The task was not launched: the agent ended before');
  await master.until('other', 'TASK_KILLED');
  assert.deepEqual(master.states('fetches'), ['TASK_STARTING', 'TASK_FAILED']);
  await agents.untilNothingIsLeft();
});

test('tasks are lost with the container of their executor, also while no agent is there', async t => {
  const agents = await Agents.start(t);
  const { master } = agents;
  master.runGroup([shell('one', 'sleep 600'), shell('two', 'sleep 600')]);
  for (const id of ['one', 'two']) await master.until(id, 'TASK_RUNNING');
  const pid = Number(await readFile(agents.meta('pod', 'pids/forked.pid'), 'utf8'));
  await agents.die();
  process.kill(pid, 'SIGKILL');
  await eventually('its end', () => !runs(pid));
  await agents.next();
  for (const id of ['one', 'two']) {
    const { status } = await master.until(id, 'TASK_FAILED');
    assert.equal(status.message, 'Executor terminated with signal 9');
  }
  await agents.untilNothingIsLeft();
});

test('tasks that ran when their machine went down have failed, and are told so', async t => {
  const agents = await Agents.start(t);
  const { master, at } = agents;
  master.runGroup([shell('one', 'exec sleep 600'), shell('two', 'exec sleep 600')]);
  const pids: number[] = [];
  for (const id of ['one', 'two']) {
    const { status } = await master.until(id, 'TASK_RUNNING');
    pids.push(status.container_status?.executor_pid ?? 0);
  }
  pids.push(Number(await readFile(agents.meta('pod', 'pids/forked.pid'), 'utf8')));
  await agents.die();
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await eventually('their end', () => !pids.some(runs));
  await rm(join(at.directory, 'run'), { recursive: true, maxRetries: 10 });
  await writeFile(join(at.directory, 'work/meta/boot_id'), '00000000-0000-4000-8000-000000000000');
  await agents.next();
  for (const id of ['one', 'two']) {
    const { status } = await master.until(id, 'TASK_FAILED');
    assert.equal(status.reason, 'REASON_EXECUTOR_TERMINATED');
    assert.equal(status.message, 'Abnormal executor termination: unknown container');
  }
});

const damages: {
  name: string;
  damage: (path: (...names: string[]) => string) => Promise<void>;
  /** What becomes of the two tasks; undefined: they are not known any more. */
  states: [one: string | undefined, two: string | undefined];
}[] = [
  {
    name: 'group',
    damage: path => writeFile(path('tasks/one-group/task.group'), ''),
    states: ['TASK_FAILED', 'TASK_KILLED'],
  },
  {
    name: 'updates',
    damage: path => rm(path('tasks/one-updates/task.updates')),
    states: ['TASK_RUNNING', 'TASK_RUNNING'],
  },
  { name: 'task', damage: path => rm(path('tasks/one-task/task.info')), states: [undefined, 'TASK_RUNNING'] },
  { name: 'executor', damage: path => rm(path('../../executor.info')), states: [undefined, undefined] },
];

test('whatever is missing, the rest goes on, and nothing is left behind', async t => {
  const agents = await Agents.start(t);
  const { master } = agents;
  const ids = damages.flatMap(({ name }) => [`one-${name}`, `two-${name}`]);
  for (const { name } of damages) {
    master.runGroup([shell(`one-${name}`, 'sleep 600'), shell(`two-${name}`, 'sleep 600')], { executor: name });
  }
  for (const id of ids) await master.until(id, 'TASK_RUNNING');
  await agents.die();
  for (const { name, damage } of damages) await damage((...names) => agents.meta(name, ...names));
  const { tasks = [] } = await agents.next();
  const known = new Set(tasks.map(({ task_id }) => task_id.value));
  for (const { name, states } of damages) {
    for (const [index, id] of [`one-${name}`, `two-${name}`].entries()) {
      const state = states[index];
      assert.equal(known.has(id), state !== undefined, id);
      if (state !== undefined) await master.until(id, state);
    }
  }
  for (const id of known) if (!hasEnded(master.states(id))) master.kill(id);
  await agents.untilNothingIsLeft();
});

test('killed again and again at any moment, agents lose no task and leave nothing', async t => {
  const agents = await Agents.start(t);
  const { master } = agents;
  master.runGroup([shell('first', 'sleep 600')]);
  await master.until('first', 'TASK_RUNNING');
  const names: string[] = [];
  for (let round = 0; round < 4; round++) {
    const [fails, ends, other] = ['fails', 'ends', 'other'].map(name => `${name}-${round}`) as [string, string, string];
    names.push(fails, ends, other);
    master.runGroup([shell(fails, 'sleep 0.05; exit 3'), shell(ends, 'true'), shell(other, 'sleep 600')], {
      launch: false,
    });
    await delay(round * 25); // wherever it is then
    await agents.die();
    await agents.next();
  }
  const known = names.filter(id => master.states(id).length > 0); // of others the agents had not heard
  for (const id of known) await eventually(`the end of ${id}`, () => hasEnded(master.states(id)));
  for (const id of known) {
    const states = master.states(id);
    assert.equal(states.filter(state => isTerminal(state as TaskState)).length, 1, `${id}: ${states}`);
  }
  assert.deepEqual(master.states('first'), begun);
  master.kill('first');
  await master.until('first', 'TASK_KILLED');
  await agents.untilNothingIsLeft();
});
