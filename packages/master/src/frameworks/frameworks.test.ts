import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  checkId,
  decode,
  type FrameworkInfo,
  type SchedulerCall,
  ShutdownFrameworkMessage,
  UpdateFrameworkMessage,
} from '@meseta/protocol';
import { eventually, FakeClock } from '@meseta/system/testing';
import { type SchedulingMaster, startSchedulingMaster } from '../testing/scheduling-master.ts';
import { scalar } from '../testing/simulated-agent.ts';
import { post, TestScheduler } from '../testing/test-scheduler.ts';
import { removeFramework } from './remove.ts';

const until = (condition: () => boolean) => eventually(String(condition), condition);

const frameworkOf = (master: SchedulingMaster, { frameworkId }: TestScheduler) => {
  const framework = master.context.cluster.frameworks.get(frameworkId);
  assert.ok(framework);
  return framework;
};

const multiRole = [{ type: 'MULTI_ROLE' as const }];

const refused: { name: string; info: Partial<FrameworkInfo>; message: string | RegExp; argv?: string[] }[] = [
  {
    name: 'a role that is none',
    info: { capabilities: multiRole, roles: ['a b'] },
    message:
      "'FrameworkInfo.roles' contains invalid role: Role component 'a b' is invalid because it contains backspace or whitespace",
  },
  {
    name: 'roles without the capability',
    info: { capabilities: [], roles: ['a'] },
    message: "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable",
  },
  {
    name: 'a role with the capability',
    info: { capabilities: multiRole, roles: [], role: 'a' },
    message: "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable",
  },
  {
    name: 'the same role twice',
    info: { capabilities: multiRole, roles: ['a', 'a'] },
    message: "'FrameworkInfo.roles' contains duplicate items: { a }",
  },
  { name: 'an id that is a path', info: { id: { value: 'a/b' } }, message: "'a/b' contains invalid characters" },
  {
    name: 'a time beyond all times',
    info: { failover_timeout: 1e10 },
    message: 'The framework failover_timeout (1e+10) is invalid',
  },
  {
    name: 'an offer filter about nothing',
    info: { offer_filters: { '*': { min_allocatable_resources: { quantities: [{}] } } } },
    message: 'Resource quantities must contain at least one quantity',
  },
  {
    name: 'a role that is not allowed',
    info: { capabilities: multiRole, roles: ['b'] },
    argv: ['--roles=a'],
    message: "Roles { b } are not present in the master's --roles",
  },
  {
    name: 'root where it may not',
    info: { user: 'root' },
    argv: ['--root_submissions=false'],
    message: "User 'root' is not allowed to run frameworks without --root_submissions set",
  },
];
for (const { name, info, message, argv = [] } of refused) {
  test(`${name} is an ERROR event, and the stream ends`, async t => {
    const master = await startSchedulingMaster(t, { argv });
    const scheduler = await TestScheduler.subscribe(t, master.address, info);
    const { error } = await scheduler.next('ERROR');
    if (typeof message === 'string') assert.equal(error?.message, message);
    else assert.match(error?.message ?? '', message);
    await scheduler.end();
    assert.equal(master.context.cluster.frameworks.size, 0);
  });
}

test('suppressed roles must be roles', async t => {
  const master = await startSchedulingMaster(t);
  const scheduler = await TestScheduler.subscribe(t, master.address, {}, { suppressed_roles: ['nope'] });
  const { error } = await scheduler.next('ERROR');
  assert.equal(error?.message, 'Suppressed roles { nope } are not contained in the set of roles');
});

test('the newest stream of a framework wins; offers of before are void', async t => {
  const master = await startSchedulingMaster(t);
  const agent = await master.agent();
  const old = await TestScheduler.start(t, master.address, { failover_timeout: 60 });
  master.grantAll(old.frameworkId, agent.id ?? '');
  await old.nextOffer();
  const id = { value: old.frameworkId };
  const next = await TestScheduler.start(t, master.address, { id, user: 'other', checkpoint: true });
  assert.equal(next.frameworkId, old.frameworkId);
  const { error } = await old.next('ERROR');
  assert.equal(error?.message, 'Framework failed over');
  await old.end();
  assert.ok(!old.events.some(({ type }) => type === 'RESCIND'));
  const framework = frameworkOf(master, next);
  assert.equal(framework.active, true);
  assert.equal(framework.offers.size, 0);
  // What cannot change stays as it was.
  assert.equal(framework.info.user, 'nobody');
  assert.equal(framework.info.checkpoint, undefined);
  assert.equal((await old.call({ type: 'REVIVE' })).status, 400);
  assert.equal((await next.call({ type: 'REVIVE' })).status, 202);
  const update = decode(UpdateFrameworkMessage, (await agent.next('UpdateFrameworkMessage')).body);
  assert.equal(update.framework_id.value, next.frameworkId);
});

