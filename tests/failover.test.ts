/** Daemons and frameworks that go away and come back, or do not. */

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster, soonUnreachable } from './support/cluster.ts';
import { Framework } from './support/framework.ts';
import { Meseta, meseta } from './support/meseta.ts';
import { processesOf } from './support/processes.ts';
import { SmallDisk } from './support/small-disk.ts';

const idle = { shell: true, value: 'sleep 1000' };

/** Launches tasks that stay, and waits until they run. */
async function runIdle(framework: Framework, count: number, prefix = 'idle'): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  const offer = await framework.roomyOffer();
  const resources = ['cpus', 'mem'].map(name => ({
    name,
    type: 'SCALAR' as const,
    scalar: { value: name === 'cpus' ? 0.01 : 1 },
    allocation_info: { role: '*' },
  }));
  const tasks = ids.map(value => ({ task_id: { value }, command: idle, resources }));
  await framework.launch(offer, tasks);
  await Promise.all(ids.map(id => framework.reaches(id, 'TASK_RUNNING')));
  return ids;
}

const taskProcesses = (cluster: Cluster) =>
  processesOf(cluster.directory).filter(({ command }) => command === 'sleep 1000').length;

test('a master that is killed finds all tasks again', async t => {
  const cluster = await Cluster.start(t, { agents: [{}, {}] });
  const framework = await cluster.framework();
  const ids = [...(await runIdle(framework, 60, 'a')), ...(await runIdle(framework, 60, 'b'))];
  const agents = (await cluster.slaves()).map(({ id }) => id).sort();
  await cluster.master.kill();
  await cluster.master.start();
  await eventually('the framework to come back', () => framework.isConnected);
  await Promise.all(cluster.agents.map(agent => cluster.registered(agent)));
  const from = framework.updates.length;
  await framework.call({ type: 'RECONCILE', reconcile: { tasks: [] } });
  const states = () => new Map(framework.updates.slice(from).map(({ task_id, state }) => [task_id.value, state]));
  await eventually('states of all tasks', () => states().size === ids.length);
  assert.deepEqual([...new Set(states().values())], ['TASK_RUNNING']);
  assert.deepEqual((await cluster.slaves()).map(({ id }) => id).sort(), agents);
  await framework.call({ type: 'TEARDOWN' });
  await eventually('end of all tasks', () => taskProcesses(cluster) === 0);
});

test('a framework that is started elsewhere takes over, and the one before is told', async t => {
  const cluster = await Cluster.start(t);
  const [first, second] = [new Framework(cluster.master.origin), new Framework(cluster.master.origin)];
  t.after(() => Promise.all([first.close(), second.close()]));
  await first.start();
  await runIdle(first, 3);
  first.comesBack = false;
  second.info.id = first.info.id;
  await second.start();
  await eventually('the end of the first stream', () => !first.isConnected);
  assert.equal(first.events.at(-1)?.error?.message, 'Framework failed over');
  await second.call({ type: 'RECONCILE', reconcile: { tasks: [] } });
  // A status that the first one did not acknowledge any more comes again.
  await eventually('states of the tasks', () => new Set(second.updates.map(({ task_id }) => task_id.value)).size === 3);
  assert.deepEqual([...new Set(second.updates.map(({ state }) => state))], ['TASK_RUNNING']);
});

test('a framework that does not come back in time is removed with its tasks', async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework({ failover_timeout: 0.5 });
  await runIdle(framework, 3);
  framework.comesBack = false;
  framework.disconnect();
  await eventually('end of its tasks', () => taskProcesses(cluster) === 0);
  await eventually('its removal', async () => (await cluster.get('/frameworks')).completed_frameworks.length === 1);
  const again = await framework.subscribeOnce();
  assert.equal(again.error?.message, 'Framework has been removed');
});

test('an agent that is away is unreachable, and its tasks are back when it is', async t => {
  const cluster = await Cluster.start(t, { master: soonUnreachable });
  const framework = await cluster.framework();
  const ids = await runIdle(framework, 3);
  const agentId = await cluster.registered(cluster.agent);
  await cluster.agent.kill('SIGSTOP');
  const gone = await Promise.all(ids.map(id => framework.reaches(id, 'TASK_UNREACHABLE')));
  for (const { reason, unreachable_time } of gone) {
    assert.equal(reason, 'REASON_AGENT_REMOVED');
    assert.ok(unreachable_time);
  }
  await eventually('offers to be rescinded', () => framework.offers.size === 0);
  const agents = await meseta('agents', '--master', cluster.master.address);
  assert.match(
    agents.stdout,
    new RegExp(`^${agentId} +127\\.0\\.0\\.1:${cluster.agent.port} +unreachable +-`, 'm'),
    'its row in the list of agents',
  );
  await cluster.agent.kill('SIGCONT');
  for (const id of ids) {
    // The agent repeats a status, too, whose acknowledgement it has not read.
    await eventually(`${id} to be back`, () =>
      framework
        .statusesOf(id)
        .some(({ state, reason }) => state === 'TASK_RUNNING' && reason === 'REASON_AGENT_REREGISTERED'),
    );
    assert.equal(framework.statesOf(id).at(-1), 'TASK_RUNNING');
  }
  assert.equal(await cluster.registered(cluster.agent), agentId);
  assert.equal(taskProcesses(cluster), 3);
  await framework.roomyOffer();
});

