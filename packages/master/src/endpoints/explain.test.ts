/** `/allocation/explain` and `/allocation/offers`: each reason, produced by a master with schedulers and agents. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ExecutorInfo, FrameworkInfo, FrameworkInfoCapabilityType, MasterCall, Resource } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import type { RunningMaster } from '../main.ts';
import { any, askAs, callAs, names, p, startWithAcls } from '../testing/acls.ts';
import { ask, registerAgent, startRunningMaster } from '../testing/running-master.ts';
import type { SimulatedAgent, SimulatedAgentOptions } from '../testing/simulated-agent.ts';
import { TestScheduler } from '../testing/test-scheduler.ts';

interface GroupView {
  readonly reason: string;
  readonly blocks: boolean;
  readonly text: string;
  readonly advice: string;
  readonly agents: number;
  readonly only: number;
  readonly causes: readonly { readonly text: string; readonly agents: number }[];
  readonly examples: readonly { readonly agent_id: string; readonly hostname: string; readonly text: string }[];
  readonly agent_ids?: readonly string[];
}
interface View {
  readonly framework_id: string;
  readonly agents: number;
  readonly roles: readonly {
    readonly role: string;
    readonly offerable: number;
    readonly groups: readonly GroupView[];
  }[];
  // biome-ignore lint/suspicious/noExplicitAny: what a client parses
  readonly list?: { readonly matched: number; readonly agents: readonly any[] };
}

const scalar = (name: string, value: number, more: Partial<Resource> = {}): Resource => ({
  ...{ name, type: 'SCALAR', scalar: { value } },
  ...more,
});
const unreserved = [scalar('cpus', 4), scalar('mem', 4096), scalar('disk', 4096)];
const capabilities = (...types: FrameworkInfoCapabilityType[]) => types.map(type => ({ type }));

const executorOf = ({ id }: FrameworkInfo): ExecutorInfo => ({
  executor_id: { value: 'executor' },
  command: { value: 'true' },
  ...(id && { framework_id: id }),
});

async function explain(master: RunningMaster, id: string, query: Record<string, string> = {}): Promise<View> {
  const path = `/allocation/explain?${new URLSearchParams({ framework_id: id, ...query })}`;
  const { status, text } = await ask(master, path);
  assert.equal(status, 200, text);
  return JSON.parse(text);
}

async function call(master: RunningMaster, message: MasterCall): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const { status, text } = await ask(master, '/api/v1', { method: 'POST', headers, body: JSON.stringify(message) });
  assert.ok(status === 200 || status === 202, text);
}

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
const maintenance = (hostname: string): MasterCall => ({
  type: 'UPDATE_MAINTENANCE_SCHEDULE',
  update_maintenance_schedule: {
    schedule: {
      windows: [
        {
          machine_ids: [{ hostname, ip: '127.0.0.1' }],
          unavailability: { start: { nanoseconds: 4e18 }, duration: { nanoseconds: 3600e9 } },
        },
      ],
    },
  },
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
      await scheduler.call({ type: 'DECLINE', decline: { offer_ids: [id], filters: { refuse_seconds: 0 } } });
      await scheduler.call({ type: 'SUPPRESS' });
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

test('the reasons are grouped, those first that decide alone, with ids and agents on request', async t => {
  const master = await startRunningMaster(t, '--allocation_interval=20ms');
  const holder = await TestScheduler.start(t, master.address, { name: 'holder' });
  const small = [scalar('cpus', 1), scalar('mem', 64)];
  const agents: SimulatedAgent[] = [];
  for (const name of ['a', 'b', 'c']) agents.push(await registerAgent(t, master, { hostname: name }));
  agents.push(await registerAgent(t, master, { hostname: 'd', resources: small }));
  await eventually('all offers', () => holder.events.flatMap(({ offers }) => offers?.offers ?? []).length === 4);
  const { frameworkId } = await TestScheduler.start(t, master.address, { name: 'asking' });
  const view = await explain(master, frameworkId, {
    cpus: '2',
    mem: '32',
    ids: 'true',
    limit: '2',
    offset: '1',
    reason: 'HELD',
  });
  assert.equal(view.agents, 4);
  const groups = view.roles[0]?.groups ?? [];
  assert.deepEqual(
    groups.map(({ reason, agents, only }) => [reason, agents, only]),
    [
      ['HELD', 4, 3],
      ['AGENT_TOO_SMALL', 1, 0],
    ],
  );
  assert.deepEqual(groups[0]?.causes, [{ text: `framework 'holder' (${holder.frameworkId})`, agents: 4 }]);
  assert.equal(groups[0]?.examples.length, 3);
  assert.deepEqual(
    groups[0]?.agent_ids,
    agents.map(({ id }) => id),
  );
  assert.equal(view.list?.matched, 4);
  assert.deepEqual(
    view.list?.agents.map(({ agent_id }) => agent_id),
    agents.slice(1, 3).map(({ id }) => id),
  );
  const [first] = view.list?.agents[0].reasons ?? [];
  assert.deepEqual([first.reason, first.role, first.blocks, first.missing], ['HELD', '*', true, { cpus: 2, mem: 32 }]);
  const one = await explain(master, frameworkId, { agent_id: agents[3]?.id ?? '', limit: '10' });
  assert.deepEqual([one.agents, one.list?.agents.length], [1, 1]);
  assert.equal((await explain(master, frameworkId, { limit: '10', reason: 'NONE' })).list?.matched, 0);
});

const wrong: readonly { query: string; status: number; says: RegExp }[] = [
  { query: '', status: 400, says: /'framework_id' is missing/ },
  { query: 'framework_id=none', status: 404, says: /no framework 'none'/ },
  { query: 'framework_id=ID&cpu=1', status: 400, says: /no parameter 'cpu'; allowed: framework_id, role, cpus/ },
  { query: 'framework_id=ID&cpus=-1', status: 400, says: /'cpus' is '-1'; allowed: a number above 0/ },
  { query: 'framework_id=ID&mem=1GB', status: 400, says: /'mem' is '1GB'; allowed: a number above 0/ },
  { query: 'framework_id=ID&mem=NaN', status: 400, says: /'mem'/ },
  { query: 'framework_id=ID&cpus=1&cpus=2', status: 400, says: /'cpus' is given twice/ },
  { query: 'framework_id=ID&cpus=1&resources=cpus:2', status: 400, says: /'resources' names cpus/ },
  { query: 'framework_id=ID&resources=cpus', status: 400, says: /'resources' cannot be read.*licenses:2/ },
  { query: 'framework_id=ID&resources=a:1|b:2', status: 400, says: /'resources' is 'a:1\|b:2'; allowed/ },
  {
    query: `framework_id=ID&resources=${Array.from({ length: 21 }, (_, index) => `r${index}:1`).join(';')}`,
    ...{ status: 400, says: /'resources' has too many; allowed: at most 20 names/ },
  },
  { query: 'framework_id=ID&role=/x', status: 400, says: /'role' is no role/ },
  { query: 'framework_id=ID&ids=1', status: 400, says: /'ids' is '1'; allowed: true or false/ },
  {
    query: 'framework_id=ID&limit=1001',
    status: 400,
    says: /'limit' is '1001'; allowed: a whole number from 0 to 1000/,
  },
  { query: 'framework_id=ID&offset=x', status: 400, says: /'offset' is 'x'/ },
  { query: 'framework_id=ID&reason=toString', status: 400, says: /'reason' is 'toString'; allowed: NONE, .*HELD/ },
  { query: 'framework_id=ID&agent_id=none', status: 404, says: /no agent 'none'/ },
];

test('wrong parameters are named, with what is allowed', async t => {
  const master = await startRunningMaster(t);
  const { frameworkId } = await TestScheduler.start(t, master.address);
  for (const { query, status, says } of wrong) {
    const answer = await ask(master, `/allocation/explain?${query.replace('ID', frameworkId)}`);
    assert.equal(answer.status, status, `${query}: ${answer.text}`);
    assert.match(answer.text, says);
  }
});

test('many ask at once, and who is refused makes room for others', async t => {
  const master = await startRunningMaster(t);
  const { frameworkId } = await TestScheduler.start(t, master.address);
  const ids = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 'none' : frameworkId));
  const answers = await Promise.all(ids.map(id => ask(master, `/allocation/explain?framework_id=${id}`)));
  assert.deepEqual(
    answers.map(({ status }) => status),
    ids.map(id => (id === 'none' ? 404 : 200)),
  );
});

test('what may not be seen is not named: frameworks, roles, quotas, reservations, maintenance', async t => {
  const master = await startWithAcls(t, {
    permissive: false,
    register_frameworks: [{ principals: any, roles: any }],
    register_agents: [{ principals: any, agents: any }],
    reserve_resources: [{ principals: any, roles: any }],
    update_maintenance_schedules: [{ principals: p, machines: any }],
    view_frameworks: [
      { principals: p, users: any },
      { principals: names('q'), users: names('nobody') },
    ],
    view_roles: [
      { principals: p, roles: any },
      { principals: names('q'), roles: names('*') },
    ],
    get_maintenance_schedules: [{ principals: p, machines: any }],
  });
  const secret = await TestScheduler.start(t, master.address, {
    name: 'secret-one',
    user: 'somebody',
    roles: ['hidden'],
  });
  const resources = [...unreserved, scalar('cpus', 8, { reservations: [{ type: 'STATIC', role: 'hidden' }] })];
  await registerAgent(t, master, { resources, hostname: 'web1' });
  await secret.nextOffer();
  assert.equal((await callAs('p', master, maintenance('web1'))).status, 200);
  const { frameworkId } = await TestScheduler.start(t, master.address, { name: 'asking', roles: ['*', 'hidden'] });
  const path = `/allocation/explain?framework_id=${frameworkId}&cpus=8&limit=10`;
  const ofP = await eventually('the offer', async () => {
    const { text } = await askAs('p', master, path);
    return /secret-one/.test(text) ? text : undefined;
  });
  assert.match(ofP, /role 'hidden'/);
  assert.match(ofP, /MAINTENANCE/);
  const ofQ = (await askAs('q', master, path)).text;
  assert.match(ofQ, /Reserved for another role: cpus:8/);
  assert.match(ofQ, /Another framework holds/);
  assert.doesNotMatch(ofQ, /hidden|secret-one|MAINTENANCE|somebody/);
  assert.ok(!ofQ.includes(secret.frameworkId));
  assert.equal((await askAs('q', master, `${path}&role=hidden`)).status, 403);
  assert.equal((await askAs('q', master, `/allocation/explain?framework_id=${secret.frameworkId}`)).status, 404);
  assert.match((await askAs('p', master, '/allocation/offers')).text, /secret-one/);
  assert.equal((await askAs('q', master, '/allocation/offers')).text, '{"total":0,"offers":[]}');
});

test('offers are shown with their holders, the oldest first', async t => {
  const master = await startRunningMaster(t, '--offer_timeout=600secs', '--allocation_interval=20ms');
  const { frameworkId } = await TestScheduler.start(t, master.address, { name: 'holder' });
  const agents = [await registerAgent(t, master, { hostname: 'a' }), await registerAgent(t, master, { hostname: 'b' })];
  const view = await eventually('two offers', async () => {
    const made = JSON.parse((await ask(master, '/allocation/offers')).text);
    return made.total === 2 ? made : undefined;
  });
  assert.deepEqual(
    new Set(view.offers.map((offer: { agent_id: string }) => offer.agent_id)),
    new Set(agents.map(({ id }) => id)),
  );
  const { id, held_seconds, left_seconds, ...offer } = view.offers.find(
    (each: { hostname: string }) => each.hostname === 'a',
  );
  assert.match(id, /-O\d+$/);
  assert.ok(held_seconds >= 0 && left_seconds <= 600, `${held_seconds} ${left_seconds}`);
  assert.deepEqual(offer, {
    ...{ framework_id: frameworkId, framework_name: 'holder', agent_id: agents[0]?.id, hostname: 'a', role: '*' },
    resources: { cpus: 4, disk: 4096, mem: 4096 },
  });
});