test('another principal cannot take a framework over', async t => {
  const master = await startSchedulingMaster(t);
  const owner = await TestScheduler.start(t, master.address, { principal: 'ops' });
  const thief = await TestScheduler.subscribe(t, master.address, {
    id: { value: owner.frameworkId },
    principal: 'mallory',
  });
  const { error } = await thief.next('ERROR');
  assert.equal(error?.message, "Changing framework's principal is not allowed.");
  assert.equal((await owner.call({ type: 'REVIVE' })).status, 202);
});

test('a framework that this master has never seen keeps its id', async t => {
  const master = await startSchedulingMaster(t);
  const scheduler = await TestScheduler.start(t, master.address, { id: { value: 'elsewhere-0007' } });
  assert.equal(scheduler.frameworkId, 'elsewhere-0007');
  assert.equal(frameworkOf(master, scheduler).active, true);
});

test('a framework has failover_timeout to come back', async t => {
  const clock = new FakeClock();
  const master = await startSchedulingMaster(t, { clock });
  const agent = await master.agent();
  const first = await TestScheduler.start(t, master.address, { failover_timeout: 60 });
  const framework = frameworkOf(master, first);
  master.grantAll(first.frameworkId, agent.id ?? '');
  await first.nextOffer();
  first.close();
  await until(() => framework.state === 'disconnected');
  assert.equal(framework.offers.size, 0);
  assert.deepEqual(
    await post(master.address, { type: 'REVIVE', framework_id: { value: first.frameworkId } }).then(a => a.body),
    'Framework is not subscribed',
  );
  clock.advance(59_000);
  const second = await TestScheduler.start(t, master.address, {
    failover_timeout: 60,
    id: { value: first.frameworkId },
  });
  clock.advance(120_000);
  assert.equal(framework.active, true);
  second.close();
  await until(() => framework.state === 'disconnected');
  clock.advance(60_000);
  assert.ok(master.context.cluster.completedFrameworks.has(first.frameworkId));
});

test('without failover_timeout it is removed at once', async t => {
  const master = await startSchedulingMaster(t);
  const scheduler = await TestScheduler.start(t, master.address);
  scheduler.close();
  await until(() => master.context.cluster.completedFrameworks.has(scheduler.frameworkId));
});

async function withTask(t: TestContext) {
  const master = await startSchedulingMaster(t);
  const agent = await master.agent();
  const scheduler = await TestScheduler.start(t, master.address);
  master.grantAll(scheduler.frameworkId, agent.id ?? '');
  const offer = await scheduler.nextOffer();
  const task = {
    name: 'a',
    task_id: { value: 'a' },
    agent_id: offer.agent_id,
    resources: [scalar('cpus', 1)],
    executor: { executor_id: { value: 'e' }, command: { value: 'x' }, resources: [scalar('mem', 32)] },
  };
  await scheduler.call({
    type: 'ACCEPT',
    accept: { offer_ids: [offer.id], operations: [{ type: 'LAUNCH', launch: { task_infos: [task] } }] },
  });
  await agent.next('RunTaskMessage');
  return { master, agent, scheduler, framework: frameworkOf(master, scheduler) };
}

