/** `--acls` on a whole master: what views and event streams show, and what frameworks and agents may do. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { principalHeader } from '@meseta/daemon/testing';
import { HttpClient } from '@meseta/process';
import { type MasterCall, type MasterEvent, RecordDecoder } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { executor, sleep, task } from './testing/accept-stage.ts';
import { any, askAs, callAs, names, p, startWithAcls } from './testing/acls.ts';
import { ask, registerAgent } from './testing/running-master.ts';
import { SimulatedAgent, scalar } from './testing/simulated-agent.ts';
import { TestScheduler } from './testing/test-scheduler.ts';

/** Two frameworks of two users with a task each, of which `p` may see those of alice and role web. */
async function twoUsers(t: TestContext) {
  const users = names('alice');
  const master = await startWithAcls(t, {
    permissive: false,
    register_agents: [{ principals: any, agents: any }],
    register_frameworks: [{ principals: any, roles: any }],
    run_tasks: [{ principals: any, users: any }],
    view_frameworks: [{ principals: names('p', 'framework'), users }],
    view_tasks: [{ principals: p, users }],
    view_executors: [{ principals: p, users }],
    view_roles: [{ principals: p, roles: names('web') }],
  });
  await registerAgent(t, master);
  const run = async (user: string, role: string) => {
    const scheduler = await TestScheduler.start(t, master.address, { user, roles: [role], principal: user });
    const offer = await scheduler.nextOffer();
    const custom = executor({ executor_id: { value: `executor-of-${user}` } });
    const launched = task(offer, `task-of-${user}`, { executor: custom });
    const operations = [{ type: 'LAUNCH' as const, launch: { task_infos: [launched] } }];
    await scheduler.call({ type: 'ACCEPT', accept: { offer_ids: [offer.id], operations } });
    return scheduler;
  };
  const alice = await run('alice', 'web');
  const bob = await run('bob', 'ads');
  return { master, alice, bob };
}

const views: readonly string[] = ['/state', '/frameworks', '/tasks', '/state-summary', '/roles', '/weights'];
const callViews: readonly MasterCall['type'][] = [
  'GET_STATE',
  'GET_FRAMEWORKS',
  'GET_TASKS',
  'GET_EXECUTORS',
  'GET_ROLES',
];

test('every view shows what may be seen, and only that', async t => {
  const { master, alice, bob } = await twoUsers(t);
  const secrets = ['task-of-bob', 'executor-of-bob', bob.frameworkId, '"ads"'];
  const texts = async (who: string | undefined) => {
    const all: [string | undefined, string][] = [];
    for (const path of views) all.push([path, (await askAs(who, master, path)).text]);
    for (const type of callViews) if (type) all.push([type, (await callAs(who, master, { type })).text]);
    return all;
  };
  await eventually('the task', async () => (await askAs('p', master, '/tasks')).text.includes('task-of-alice'));
  for (const [name, text] of await texts('p')) {
    for (const secret of secrets) assert.ok(!text.includes(secret), `${name} shows ${secret}: ${text}`);
  }
  const shown = (await texts('p')).map(([, text]) => text).join('');
  for (const own of ['task-of-alice', 'executor-of-alice', alice.frameworkId, '"web"'])
    assert.ok(shown.includes(own), own);
  for (const [name, text] of [...(await texts('q')), ...(await texts(undefined))]) {
    for (const each of [...secrets, 'task-of-alice', 'executor-of-alice', alice.frameworkId, '"web"']) {
      assert.ok(!text.includes(each), `${name} shows ${each}`);
    }
  }
  const frameworksOnly = (await askAs('framework', master, '/state')).text;
  assert.ok(frameworksOnly.includes(alice.frameworkId) && !frameworksOnly.includes('task-of'));
});

