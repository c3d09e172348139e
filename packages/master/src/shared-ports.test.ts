/** Agents with `--shared_ports`, as frameworks and operators see them: what is offered, refused and counted. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  newUuid,
  type Offer,
  type OfferOperation,
  type Resource,
  StatusUpdateMessage,
  type Task,
  type TaskInfo,
  type TaskState,
} from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import type { RunningMaster } from './main.ts';
import { launch, sleep } from './testing/accept-stage.ts';
import { ask, registerAgent, startRunningMaster } from './testing/running-master.ts';
import { type SimulatedAgent, scalar } from './testing/simulated-agent.ts';
import { TestScheduler } from './testing/test-scheduler.ts';

const range = (begin: number, end = begin): Resource => ({
  name: 'ports',
  type: 'RANGES',
  ranges: { range: [{ begin, end }] },
});
const all = [scalar('cpus', 4), scalar('mem', 1024), scalar('disk', 64), range(31000, 31009)];

/** A master, an agent with shared ports, and two frameworks in different roles. */
async function setUp(t: TestContext) {
  const master = await startRunningMaster(t, '--allocation_interval=50ms');
  const web = await TestScheduler.start(t, master.address, { name: 'web', roles: ['web'], principal: 'ops' });
  const agent = await registerAgent(t, master, { resources: all, sharesPorts: true });
  const first = await web.nextOffer();
  return { master, web, agent, first };
}

const portsOf = (offer: Offer) => offer.resources?.find(({ name }) => name === 'ports')?.ranges?.range;
const everyPort = [{ begin: 31000, end: 31009 }];

const taskOf = (offer: Offer, id: string, ...resources: Resource[]): TaskInfo => ({
  ...{ name: id, task_id: { value: id }, agent_id: offer.agent_id, command: sleep },
  resources: [scalar('cpus', 0.5), scalar('mem', 32), ...resources],
});

const accept = (scheduler: TestScheduler, offer: Offer, ...operations: OfferOperation[]) =>
  scheduler.call({
    type: 'ACCEPT',
    accept: { offer_ids: [offer.id], operations, filters: { refuse_seconds: 0 } },
  });

/** Has the agent report a task's state. */
function report(agent: SimulatedAgent, frameworkId: string, taskId: string, state: TaskState): void {
  const uuid = newUuid();
  const [agent_id, timestamp] = [{ value: agent.id ?? '' }, Date.now() / 1000];
  const status = { task_id: { value: taskId }, state, agent_id, uuid, timestamp, source: 'SOURCE_EXECUTOR' as const };
  const update = { framework_id: { value: frameworkId }, agent_id, status, timestamp, uuid };
  agent.send(StatusUpdateMessage, { update, pid: agent.pid });
}

interface AgentView {
  readonly resources: { readonly ports: string };
  readonly used_resources: { readonly cpus: number; readonly ports?: string };
  readonly offered_resources: { readonly cpus: number; readonly ports?: string };
}

async function agentView(master: RunningMaster): Promise<AgentView> {
  const [view] = (JSON.parse((await ask(master, '/slaves')).text) as { slaves: AgentView[] }).slaves;
  return view ?? assert.fail('there is no agent');
}

/** Returns the ports and CPUs that count for a role. */
async function roleView(master: RunningMaster, role: string) {
  const { roles } = JSON.parse((await ask(master, '/roles')).text) as {
    roles: {
      name: string;
      allocated: Record<string, number>;
      offered: Record<string, number>;
      quota: { consumed: Record<string, number> };
    }[];
  };
  return roles.find(({ name }) => name === role) ?? assert.fail(`there is no role ${role}`);
}

