/** `/allocation/explain`: each reason, produced by a master with schedulers and agents. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ExecutorInfo, FrameworkInfo, FrameworkInfoCapabilityType, MasterCall } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import type { RunningMaster } from '../main.ts';
import { call, explain, maintenance, scalar, unreserved } from '../testing/explanations.ts';
import { registerAgent, startRunningMaster } from '../testing/running-master.ts';
import type { SimulatedAgent, SimulatedAgentOptions } from '../testing/simulated-agent.ts';
import { TestScheduler } from '../testing/test-scheduler.ts';

const executorOf = ({ id }: FrameworkInfo): ExecutorInfo => ({
  executor_id: { value: 'executor' },
  command: { value: 'true' },
  ...(id && { framework_id: id }),
});
const capabilities = (...types: FrameworkInfoCapabilityType[]) => types.map(type => ({ type }));

interface Scene {
  readonly t: TestContext;
  readonly master: RunningMaster;
  readonly scheduler: TestScheduler;
  readonly agent: SimulatedAgent;
}

interface Case {
  readonly reason: string;
  /** What an example says. */
  readonly says: RegExp;
  readonly flags?: readonly string[];
  readonly agent?: Partial<SimulatedAgentOptions>;
  readonly info?: Partial<FrameworkInfo>;
  readonly subscribe?: object;
  readonly query?: Record<string, string>;
  /** Before the framework subscribes. */
  readonly before?: (scene: Pick<Scene, 't' | 'master' | 'agent'>) => Promise<unknown>;
  readonly afterwards?: (scene: Scene) => Promise<unknown>;
  /** It does not keep the agent from being offered. */
  readonly isNote?: true;
}

const declined = async ({ scheduler }: Scene) => {
  const offer = await scheduler.nextOffer();
  await scheduler.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], filters: { refuse_seconds: 1000 } } });
};
const suppressed = { suppressed_roles: ['*'] };
const quota = (role: string, config: object): MasterCall => ({
  type: 'UPDATE_QUOTA',
  update_quota: { force: true, quota_configs: [{ role, ...config }] },
});
const agentOf = ({ agent }: Pick<Scene, 'agent'>) => ({ agent_id: { value: agent.id ?? '' } });