test('quotas, maintenance and reserved resources are for those who may see them', async t => {
  const master = await startWithAcls(t, {
    permissive: false,
    register_agents: [{ principals: any, agents: any }],
    reserve_resources: [{ principals: any, roles: any }],
    update_quotas: [{ principals: any, roles: any }],
    update_weights: [{ principals: any, roles: any }],
    update_maintenance_schedules: [{ principals: any, machines: any }],
    view_roles: [{ principals: p, roles: names('web') }],
    get_quotas: [{ principals: p, roles: names('web') }],
    get_maintenance_schedules: [{ principals: p, machines: any }],
    get_maintenance_statuses: [{ principals: p, machines: any }],
  });
  const resources = ['web', 'ads'].map(role => ({ ...scalar(`cpus`, 2), role }));
  const agent = await SimulatedAgent.start({ master: master.address, resources });
  t.after(() => agent.stop());
  await agent.register();
  const quota_configs = ['web', 'ads'].map(role => ({ role, limits: { cpus: { value: 100 } } }));
  const machine = { hostname: 'under-maintenance', ip: '10.0.0.9' };
  const windows = [{ machine_ids: [machine], unavailability: { start: { nanoseconds: 1 } } }];
  const sets: readonly MasterCall[] = [
    { type: 'UPDATE_QUOTA', update_quota: { quota_configs } },
    { type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: { windows } } },
  ];
  for (const message of sets) assert.equal((await callAs('p', master, message)).status, 200);
  const weights = ['web', 'ads'].map(role => ({ role, weight: 3 }));
  assert.equal((await askAs('p', master, '/weights', 'PUT', JSON.stringify(weights))).status, 200);
  const paths = [
    ...['/slaves', '/quota', '/maintenance/schedule', '/maintenance/status', '/state', '/weights'],
    '/registrar(1)/registry',
  ];
  const types = ['GET_AGENTS', 'GET_QUOTA', 'GET_MAINTENANCE_SCHEDULE', 'GET_MAINTENANCE_STATUS', 'GET_STATE'] as const;
  const shown = async (who: string) => {
    const answers = [
      ...(await Promise.all(paths.map(path => askAs(who, master, path)))),
      ...(await Promise.all(types.map(type => callAs(who, master, { type })))),
    ];
    for (const { status } of answers) assert.equal(status, 200);
    return answers.map(({ text }) => text).join('\n');
  };
  const ofP = await shown('p');
  assert.match(ofP, /"web"/);
  assert.match(ofP, /under-maintenance/);
  assert.doesNotMatch(ofP, /"ads"/);
  const registry = JSON.parse((await askAs('p', master, '/registrar(1)/registry')).text) as Record<string, unknown>;
  assert.deepEqual(registry.weights, [{ info: { role: 'web', weight: 3 } }]);
  assert.deepEqual(registry.schedules, [{ windows }]);
  assert.doesNotMatch(await shown('q'), /"ads"|"web"|under-maintenance/);
});

test('event streams carry what may be seen, and only that', async t => {
  const master = await startWithAcls(t, {
    permissive: false,
    register_frameworks: [{ principals: any, roles: any }],
    view_frameworks: [{ principals: p, users: names('alice') }],
  });
  const events = async (who: string) => {
    const client = new HttpClient(`http://${master.address}`);
    t.after(() => client.close());
    const headers = { 'content-type': 'application/json', [principalHeader]: who };
    const { body } = await client.request('POST', '/api/v1', { headers, body: '{"type":"SUBSCRIBE"}' });
    const seen: MasterEvent[] = [];
    void (async () => {
      const decoder = new RecordDecoder();
      for await (const piece of body) {
        for (const record of decoder.push(Buffer.from(piece))) seen.push(JSON.parse(record.toString()));
      }
    })().catch(() => undefined);
    return seen;
  };
  const all = [await events('p'), await events('p'), await events('q')];
  await TestScheduler.start(t, master.address, { user: 'bob', name: 'of-bob' });
  await TestScheduler.start(t, master.address, { user: 'alice', name: 'of-alice' });
  const ofP = () => all.slice(0, 2).map(each => JSON.stringify(each));
  await eventually('the event', () => ofP().every(text => /FRAMEWORK_ADDED.*of-alice/.test(text)));
  for (const text of ofP()) assert.doesNotMatch(text, /of-bob/);
  const types = all[2]?.map(({ type }) => type);
  assert.deepEqual(new Set(types), new Set(['SUBSCRIBED', 'HEARTBEAT']));
});

