/** Allocator modules of a real master: what they decide counts, and what they cannot give is not given. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Offer } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import type { RunningMaster } from './main.ts';
import { ask, registerAgent, startRunningMaster } from './testing/running-master.ts';
import { TestScheduler } from './testing/test-scheduler.ts';

/** The flags for a module whose `allocate` has this body. */
function moduleFlags(t: TestContext, body: string, timeout = '10'): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'allocator-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'module.mjs');
  writeFileSync(
    file,
    `let calls = 0;
    export default { chooser: { kind: 'allocator', create: () => ({
      async allocate({ agents, frameworks, roles, total }) { calls++; ${body} },
    }) } };`,
  );
  const modules = [{ name: 'chooser', parameters: [{ key: 'timeout', value: timeout }] }];
  return [
    '--allocator=chooser',
    '--allocation_interval=20ms',
    `--modules=${JSON.stringify({ libraries: [{ file, modules }] })}`,
  ];
}

const everything = `return agents.flatMap(agent => frameworks.flatMap(framework =>
  framework.roles.map(role => ({ agentId: agent.id, frameworkId: framework.id, role }))));`;

const cpusOf = ({ resources = [] }: Offer) => resources.find(({ name }) => name === 'cpus')?.scalar?.value;

async function snapshotOf(master: RunningMaster): Promise<Record<string, number>> {
  return JSON.parse((await ask(master, '/metrics/snapshot')).text);
}

async function whyNot(master: RunningMaster, { frameworkId }: TestScheduler) {
  const { text } = await ask(master, `/unoffered?framework_id=${frameworkId}`);
  return JSON.parse(text).frameworks[0].roles[0].agents[0]?.refusals ?? [];
}

test('a module chooses who is offered which part of an agent', async t => {
  const master = await startRunningMaster(
    t,
    ...moduleFlags(
      t,
      `const chosen = frameworks.find(({ name }) => name === 'chosen');
      return !chosen || agents.length === 0 ? [] : [{ agentId: agents[0].id, frameworkId: chosen.id, role: '*',
        resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }] }];`,
    ),
  );
  const other = await TestScheduler.start(t, master.address, { name: 'other' });
  const agent = await registerAgent(t, master);
  const chosen = await TestScheduler.start(t, master.address, { name: 'chosen' });
  const offer = await chosen.nextOffer();
  assert.deepEqual([offer.agent_id.value, offer.resources?.length, cpusOf(offer)], [agent.id, 1, 1]);
  assert.deepEqual(await whyNot(master, other), [
    {
      reason: 'ALLOCATOR_MODULE',
      message: "The framework may have the agent, if the allocator module 'chooser' chooses it.",
      module: 'chooser',
    },
  ]);
  assert.ok(!other.events.some(({ type }) => type === 'OFFERS'));
});

