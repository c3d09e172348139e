/** `/unoffered`: why agents are not offered to frameworks, as operators see it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Filters, jsonPieces, unfiltered } from '@meseta/daemon';
import { parseQuantities } from '@meseta/resources/testing';
import { eventually, FakeClock } from '@meseta/system/testing';
import type { Allocation } from '../allocation.ts';
import type { Refusal } from '../allocator/index.ts';
import type { RunningMaster } from '../main.ts';
import { ask, registerAgent, startRunningMaster } from '../testing/running-master.ts';
import { startSchedulingMaster } from '../testing/scheduling-master.ts';
import { TestScheduler } from '../testing/test-scheduler.ts';
import { unofferedView } from '../views/index.ts';

interface View {
  readonly frameworks: readonly {
    readonly id: string;
    readonly name: string;
    readonly roles: readonly { readonly name: string; readonly agents: readonly AgentView[] }[];
  }[];
}

interface AgentView {
  readonly agent_id: string;
  readonly hostname: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a client parses
  readonly refusals: readonly any[];
}

async function view(master: RunningMaster, query: Record<string, string> = {}): Promise<View> {
  const { status, text } = await ask(master, `/unoffered?${new URLSearchParams(query)}`);
  assert.equal(status, 200, text);
  return JSON.parse(text);
}

/** The refusals of the only agent, for a framework in one role. */
async function refusals(master: RunningMaster, scheduler: TestScheduler, query: Record<string, string> = {}) {
  const { frameworks } = await view(master, { framework_id: scheduler.frameworkId, ...query });
  assert.equal(frameworks.length, 1);
  return frameworks[0]?.roles[0]?.agents[0]?.refusals ?? assert.fail('there is no agent');
}

test('who holds an agent in which offer, until when; then a filter, suppressed offers, and a role of others', async t => {
  const master = await startRunningMaster(t, '--offer_timeout=60secs', '--allocation_interval=50ms');
  const first = await TestScheduler.start(t, master.address, { name: 'first' });
  const agent = await registerAgent(t, master);
  const offer = await first.nextOffer();
  const second = await TestScheduler.start(t, master.address, { name: 'second' });

  const [held] = await refusals(master, second);
  assert.equal(held.reason, 'NOTHING_AVAILABLE');
  assert.equal(held.held.length, 1);
  const { framework_id, offers, resources } = held.held[0];
  assert.equal(framework_id, first.frameworkId);
  assert.deepEqual([offers.length, offers[0].id], [1, offer.id.value]);
  assert.deepEqual(offers[0].resources, resources);
  assert.ok(offers[0].left_seconds > 0 && offers[0].left_seconds <= 60, `${offers[0].left_seconds} seconds left`);
  assert.match(
    held.message,
    new RegExp(
      `Framework ${first.frameworkId} holds cpus:\\S+\\. Of that, cpus:\\S+ is in the offer ${offer.id.value}, which ends in`,
    ),
  );

  await second.call({ type: 'SUPPRESS' });
  assert.deepEqual(
    (await refusals(master, second)).map(({ reason }) => reason),
    ['SUPPRESSED'],
  );
  assert.deepEqual((await refusals(master, second, { role: 'other' }))[0], {
    reason: 'NOT_SUBSCRIBED',
    message: 'The framework is not subscribed to the role. Its roles: *.',
    roles: ['*'],
  });

  await first.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], filters: { refuse_seconds: 1000 } } });
  await eventually('the filter', async () => (await refusals(master, first))[0]?.reason === 'FILTERED');
  const [filtered] = await refusals(master, first);
  assert.ok(filtered.left_seconds > 900 && filtered.left_seconds <= 1000, `${filtered.left_seconds} seconds left`);
  assert.match(filtered.message, /REVIVE/);

  const all = await view(master);
  assert.deepEqual(
    all.frameworks.map(({ name, roles }) => [name, roles[0]?.agents[0]?.agent_id]),
    [first, second].map((_, index) => [['first', 'second'][index], agent.id]),
  );
  assert.deepEqual((await view(master, { framework_id: 'none' })).frameworks, []);
  assert.deepEqual((await view(master, { agent_id: 'none' })).frameworks[0]?.roles[0]?.agents, []);
});