test('meseta run prints what its task writes while the agent is away', async t => {
  const cluster = await Cluster.start(t);
  const go = path.join(cluster.directory, 'go');
  const command = `echo one; until [ -e ${go} ]; do sleep 0.05; done; echo two; until [ -e ${go}2 ]; do sleep 0.05; done; exit 7`;
  const run = new Meseta(['run', '--master', cluster.master.address, command]);
  await run.says(/^one$/m);
  await cluster.agent.kill();
  writeFileSync(go, '');
  await cluster.agent.start();
  await run.says(/^two$/m);
  writeFileSync(`${go}2`, '');
  const { code, stdout } = await run.finished;
  assert.deepEqual({ code, stdout }, { code: 7, stdout: 'one\ntwo\n' });
});

test('a new agent at the address of an old one takes its place', async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework();
  const ids = await runIdle(framework, 3);
  const before = await cluster.registered(cluster.agent);
  await cluster.agent.kill();
  rmSync(path.join(cluster.directory, 'agent-1', 'meta'), { recursive: true });
  await cluster.agent.start();
  await Promise.all(ids.map(id => framework.reaches(id, 'TASK_GONE', 'TASK_LOST', 'TASK_UNREACHABLE')));
  await eventually('the old agent to go', async () =>
    (await cluster.slaves()).every(({ id, active }) => id !== before || !active),
  );
  await eventually('end of tasks nobody knows', () => taskProcesses(cluster) === 0);
});

test('an agent that leaves is removed, and nothing of it stays', async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework();
  const ids = await runIdle(framework, 3);
  await cluster.agent.kill('SIGUSR1');
  await Promise.all(ids.map(id => framework.reaches(id, 'TASK_GONE', 'TASK_LOST', 'TASK_KILLED')));
  await eventually('the end of its tasks', () => taskProcesses(cluster) === 0);
  await eventually('removal', async () => (await cluster.slaves()).length === 0);
});

test('an agent that is to leave while it recovers ends all that it finds, and is forgotten', async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework();
  const executor_id = { value: 'silent' };
  const framework_id = framework.info.id;
  const command = { value: 'exec sleep 600' }; // never registers, so the next agent waits for it
  await framework.run({
    task_id: { value: 'task' },
    executor: { executor_id, ...(framework_id && { framework_id }), command },
  });
  await eventually('the executor', () => cluster.leftovers().some(line => line.includes('sleep 600')));
  const known = await cluster.registered(cluster.agent);
  await cluster.agent.kill();
  cluster.agent.spawn();
  await eventually('recovery', () => cluster.agent.log.includes(`] Recovering agent_id=${known}`));
  await cluster.agent.kill('SIGUSR1');
  assert.equal(await cluster.agent.ended, 'code 0');
  await eventually(
    () => `the end of ${cluster.leftovers()}`,
    () => cluster.leftovers().length === 0,
  );
  await cluster.agent.start();
  const next = await eventually('a new agent', async () => (await cluster.slaves()).find(({ active }) => active)?.id);
  assert.notEqual(next, known);
});

for (const flag of ['work_dir', 'runtime_dir']) {
  test(`a second agent on the same ${flag} is refused`, async t => {
    const cluster = await Cluster.start(t);
    const directory = path.join(cluster.directory, flag === 'work_dir' ? 'agent-1' : 'agent-1-run');
    const framework = await cluster.framework();
    await runIdle(framework, 1);
    await assert.rejects(cluster.addAgent({ [flag]: directory }), /Another agent runs in .*give each agent a --/);
    assert.equal(taskProcesses(cluster), 1);
  });
}

test(
  'a master whose disk is full ends with a word about it, and starts again when there is room',
  SmallDisk.need,
  async t => {
    const disk = new SmallDisk(t, path.join(tmpdir(), `full-master-${process.pid}`), 4);
    const cluster = await Cluster.start(t, { master: { work_dir: disk.path } });
    const framework = await cluster.framework();
    const [id] = await runIdle(framework, 1);
    disk.fill();
    const added = cluster.addAgent().catch(() => undefined);
    assert.equal(await cluster.master.ended, 'code 1');
    assert.match(cluster.master.log, /no space.*free some/);
    disk.empty();
    await cluster.master.start();
    await added;
    for (const agent of cluster.agents) await cluster.registered(agent);
    await eventually('the framework to come back', () => framework.isConnected);
    await framework.call({ type: 'RECONCILE', reconcile: { tasks: [{ task_id: { value: id ?? '' } }] } });
    await eventually('the state of the task', () =>
      framework.statusesOf(id ?? '').some(({ reason }) => reason === 'REASON_RECONCILIATION'),
    );
    assert.equal(framework.statesOf(id ?? '').at(-1), 'TASK_RUNNING');
  },
);