test('TEARDOWN ends everything, and the id never returns', async t => {
  const { master, agent, scheduler, framework } = await withTask(t);
  assert.equal((await scheduler.call({ type: 'TEARDOWN' })).status, 202);
  const { body } = await agent.next('ShutdownFrameworkMessage');
  assert.equal(decode(ShutdownFrameworkMessage, body).framework_id.value, scheduler.frameworkId);
  await scheduler.end();
  await until(() => framework.completedTasks.size === 1);
  const [task] = framework.completedTasks;
  assert.equal(task?.state, 'TASK_KILLED');
  assert.equal(task?.statuses?.at(-1)?.reason, 'REASON_FRAMEWORK_REMOVED');
  assert.equal(task?.statuses?.at(-1)?.message, `Framework ${scheduler.frameworkId} removed`);
  assert.ok(framework.used.isEmpty);
  const back = await TestScheduler.subscribe(t, master.address, { id: { value: scheduler.frameworkId } });
  const { error } = await back.next('ERROR');
  assert.equal(error?.message, 'Framework has been removed');
});

test('removing twice is removing once', async t => {
  const { master, framework } = await withTask(t);
  await Promise.all([removeFramework(master.context, framework), removeFramework(master.context, framework)]);
  assert.equal(master.askedFor('removeFramework').length, 1);
});

test('a role that is left takes its offers along', async t => {
  const master = await startSchedulingMaster(t);
  const agent = await master.agent();
  const scheduler = await TestScheduler.start(t, master.address, { roles: ['a', 'b'] });
  master.grantAll(scheduler.frameworkId, agent.id ?? '', 'a');
  const offer = await scheduler.nextOffer();
  const framework = frameworkOf(master, scheduler);
  const framework_info = { ...framework.info, roles: ['b'] };
  const answer = await scheduler.call({ type: 'UPDATE_FRAMEWORK', update_framework: { framework_info } });
  assert.equal(answer.status, 200);
  const { rescind } = await scheduler.next('RESCIND');
  assert.deepEqual(rescind?.offer_id, offer.id);
  assert.deepEqual(framework.roles, ['b']);
});

test('an offer that is not answered is rescinded after --offer_timeout', async t => {
  const clock = new FakeClock();
  const master = await startSchedulingMaster(t, { clock, argv: ['--offer_timeout=30secs'] });
  const agent = await master.agent();
  const scheduler = await TestScheduler.start(t, master.address);
  master.grantAll(scheduler.frameworkId, agent.id ?? '');
  const offer = await scheduler.nextOffer();
  clock.advance(30_000);
  const { rescind } = await scheduler.next('RESCIND');
  assert.deepEqual(rescind?.offer_id, offer.id);
  assert.equal(master.askedFor('recover').length, 1);
});

test('inverse offers are answered once', async t => {
  const master = await startSchedulingMaster(t);
  const agent = await master.agent();
  const scheduler = await TestScheduler.start(t, master.address);
  const { frameworkId } = scheduler;
  const agentId = agent.id ?? '';
  master.context.offers.makeInverse([
    { frameworkId: checkId(frameworkId), agentId: checkId(agentId), unavailability: { startNs: 1e9 } },
  ]);
  const { inverse_offers } = await scheduler.next('INVERSE_OFFERS');
  const [offer] = inverse_offers?.inverse_offers ?? [];
  assert.deepEqual(offer?.unavailability, { start: { nanoseconds: 1e9 } });
  assert.ok(offer);
  const call: SchedulerCall = {
    type: 'ACCEPT_INVERSE_OFFERS',
    accept_inverse_offers: { inverse_offer_ids: [offer.id] },
  };
  await scheduler.call(call);
  await scheduler.call(call);
  assert.deepEqual(master.askedFor('answerInverse'), [[frameworkId, agentId, 'ACCEPT', {}]]);
});

test('suppressed roles are remembered, and revived', async t => {
  const master = await startSchedulingMaster(t);
  const scheduler = await TestScheduler.start(t, master.address, { roles: ['a', 'b'] });
  const framework = frameworkOf(master, scheduler);
  await scheduler.call({ type: 'SUPPRESS', suppress: { roles: ['a'] } });
  assert.deepEqual([...framework.suppressedRoles], ['a']);
  await scheduler.call({ type: 'SUPPRESS' });
  assert.deepEqual([...framework.suppressedRoles], ['a', 'b']);
  await scheduler.call({ type: 'REVIVE', revive: { roles: ['b'] } });
  assert.deepEqual([...framework.suppressedRoles], ['a']);
  await scheduler.call({ type: 'REVIVE', revive: { roles: ['a', 'nope'] } });
  assert.deepEqual([...framework.suppressedRoles], ['a'], 'one wrong role makes the call void');
});