test('a framework needs the permission for all of its roles, by its own principal', async t => {
  const acls = {
    permissive: false,
    register_frameworks: [{ principals: names('web'), roles: names('web', 'web/%') }],
  };
  const master = await startWithAcls(t, acls);
  const refused = async (info: object) => {
    const scheduler = await TestScheduler.subscribe(t, master.address, info);
    const { error } = await scheduler.next('ERROR');
    await scheduler.end();
    return error?.message;
  };
  assert.equal(await refused({ roles: ['web'], principal: 'other' }), "Not authorized to use roles '{ web }'");
  assert.equal(await refused({ roles: ['web'] }), "Not authorized to use roles '{ web }'");
  assert.equal(
    await refused({ roles: ['web', 'ads'], principal: 'web' }),
    "Not authorized to use roles '{ ads, web }'",
  );
  const allowed = await TestScheduler.start(t, master.address, { roles: ['web', 'web/front'], principal: 'web' });
  const update = (roles: string[]) => {
    const info = { user: 'nobody', name: 'test', id: { value: allowed.frameworkId }, principal: 'web', roles };
    const capabilities = (['PARTITION_AWARE', 'MULTI_ROLE', 'RESERVATION_REFINEMENT'] as const).map(type => ({ type }));
    const framework_info = { ...info, capabilities };
    return allowed.call({ type: 'UPDATE_FRAMEWORK', update_framework: { framework_info } });
  };
  const { status, body } = await update(['ads']);
  assert.deepEqual([status, body.includes("Not authorized to use roles '{ ads }'")], [403, true]);
  assert.equal((await update(['web/back'])).status, 200);
});

test('tasks run as users that their framework may use', async t => {
  const master = await startWithAcls(t, {
    permissive: false,
    register_agents: [{ principals: any, agents: any }],
    register_frameworks: [{ principals: any, roles: any }],
    run_tasks: [{ principals: names('web'), users: names('alice') }],
  });
  await registerAgent(t, master);
  const scheduler = await TestScheduler.start(t, master.address, { principal: 'web', user: 'root' });
  const offer = await scheduler.nextOffer();
  const of = (id: string, user?: string) =>
    task(offer, id, { command: { ...sleep, ...(user !== undefined && { user }) } });
  const task_infos = [of('as-alice', 'alice'), of('as-root', 'root'), of('as-framework')];
  const accept = { offer_ids: [offer.id], operations: [{ type: 'LAUNCH' as const, launch: { task_infos } }] };
  await scheduler.call({ type: 'ACCEPT', accept });
  for (const id of ['as-root', 'as-framework']) {
    const { task_id, state, reason, message, source } = await scheduler.nextStatus();
    assert.deepEqual(
      [task_id.value, state, reason, source],
      [id, 'TASK_ERROR', 'REASON_TASK_UNAUTHORIZED', 'SOURCE_MASTER'],
    );
    assert.equal(message, "Not authorized to launch as user 'root'");
  }
});

test('an agent that may not join, or not with what it has reserved, is ignored', async t => {
  const master = await startWithAcls(t, {
    permissive: false,
    register_agents: [{ principals: any, agents: any }],
    reserve_resources: [{ principals: any, roles: names('web') }],
  });
  const refused = await SimulatedAgent.start({
    master: master.address,
    resources: [{ ...scalar('cpus', 1), role: 'ads' }],
  });
  t.after(() => refused.stop());
  void refused.register().catch(() => undefined);
  const accepted = await SimulatedAgent.start({
    master: master.address,
    resources: [{ ...scalar('cpus', 1), role: 'web' }],
  });
  t.after(() => accepted.stop());
  await accepted.register();
  assert.equal(refused.id, undefined);
  const { slaves } = JSON.parse((await ask(master, '/state')).text) as { slaves: { id: string }[] };
  assert.deepEqual(
    slaves.map(({ id }) => id),
    [accepted.id],
  );
});
