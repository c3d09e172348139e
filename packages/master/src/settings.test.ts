/** What a master takes up from the registry when it starts again: weights, quotas, and the pause that these ask for. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import type { RunningMaster } from './main.ts';
import { ask, startRunningMaster } from './testing/running-master.ts';
import { SimulatedAgent } from './testing/simulated-agent.ts';
import { TestScheduler } from './testing/test-scheduler.ts';

function workDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'settings-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return `--work_dir=${directory}`;
}

async function get(master: RunningMaster, path: string) {
  const { status, text } = await ask(master, path);
  assert.equal(status, 200, text);
  return JSON.parse(text);
}

async function post(master: RunningMaster, call: object): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const { status, text } = await ask(master, '/api/v1', { method: 'POST', headers, body: JSON.stringify(call) });
  assert.equal(status, 200, text);
}

const guarantee = {
  type: 'UPDATE_QUOTA',
  update_quota: { quota_configs: [{ role: 'a', guarantees: { cpus: { value: 4 } } }] },
};

/** A master with agents in its registry, in place of another one whose agents were stopped. */
async function successor(
  t: TestContext,
  agents: number,
  prepare: (first: RunningMaster) => Promise<void>,
  ...argv: string[]
) {
  const directory = workDirectory(t);
  const first = await startRunningMaster(t, directory);
  const before = await Promise.all(
    Array.from({ length: agents }, async () => {
      const agent = await SimulatedAgent.start({ master: first.address });
      await agent.register();
      return agent;
    }),
  );
  await prepare(first);
  await Promise.all(before.map(agent => agent.stop()));
  await first.stop();
  const master = await startRunningMaster(t, directory, '--allocation_interval=20ms', ...argv);
  return {
    master,
    comeBack: async (index: number) => {
      const agent = await SimulatedAgent.start({ master: master.address });
      t.after(() => agent.stop());
      agent.id = before[index]?.id ?? '';
      await agent.reregister();
    },
  };
}

const whyNot = async (master: RunningMaster) =>
  (await get(master, '/unoffered')).frameworks[0].roles[0].agents[0].refusals;

test('with quotas, a new master offers nothing until enough agents are back', async t => {
  const { master, comeBack } = await successor(t, 3, first => post(first, guarantee));
  const scheduler = await TestScheduler.start(t, master.address, { roles: ['a'] });
  await comeBack(0);
  const [pause, ...others] = await whyNot(master);
  const { reason, agents, expected_agents, left_seconds, message } = pause;
  assert.deepEqual([reason, agents, expected_agents, others], ['RECOVERY_PAUSE', 1, 2, []]);
  assert.ok(left_seconds > 500 && left_seconds <= 600, `${left_seconds} seconds left`);
  assert.match(message, /until 2 agents are back \(1 are\)/);
  assert.equal((await get(master, '/metrics/snapshot'))['allocator/mesos/allocation_runs'], 0);
  await comeBack(1);
  await scheduler.next('OFFERS');
  assert.ok(!(await whyNot(master)).some(({ reason }: { reason: string }) => reason === 'RECOVERY_PAUSE'));
});

test('the pause ends with its time', async t => {
  const { master, comeBack } = await successor(
    t,
    3,
    first => post(first, guarantee),
    '--allocator_recovery_timeout=1secs',
  );
  const scheduler = await TestScheduler.start(t, master.address, { roles: ['a'] });
  await comeBack(0);
  await scheduler.next('OFFERS');
});

for (const { name, agents, argv, prepare } of [
  { name: 'quotas', agents: 2, argv: [], prepare: async () => undefined },
  {
    name: 'agents',
    agents: 0,
    argv: [],
    prepare: (first: RunningMaster) =>
      post(first, { ...guarantee, update_quota: { ...guarantee.update_quota, force: true } }),
  },
  {
    name: 'a factor',
    agents: 2,
    argv: ['--allocator_agent_recovery_factor=0'],
    prepare: (first: RunningMaster) => post(first, guarantee),
  },
]) {
  test(`without ${name} there is no pause`, async t => {
    const { master } = await successor(t, agents, prepare, ...argv);
    const scheduler = await TestScheduler.start(t, master.address, { roles: ['a'] });
    const agent = await SimulatedAgent.start({ master: master.address });
    t.after(() => agent.stop());
    await agent.register();
    await scheduler.next('OFFERS');
  });
}

test('the first start with --weights stores them; later ones do not change what the registry has', async t => {
  const directory = workDirectory(t);
  const weights = async (master: RunningMaster) => get(master, '/weights');
  const first = await startRunningMaster(t, directory, '--weights=a=2,b=3');
  assert.deepEqual(await weights(first), [
    { role: 'a', weight: 2 },
    { role: 'b', weight: 3 },
  ]);
  const { roles } = await get(first, '/roles');
  assert.deepEqual(
    roles.map(({ name, weight }: { name: string; weight: number }) => [name, weight]),
    [
      ['a', 2],
      ['b', 3],
    ],
  );
  await ask(first, '/weights', { method: 'PUT', body: JSON.stringify([{ role: 'a', weight: 5 }]) });
  await first.stop();
  const second = await startRunningMaster(t, directory, '--weights=a=7,c=4');
  assert.deepEqual(await weights(second), [
    { role: 'a', weight: 5 },
    { role: 'b', weight: 3 },
  ]);
});

test('metrics of quotas are there after a change of master, and shares of roles are those that count', async t => {
  const { master, comeBack } = await successor(
    t,
    1,
    first => post(first, guarantee),
    '--fair_sharing_excluded_resource_names=mem,disk',
  );
  await post(master, { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'a', weight: 4 }] } });
  await TestScheduler.start(t, master.address, { roles: ['a'] });
  await comeBack(0);
  await eventually(
    'the share',
    async () => (await get(master, '/metrics/snapshot'))['allocator/mesos/roles/a/shares/dominant'] > 0,
  );
  const snapshot = await get(master, '/metrics/snapshot');
  assert.equal(snapshot['allocator/mesos/roles/a/shares/dominant'], 0.25);
  assert.equal(snapshot['allocator/mesos/quota/roles/a/resources/cpus/guarantee'], 4);
  assert.equal(snapshot['allocator/mesos/quota/roles/a/resources/cpus/offered_or_allocated'], 4);
  assert.ok(snapshot['allocator/mesos/allocation_run_ms/p99'] >= 0);
  assert.ok(snapshot['allocator/mesos/allocation_run_latency_ms'] >= 0);
  assert.equal(snapshot['allocator/mesos/resources/cpus/offered_or_allocated'], 4);
  assert.equal(snapshot['allocator/mesos/offer_filters/roles/a/active'], 0);
});