test('filters, suppressed roles and limits hold, whatever a module chooses', async t => {
  const master = await startRunningMaster(t, ...moduleFlags(t, everything));
  await registerAgent(t, master);
  const scheduler = await TestScheduler.start(t, master.address, { roles: ['web'] });
  const first = await scheduler.nextOffer();
  assert.equal(cpusOf(first), 4);
  await scheduler.call({ type: 'DECLINE', decline: { offer_ids: [first.id], filters: { refuse_seconds: 1000 } } });
  await eventually('the filter', async () => (await whyNot(master, scheduler))[0]?.reason === 'FILTERED');
  const quota_configs = [{ role: 'web', limits: { cpus: { value: 1.5 } } }];
  const body = JSON.stringify({ type: 'UPDATE_QUOTA', update_quota: { quota_configs } });
  await ask(master, '/api/v1', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  await scheduler.call({ type: 'REVIVE' });
  assert.equal(cpusOf(await scheduler.nextOffer()), 1.5);
});

const choice = (more: string) => `{ agentId: agents[0].id, frameworkId: frameworks[0].id, role: '*', ${more} }`;
const cpus = (value: number, more = '') => `[{ name: 'cpus', type: 'SCALAR', scalar: { value: ${value} }${more} }]`;
const mistakes: readonly { name: string; body: string; problem: RegExp; timeout?: string }[] = [
  { name: 'throws', body: `throw new Error('no idea');`, problem: /^no idea$/ },
  { name: 'hangs', body: 'await new Promise(() => {});', problem: /took too long/, timeout: '0.2' },
  { name: 'loops forever', body: 'for (;;);', problem: /took too long/, timeout: '0.2' },
  { name: 'ends its thread', body: 'process.exit(3);', problem: /ended/ },
  { name: 'returns no list', body: `return 'all';`, problem: /must return an array, not 'all'/ },
  {
    name: 'returns no choices',
    body: `return [7, null];`,
    problem: /^choice 0: expecting the texts agentId, .* not 7; choice 1: /,
  },
  {
    name: 'names another agent',
    body: `return [{ ...${choice('')}, agentId: 'none' }];`,
    problem: /agent 'none' .*not asked about/,
  },
  {
    name: 'names another framework',
    body: `return [{ ...${choice('')}, frameworkId: 'none' }];`,
    problem: /does not exist/,
  },
  {
    name: 'names another role',
    body: `return [{ ...${choice('')}, role: 'db' }];`,
    problem: /wants no offers for the role 'db'/,
  },
  {
    name: 'gives more than there is',
    body: `return [${choice(`resources: ${cpus(4.001)}`)}];`,
    problem: /cpus:4.001 is not free, but cpus:4/,
  },
  {
    name: 'gives what has another reservation',
    body: `return [${choice(`resources: ${cpus(1, `, reservations: [{ type: 'STATIC', role: 'db' }]`)}`)}];`,
    problem: /is not free, but/,
  },
  {
    name: 'gives a negative amount',
    body: `return [${choice(`resources: ${cpus(-1)}`)}];`,
    problem: /^choice 0: .*cpus/,
  },
  { name: 'gives no resources', body: `return [${choice('resources: 5')}];`, problem: /^choice 0: / },
  {
    name: 'names a million resources',
    body: `return [${choice(`resources: Array(1_000_000).fill({ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } })`)}];`,
    problem: /^more than 50000 resources are too many: the choices from 0 on/,
  },
  {
    name: 'returns a riddle',
    body: `const riddle = []; riddle.push(riddle); return [riddle, ${choice('resources: riddle')}, new Map()];`,
    problem: /^choice 0: expecting the texts .*; choice 1: .*; choice 2: /,
  },
  { name: 'makes many mistakes', body: `return Array(50_000).fill(3);`, problem: /; 19998 more$/ },
];
for (const { name, body, problem, timeout } of mistakes) {
  test(`a module that ${name} cannot hurt the master, and gives nothing`, async t => {
    const master = await startRunningMaster(t, ...moduleFlags(t, body, timeout));
    await registerAgent(t, master);
    const scheduler = await TestScheduler.start(t, master.address);
    await eventually('the problem', async () => problem.test((await whyNot(master, scheduler))[0]?.problem));
    assert.ok(!scheduler.events.some(({ type }) => type === 'OFFERS'));
    assert.equal((await snapshotOf(master))['allocator/mesos/resources/cpus/offered_or_allocated'], 0);
  });
}

test('what is chosen twice is given once, and a module that fails only sometimes allocates in between', async t => {
  const twice = `if (calls % 2 === 1) throw new Error('sometimes'); ${everything.replace('return', 'const all =')} return [...all, ...all];`;
  const master = await startRunningMaster(t, ...moduleFlags(t, twice));
  const agents = await Promise.all([registerAgent(t, master), registerAgent(t, master)]);
  const schedulers = await Promise.all(['a', 'b'].map(name => TestScheduler.start(t, master.address, { name })));
  const offered = () => schedulers.flatMap(({ events }) => events.flatMap(({ offers }) => offers?.offers ?? []));
  await eventually('the offers', () => offered().length >= agents.length);
  const snapshot = await snapshotOf(master);
  assert.equal(snapshot['allocator/mesos/resources/cpus/offered_or_allocated'], 8);
  assert.deepEqual(
    offered()
      .map(({ agent_id }) => agent_id.value)
      .sort(),
    agents.map(({ id }) => id).sort(),
  );
  const [reserved] = await Promise.all(schedulers.map(scheduler => whyNot(master, scheduler)));
  assert.equal(reserved[0].reason, 'NOTHING_AVAILABLE');
});

test('a module that is not there, or is of another kind, keeps the master from starting', async t => {
  await assert.rejects(
    startRunningMaster(t, '--allocator=none'),
    /No allocator module named 'none' available, which --allocator asks for/,
  );
  const [, , modules = ''] = moduleFlags(t, '');
  const broken = modules.replace('"chooser"', '"other"');
  await assert.rejects(startRunningMaster(t, '--allocator=other', broken), /has no module 'other'/);
});