const limits = parseQuantities('cpus:1');
const every: readonly { refusal: Refusal; details: object; message: RegExp }[] = [
  ...(['FRAMEWORK_INACTIVE', 'SUPPRESSED', 'AGENT_INACTIVE', 'NOT_WHITELISTED', 'OFFER_CONSTRAINTS'] as const).map(
    reason => ({ refusal: { reason }, details: {}, message: /^The /i }),
  ),
  {
    refusal: {
      reason: 'TOO_SMALL',
      shortfalls: [
        { minimum: parseQuantities('cpus:0.01'), missing: parseQuantities('cpus:0.006') },
        { minimum: parseQuantities('mem:32'), missing: parseQuantities('mem:12') },
      ],
    },
    details: {
      shortfalls: [
        { minimum: { cpus: 0.01 }, missing: { cpus: 0.006 } },
        { minimum: { mem: 32 }, missing: { mem: 12 } },
      ],
    },
    message: /cpus:0\.006 or mem:12 more/,
  },
  {
    refusal: { reason: 'QUOTA', role: 'top', limits, consumed: limits },
    details: { role: 'top', limits: { cpus: 1 }, consumed: { cpus: 1 } },
    message: /role 'top' .* Limits: cpus:1; consumed: cpus:1\.$/,
  },
  { refusal: { reason: 'FILTERED', leftMs: 1001 }, details: { left_seconds: 2 }, message: /for 2s more/ },
];

/** The view of a cluster whose allocator answers with these refusals for an agent, of one who sees what `see` says. */
async function viewOf(t: TestContext, answers: (ids: string[]) => readonly Refusal[], see: (ids: string[]) => Sees) {
  const { context, address, agent, grantAll } = await startSchedulingMaster(t, { clock: new FakeClock() });
  const { id: agentId = '' } = await agent();
  const holder = await TestScheduler.start(t, address, { name: 'holder', roles: ['top/below'] });
  const asking = await TestScheduler.start(t, address, { name: 'asking', roles: ['web'] });
  grantAll(holder.frameworkId, agentId, 'top/below');
  const ids = [holder.frameworkId, asking.frameworkId];
  const allocation: Partial<Allocation> = { explainer: () => () => [...answers(ids)] };
  const made = unofferedView({ ...context, allocation: allocation as Allocation }, see(ids), {});
  const { frameworks } = JSON.parse([...jsonPieces(made)].join('')) as View;
  return { frameworks, ids };
}
type Sees = Filters<'VIEW_FRAMEWORK' | 'VIEW_ROLE'>;

test('every refusal has its details and a sentence', async t => {
  const { frameworks } = await viewOf(
    t,
    () => every.map(({ refusal }) => refusal),
    () => unfiltered,
  );
  const seen = frameworks[1]?.roles[0]?.agents[0]?.refusals ?? [];
  assert.equal(seen.length, every.length);
  for (const [index, { refusal, details, message: words }] of every.entries()) {
    const { reason, message, ...rest } = seen[index];
    assert.deepEqual([reason, rest], [refusal.reason, details]);
    assert.match(message, words);
  }
});

test('frameworks and roles that may not be seen are left out, also where they hold resources or have a quota', async t => {
  const held = (id: string | undefined): Refusal => ({
    reason: 'NOTHING_AVAILABLE',
    held: new Map([[id ?? '', limits]]),
    withheld: new Map(),
  });
  const { frameworks, ids } = await viewOf(
    t,
    ([holder]) => [
      held(holder),
      { reason: 'QUOTA', role: 'top', limits, consumed: limits },
      { reason: 'NOT_SUBSCRIBED', roles: ['web', 'top/below'] },
    ],
    ([, asking]) => ({
      VIEW_FRAMEWORK: ({ framework_info }) => framework_info.id?.value === asking,
      VIEW_ROLE: ({ value }) => value === 'web',
    }),
  );
  assert.deepEqual(
    frameworks.map(({ id, roles }) => [id, roles.map(({ name }) => name)]),
    [[ids[1], ['web']]],
  );
  const [nothing, quota, roles] = frameworks[0]?.roles[0]?.agents[0]?.refusals ?? [];
  assert.deepEqual(nothing.held, [{ resources: { cpus: 1 }, offers: [] }]);
  assert.deepEqual(Object.keys(quota), ['reason', 'message']);
  assert.deepEqual(roles.roles, ['web']);
  assert.ok(!JSON.stringify(frameworks).includes(`${ids[0]}`), 'the holder is not named');
  assert.ok(!JSON.stringify(frameworks).includes('top'), 'its role is not named');
});