const cases: readonly Case[] = [
  {
    reason: 'FRAMEWORK_DISCONNECTED',
    says: /^$/,
    info: { failover_timeout: 1000 },
    afterwards: async ({ scheduler }) => scheduler.close(),
  },
  { reason: 'SUPPRESSED', says: /^$/, subscribe: suppressed },
  { reason: 'NOT_SUBSCRIBED', says: /Its roles: \*\./, query: { role: 'other' } },
  {
    reason: 'NO_GPU_CAPABILITY',
    says: /^$/,
    agent: { resources: [...unreserved, scalar('gpus', 2)] },
  },
  {
    reason: 'NOT_REGION_AWARE',
    says: /The agent is in region 'far', the master in 'here'/,
    flags: ['--domain={"fault_domain": {"region": {"name": "here"}, "zone": {"name": "z"}}}'],
    agent: { describes: { domain: { fault_domain: { region: { name: 'far' }, zone: { name: 'z' } } } } },
  },
  { reason: 'AGENT_NOT_MULTI_ROLE', says: /^$/, agent: { isOld: true } },
  {
    reason: 'AGENT_NOT_HIERARCHICAL',
    says: /^$/,
    agent: { isOld: true },
    info: { role: 'a/b', roles: [], capabilities: capabilities('RESERVATION_REFINEMENT') },
  },
  {
    reason: 'OFFER_CONSTRAINTS',
    says: /Not so here: rack is 'r7'\./,
    agent: { describes: { attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r1' } }] } },
    subscribe: {
      offer_constraints: {
        role_constraints: {
          '*': {
            groups: [
              {
                attribute_constraints: [
                  { selector: { attribute_name: 'rack' }, predicate: { text_equals: { value: 'r7' } } },
                ],
              },
            ],
          },
        },
      },
    },
  },
  {
    reason: 'RESERVED',
    says: /Short by cpus:3\. Reserved for role 'web': cpus:4\./,
    agent: {
      resources: [
        scalar('cpus', 1),
        scalar('cpus', 4, { reservations: [{ type: 'STATIC', role: 'web' }] }),
        scalar('mem', 4096),
      ],
    },
    query: { cpus: '4' },
    afterwards: async ({ scheduler }) => {
      const { id } = await scheduler.nextOffer();
      await scheduler.call({ type: 'SUPPRESS' }); // first: or another offer may come between the two
      await scheduler.call({ type: 'DECLINE', decline: { offer_ids: [id], filters: { refuse_seconds: 0 } } });
    },
  },
  {
    reason: 'NO_REFINEMENT_CAPABILITY',
    says: /Kept from it: cpus:4\./,
    info: { roles: ['web/api'], capabilities: capabilities('MULTI_ROLE') },
    agent: {
      resources: [
        scalar('cpus', 4, {
          reservations: [
            { type: 'STATIC', role: 'web' },
            { type: 'DYNAMIC', role: 'web/api' },
          ],
        }),
      ],
    },
  },
  {
    reason: 'NO_SHARED_CAPABILITY',
    says: /Kept from it: disk:64\./,
    info: { roles: ['web'], capabilities: capabilities('MULTI_ROLE') },
    agent: {
      resources: [
        scalar('disk', 64, {
          reservations: [{ type: 'DYNAMIC', role: 'web' }],
          disk: { persistence: { id: 'v' }, volume: { mode: 'RW', container_path: 'v' } },
          shared: {},
        }),
      ],
    },
  },
  {
    reason: 'HELD',
    says: /Framework 'first' \(\S+\) holds cpus:4;disk:4096;mem:4096\. Of that, .* is in offer \S+, which it has had for .*, and ends in/,
    flags: ['--offer_timeout=600secs'],
    before: async ({ t, master }) => {
      const first = await TestScheduler.start(t, master.address, { name: 'first' });
      await first.nextOffer();
    },
  },
  {
    reason: 'AGENT_TOO_SMALL',
    says: /Short by cpus:12\..* The agent has cpus:4;disk:4096;mem:4096/,
    query: { cpus: '16' },
  },
  {
    reason: 'TOO_SMALL',
    says: /cpus:0\.006 or mem:31 more would be enough for an offer/,
    agent: { resources: [scalar('cpus', 0.004), scalar('mem', 1)] },
  },
  {
    reason: 'QUOTA_LIMIT',
    says: /Short by cpus:1\. Role 'web': limits cpus:1;mem:64; consumed nothing\./,
    info: { roles: ['web'] },
    query: { cpus: '2' },
    subscribe: { suppressed_roles: ['web'] },
    afterwards: ({ master }) => call(master, quota('web', { limits: { cpus: { value: 1 }, mem: { value: 64 } } })),
  },
  {
    reason: 'QUOTA_HEADROOM',
    says: /Kept for role 'other': cpus:100;mem:1000000\./,
    before: ({ master }) => call(master, quota('other', { guarantees: { cpus: { value: 100 }, mem: { value: 1e6 } } })),
    agent: { resources: [scalar('cpus', 4), scalar('mem', 4096)] },
  },
  { reason: 'FILTERED', says: /For 16m\d+s more\./, afterwards: declined },
  {
    reason: 'AGENT_DRAINING',
    says: /^$/,
    afterwards: scene => call(scene.master, { type: 'DRAIN_AGENT', drain_agent: agentOf(scene) }),
  },
  {
    reason: 'AGENT_DEACTIVATED',
    says: /^$/,
    afterwards: scene => call(scene.master, { type: 'DEACTIVATE_AGENT', deactivate_agent: agentOf(scene) }),
  },
  {
    reason: 'AGENT_DISCONNECTED',
    says: /^$/,
    afterwards: async ({ agent }) => agent.stop(),
  },
  {
    reason: 'AGENT_UNREACHABLE',
    says: /^$/,
    flags: ['--agent_ping_timeout=1secs', '--max_agent_ping_timeouts=1'],
    afterwards: async ({ agent }) => {
      agent.pongs = false;
    },
  },
  {
    reason: 'MAINTENANCE',
    says: /^Away from 2096-10-02T07:06:40Z, for 1h\./,
    isNote: true,
    agent: { hostname: 'web1' },
    afterwards: ({ master }) => call(master, maintenance('web1')),
  },
];

for (const { reason, says, flags = [], agent: options, info, subscribe, query, before, afterwards, isNote } of cases) {
  test(`${reason} is named, with what belongs to it`, async t => {
    const master = await startRunningMaster(t, '--allocation_interval=20ms', ...flags);
    const agent = await registerAgent(t, master, options);
    await before?.({ t, master, agent });
    const scheduler = await TestScheduler.start(t, master.address, { name: 'asking', ...info }, subscribe);
    await afterwards?.({ t, master, agent, scheduler });
    const find = async () => (await explain(master, scheduler.frameworkId, query)).roles[0];
    const role = await eventually(reason, async () => {
      const found = await find();
      const example = found?.groups.find(group => group.reason === reason)?.examples[0];
      return example && says.test(example.text) ? found : undefined;
    }).catch(async error => assert.fail(`${error}\n${JSON.stringify(await find(), null, 1)}`));
    const group = role.groups.find(each => each.reason === reason);
    assert.ok(group);
    assert.equal(group.blocks, !isNote);
    assert.equal(group.agents, 1);
    assert.match(`${group.text}\n${group.advice}`, /^[A-Z].*\.\n[A-Z].*\.$/);
    if (!isNote) assert.equal(role.offerable, 0);
  });
}

test('NOT_WHITELISTED is named', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'whitelist-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'hosts');
  writeFileSync(file, 'web1\n');
  const master = await startRunningMaster(t, `--whitelist=${file}`);
  const { frameworkId } = await TestScheduler.start(t, master.address);
  await registerAgent(t, master, { hostname: 'web2' });
  const [role] = (await explain(master, frameworkId)).roles;
  assert.deepEqual(
    role?.groups.map(({ reason, agents }) => [reason, agents]),
    [['NOT_WHITELISTED', 1]],
  );
});

test('LOWER_SHARE names those who choose first', async t => {
  // The next allocation comes long after the questions: what is free stays free.
  const master = await startRunningMaster(t, '--allocation_interval=1hrs');
  const greedy = await TestScheduler.start(t, master.address, { name: 'greedy', roles: ['a'] });
  await registerAgent(t, master, { hostname: 'large' });
  await greedy.nextOffer();
  const modest = await TestScheduler.start(t, master.address, { name: 'modest', roles: ['b'] });
  const agent = await registerAgent(t, master, {
    hostname: 'small',
    resources: [scalar('cpus', 1), scalar('mem', 64)],
  });
  const { id } = await modest.nextOffer();
  await modest.call({ type: 'DECLINE', decline: { offer_ids: [id], filters: { refuse_seconds: 0 } } });
  const role = await eventually('the free agent', async () => {
    const query = { agent_id: agent.id ?? '' };
    const [found] = (await explain(master, greedy.frameworkId, query)).roles;
    return found?.offerable === 1 ? found : undefined;
  });
  const [group] = role.groups;
  assert.deepEqual([group?.reason, group?.blocks], ['LOWER_SHARE', false]);
  assert.match(
    group?.examples[0]?.text ?? '',
    /Before it: framework 'modest' \(\S+\) in role 'b', because its share is lower/,
  );
  assert.deepEqual((await explain(master, modest.frameworkId, { agent_id: agent.id ?? '' })).roles[0]?.groups, []);
});

test('AGENT_NOT_BACK, FRAMEWORK_NOT_BACK and RECOVERY_PAUSE are named after a change of master', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'registry-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const argv = [`--work_dir=${directory}`];
  const before = await startRunningMaster(t, ...argv);
  const agents: SimulatedAgent[] = [];
  for (const hostname of ['a', 'b', 'c']) agents.push(await registerAgent(t, before, { hostname }));
  await call(before, quota('web', { limits: { cpus: { value: 1 } } }));
  await before.stop();
  const master = await startRunningMaster(t, ...argv);
  const { frameworkId } = await TestScheduler.start(t, master.address, { name: 'asking', roles: ['web'] });
  const [first] = agents;
  first?.follow(master.address);
  const gone: FrameworkInfo = { user: 'nobody', name: 'gone', id: { value: 'earlier-0001' } };
  await first?.reregister({ frameworks: [gone], executors: [executorOf(gone)] });
  assert.ok(
    (await explain(master, 'earlier-0001')).roles[0]?.groups.some(group => group.reason === 'FRAMEWORK_NOT_BACK'),
  );
  const { roles } = await explain(master, frameworkId);
  assert.deepEqual(
    roles[0]?.groups.map(({ reason, agents }) => [reason, agents]),
    [
      ['AGENT_NOT_BACK', 2],
      ['RECOVERY_PAUSE', 1],
    ],
  );
});