test('two frameworks are offered all ports, and each launches a task on the same one', async t => {
  const { master, web, agent, first } = await setUp(t);
  assert.deepEqual(portsOf(first), everyPort);
  await accept(web, first, launch(taskOf(first, 'a', range(31001)), taskOf(first, 'b', range(31001))));
  await agent.next('RunTaskMessage');
  await agent.next('RunTaskMessage');
  const rest = await web.nextOffer();
  assert.deepEqual(portsOf(rest), everyPort);
  await web.call({ type: 'SUPPRESS' });
  await web.call({ type: 'DECLINE', decline: { offer_ids: [rest.id] } });
  const other = await TestScheduler.start(t, master.address, { name: 'other', roles: ['other'] });
  const offer = await other.nextOffer();
  assert.deepEqual(portsOf(offer), everyPort);
  await accept(other, offer, launch(taskOf(offer, 'c', range(31001))));
  await agent.next('RunTaskMessage');
  const again = await other.nextOffer();
  assert.deepEqual(portsOf(again), everyPort);

  const view = await agentView(master);
  assert.equal(view.used_resources.cpus, 1.5);
  assert.equal(view.used_resources.ports, '[31001-31001]');
  assert.equal(view.offered_resources.ports, '[31000-31009]');
  const role = await roleView(master, 'web');
  assert.equal(role.allocated.ports, undefined);
  assert.equal(role.allocated.cpus, 1);
  assert.equal(role.quota.consumed.ports, undefined);
  assert.equal((await roleView(master, 'other')).offered.ports, undefined);

  report(agent, web.frameworkId, 'a', 'TASK_FINISHED');
  await eventually('the end of a task', async () => (await agentView(master)).used_resources.cpus === 1);
  assert.equal((await agentView(master)).used_resources.ports, '[31001-31001]');
  await other.call({ type: 'TEARDOWN' });
  await web.call({ type: 'TEARDOWN' });
  await eventually('all is free', async () => (await agentView(master)).used_resources.cpus === 0);
  const free = await agentView(master);
  assert.equal(free.used_resources.ports, undefined);
  assert.equal(free.offered_resources.ports, undefined);
});

test('a task may have offered ports only; a port may be in two groups, but not twice in one, which has one address', async t => {
  const { web, agent, first } = await setUp(t);
  const group = (id: string, ...tasks: TaskInfo[]): OfferOperation => ({
    type: 'LAUNCH_GROUP',
    launch_group: {
      executor: {
        ...{ executor_id: { value: id }, framework_id: { value: web.frameworkId }, type: 'DEFAULT' },
        resources: [scalar('cpus', 0.1), scalar('mem', 32), scalar('disk', 1)],
      },
      task_group: { tasks },
    },
  });
  const on = (id: string, port: number) => taskOf(first, id, range(port));
  await accept(
    web,
    first,
    launch(on('outside', 31010)),
    group('e', on('u', 31002), on('v', 31002)),
    group('f', on('w', 31002)),
    group('g', on('x', 31002)),
  );
  const status = await web.nextStatus();
  assert.deepEqual([status.task_id.value, status.reason], ['outside', 'REASON_TASK_INVALID']);
  assert.match(status.message ?? '', /ports.*31010/);
  assert.match((await web.nextStatus()).message ?? '', /^There are overlapping resources in the task group/);
  await agent.next('RunTaskGroupMessage');
  await agent.next('RunTaskGroupMessage');
});

const reservePorts = (role: string, ...resources: Resource[]): OfferOperation => ({
  type: 'RESERVE',
  reserve: {
    resources: resources.map(resource => ({
      ...resource,
      reservations: [{ type: 'DYNAMIC' as const, role, principal: 'ops' }],
    })),
  },
});

