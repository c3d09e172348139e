/**
 * The steps of docs/migrating-from-mesos.md for moving masters and agents, and back. Masters with a registry in memory stand for
 * those of the other kind: they elect their leader at the same place, and share no registry.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { needsZooKeeper } from '@meseta/storage/testing';
import { eventually } from '@meseta/system/testing';
import type { Daemon } from '../support/daemon.ts';
import { Framework, shellTask } from '../support/framework.ts';
import { ElectionScene } from '../support/high-availability.ts';
import { meseta } from '../support/meseta.ts';

const json = { 'Content-Type': 'application/json' };

async function send(master: Daemon, method: string, where: string, body: string): Promise<void> {
  const answer = await fetch(`${master.origin}${where}`, { method, body, headers: json });
  assert.equal(answer.status, 200, await answer.text());
}

const read = async (master: Daemon, where: string): Promise<unknown> =>
  (await fetch(`${master.origin}${where}`)).json();

test('masters, an agent and back: ids stay, and what the registry has is given anew', needsZooKeeper, async t => {
  const scene = await ElectionScene.start(t, { masters: 0, servers: 1 });
  const old = await scene.addMaster('old', { registry: 'in_memory' });
  assert.equal(await scene.leader(), old);
  await scene.addAgent();
  const agentId = await scene.registered(old);
  const machine = { hostname: 'gone.example' };
  const start = { nanoseconds: 4_000_000_000_000_000_000 };
  const schedule = JSON.stringify({ windows: [{ machine_ids: [machine], unavailability: { start } }] });
  await send(old, 'PUT', '/weights', '[{"role":"web","weight":2}]');
  await send(old, 'POST', '/maintenance/schedule', schedule);
  const before = new Framework(old.origin, { failover_timeout: 1000 });
  t.after(() => before.close());
  await before.start();
  await before.run(shellTask('long', 'sleep 1000'));
  await before.reaches('long', 'TASK_RUNNING');

  // 1. What nobody tells the new masters.
  const [weights, maintenance] = [await read(old, '/weights'), await read(old, '/maintenance/schedule')];

  // 2. The flags, on another path.
  const tried = await scene.addMaster('tried', { zk: `zk://${scene.zookeeper.hosts}/try`, quorum: 1 });
  await eventually('the trial to lead', async () => (await fetch(`${tried.origin}/state`)).ok);
  await tried.kill('SIGTERM');

  // 3. and 4. All of one kind stop, then the others start.
  await old.kill('SIGTERM');
  const fresh = await scene.addMaster('new');
  assert.equal(await scene.leader(), fresh);
  assert.equal(await scene.registered(fresh), agentId);
  const after = new Framework(fresh.origin, { failover_timeout: 1000, id: before.info.id });
  t.after(() => after.close());
  await before.close();
  await after.start();
  assert.equal(await running(fresh), 'long');

  // 5. What was kept.
  assert.deepEqual(await read(fresh, '/weights'), []);
  await send(fresh, 'PUT', '/weights', JSON.stringify(weights));
  await send(fresh, 'POST', '/maintenance/schedule', JSON.stringify(maintenance));
  const quota = await meseta('quota', 'set', 'web', '--limit', 'cpus:1', '--master', scene.address);
  assert.equal(quota.code, 0, quota.stderr);
  assert.deepEqual(await read(fresh, '/weights'), weights);
  assert.deepEqual(await read(fresh, '/maintenance/schedule'), maintenance);

  // Back: the first kind again, which has nothing of what came meanwhile.
  await fresh.kill('SIGTERM');
  await scene.startAgain(old);
  assert.equal(await scene.leader(), old);
  assert.equal(await scene.registered(old), agentId);
  assert.equal(await running(old), 'long');
  assert.deepEqual(await read(old, '/weights'), []);

  // And the new ones once more: their registry is as they left it.
  await old.kill('SIGTERM');
  await scene.startAgain(fresh);
  assert.equal(await scene.leader(), fresh);
  assert.deepEqual(await read(fresh, '/weights'), weights);
  assert.match(JSON.stringify(await read(fresh, '/quota')), /"role":"web"/);
});

/** The running task, once it is there. */
async function running(master: Daemon): Promise<string> {
  const { id } = await eventually('a running task', async () => {
    const { tasks } = (await read(master, '/tasks')) as { tasks: { id: string; state: string }[] };
    return tasks.find(({ state }) => state === 'TASK_RUNNING');
  });
  return id;
}

test('an agent is drained, and another one takes its place with a new work directory', needsZooKeeper, async t => {
  const scene = await ElectionScene.start(t, { masters: 1, servers: 1 });
  const leader = await scene.leader();
  const agent = await scene.addAgent();
  const first = await scene.registered(leader);
  const drained = await meseta('agent', 'drain', first, '--follow', '--master', scene.address);
  assert.equal(drained.code, 0, drained.stderr);
  await agent.kill('SIGTERM');
  await agent.start({
    work_dir: path.join(scene.directory, 'moved'),
    runtime_dir: path.join(scene.directory, 'moved-run'),
  });
  const second = await scene.registered(leader);
  assert.notEqual(second, first);
  const listed = await meseta('agents', '--quiet', '--master', scene.address);
  assert.ok(listed.stdout.includes(second), listed.stdout);
});
