/** The answers of `/allocation/explain` and `/allocation/offers`: their form, mistakes in questions, and what is hidden. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { any, askAs, callAs, names, p, startWithAcls } from '../testing/acls.ts';
import { explain, maintenance, scalar, unreserved } from '../testing/explanations.ts';
import { ask, registerAgent, startRunningMaster } from '../testing/running-master.ts';
import type { SimulatedAgent } from '../testing/simulated-agent.ts';
import { TestScheduler } from '../testing/test-scheduler.ts';

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