test('ports in two offers are reserved once; the other offer is taken back', async t => {
  const { master, web, agent, first } = await setUp(t);
  await accept(web, first, launch(taskOf(first, 'a', range(31001))));
  const held = await web.nextOffer();
  await web.call({ type: 'SUPPRESS' });
  await accept(web, held, launch(taskOf(held, 'b', range(31001))));
  const other = await TestScheduler.start(t, master.address, { name: 'other', roles: ['other'], principal: 'ops' });
  const whole = await other.nextOffer();
  await accept(other, whole, launch(taskOf(whole, 'c')));
  const second = await other.nextOffer();
  await agent.next('RunTaskMessage');
  await other.call({ type: 'SUPPRESS' });
  report(agent, web.frameworkId, 'b', 'TASK_FINISHED');
  await web.call({ type: 'REVIVE' });
  const third = await web.nextOffer();
  assert.deepEqual([portsOf(second), portsOf(third)], [everyPort, everyPort]);

  await web.call({ type: 'SUPPRESS' });
  await accept(web, third, reservePorts('web', range(31000, 31004), scalar('cpus', 0.25)));
  const { rescind } = await other.next('RESCIND');
  assert.equal(rescind?.offer_id.value, second.id.value);
  await other.call({ type: 'REVIVE' });
  const rest = await other.nextOffer();
  assert.deepEqual(portsOf(rest), [{ begin: 31005, end: 31009 }]);
  const { text } = await ask(master, '/slaves');
  const [view] = JSON.parse(text).slaves;
  assert.equal(view.resources.ports, '[31000-31009]');
  assert.equal(view.reserved_resources.web.ports, '[31000-31004]');
  assert.equal(view.unreserved_resources.ports, '[31005-31009]');
  assert.equal(view.unreserved_resources.cpus, 3.75);
});

test('an operator reserves shared ports while they are offered and used', async t => {
  const { master, web, first } = await setUp(t);
  await accept(web, first, launch(taskOf(first, 'a', range(31001))));
  const rest = await web.nextOffer();
  const resources = [{ ...range(31000, 31004), role: 'db', reservation: { principal: 'ops' } }];
  const body = new URLSearchParams({ slaveId: rest.agent_id.value, resources: JSON.stringify(resources) }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const { status, text } = await ask(master, '/reserve', { method: 'POST', headers, body });
  assert.equal(status, 202, text);
  assert.equal((await web.next('RESCIND')).rescind?.offer_id.value, rest.id.value);
  assert.deepEqual(portsOf(await web.nextOffer()), [{ begin: 31005, end: 31009 }]);
});

const runningTask = (frameworkId: string, agentId: string, id: string, ports: Resource): Task => ({
  ...{ name: id, task_id: { value: id }, framework_id: { value: frameworkId }, agent_id: { value: agentId } },
  state: 'TASK_RUNNING',
  resources: [scalar('cpus', 0.5), ports].map(resource => ({ ...resource, allocation_info: { role: 'web' } })),
});

test('an agent brings tasks with the same port to another master, and may come back without shared ports', async t => {
  const { web, agent, first } = await setUp(t);
  const agentId = first.agent_id.value;
  const next = await startRunningMaster(t, '--allocation_interval=50ms');
  agent.follow(next.address);
  const id = { value: web.frameworkId };
  const info = { user: 'nobody', name: 'web', roles: ['web'], principal: 'ops', checkpoint: true };
  const capabilities = [{ type: 'MULTI_ROLE' as const }];
  const frameworks = [{ ...info, capabilities, id }];
  const [a, b] = ['a', 'b'].map(name => runningTask(web.frameworkId, agentId, name, range(31001)));
  assert.ok(a && b);
  const answer = await agent.reregister({ tasks: [a, b], frameworks });
  assert.equal(answer.connection?.knows_shared_ports, true);
  const back = await TestScheduler.start(t, next.address, { ...info, id });
  assert.deepEqual(portsOf(await back.nextOffer()), everyPort);
  assert.equal((await agentView(next)).used_resources.ports, '[31001-31001]');
  assert.equal((await agentView(next)).used_resources.cpus, 1);

  agent.sharesPorts = false;
  agent.breakConnections();
  await back.next('RESCIND');
  await agent.reregister({ tasks: [a, b], frameworks });
  const offer = await back.nextOffer();
  assert.deepEqual(portsOf(offer), [
    { begin: 31000, end: 31000 },
    { begin: 31002, end: 31009 },
  ]);
  report(agent, web.frameworkId, 'a', 'TASK_FINISHED');
  report(agent, web.frameworkId, 'b', 'TASK_FINISHED');
  await back.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], filters: { refuse_seconds: 0 } } });
  await eventually('all is free', async () => (await agentView(next)).used_resources.cpus === 0);
  await eventually('all ports are offered', async () => {
    return (await agentView(next)).offered_resources.ports === '[31000-31009]';
  });
});
