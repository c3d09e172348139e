import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import {
  checkId,
  decode,
  KillTaskMessage,
  PingSlaveMessage,
  RegisterSlaveMessage,
  ShutdownMessage,
  StatusUpdateAcknowledgementMessage,
  StatusUpdateMessage,
  UnregisterSlaveMessage,
} from '@meseta/protocol';
import { memoryEngine } from '@meseta/storage';
import { eventually, FakeClock } from '@meseta/system/testing';
import { acknowledge, killTask } from '../tasks/index.ts';
import { SimulatedAgent, type SimulatedAgentOptions, scalar } from '../testing/simulated-agent.ts';
import { type Core, startCore } from '../testing/start-core.ts';
import { aware, framework, frameworkInfo, launch, statesOf, task, update } from '../testing/tasks-of-agents.ts';
import { deactivateAgentByOperator, drainAgent, markAgentGone, reactivateAgent } from './index.ts';
import { refusalOf } from './register.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function core(options: Parameters<typeof startCore>[0] = {}): Promise<Core> {
  const started = await startCore(options);
  cleanups.push(() => started.close());
  return started;
}

async function agentOf(master: Core, options: Partial<SimulatedAgentOptions> = {}): Promise<SimulatedAgent> {
  const agent = await SimulatedAgent.start({ master: master.address, ...options });
  cleanups.push(() => agent.stop());
  return agent;
}

/** Waits until an agent is gone and its tasks have ended, which may take several turns. Only then is it admitted again. */
async function removal({ context }: Core, id: string): Promise<void> {
  const { cluster, agentConnections } = context;
  const isGone = () => !cluster.agents.has(id) && !agentConnections.transitions.has(id);
  await eventually('the agent to be removed', isGone);
}

/** Waits until an agent counts as disconnected, and what cannot survive that has ended. */
async function disconnection({ context }: Core, id: string): Promise<void> {
  await eventually('the agent to be missed', () => !context.cluster.agents.get(id)?.connected);
  await context.agentConnections.of(checkId(id))?.ending;
}

test('an agent registers once however often it tries', async () => {
  const master = await core();
  const agent = await agentOf(master);
  const id = await agent.register();
  assert.equal(id, 'master-1-S0');
  assert.deepEqual(decode(PingSlaveMessage, (await agent.next('PingSlaveMessage')).body), { connected: true });
  assert.equal(await agent.register(), id);
  assert.equal(master.context.cluster.agents.size, 1);
  assert.deepEqual(
    [...master.context.registrar.registry.agents.entries()].map(([each]) => each),
    [id],
  );
});

test('agents that are too old or send nonsense are ignored', async () => {
  const master = await core();
  const old = await agentOf(master, { version: '0.28.2' });
  const broken = await agentOf(master, { resources: [scalar('cpus', Number.NaN)] });
  for (const agent of [old, broken]) agent.send(RegisterSlaveMessage, agent.registration);
  await (await agentOf(master)).register();
  assert.equal(master.context.cluster.agents.size, 1);
});

test('a new registration from the address of a disconnected agent replaces it', async () => {
  const master = await core();
  const agent = await agentOf(master);
  const first = await agent.register();
  agent.breakConnections();
  await disconnection(master, first);
  const second = await agent.register();
  assert.notEqual(second, first);
  assert.deepEqual([...master.context.cluster.agents.keys()], [second]);
});

test('messages about an agent are believed only from where it registered', async () => {
  const master = await core();
  const agent = await agentOf(master);
  const id = await agent.register();
  const stranger = await agentOf(master);
  stranger.send(UnregisterSlaveMessage, { agent_id: { value: id } });
  await stranger.register();
  assert.ok(master.context.cluster.agents.has(id));
  assert.equal(master.context.metrics.counter('master/dropped_messages').value, 1);
});

test('status updates are passed on, and resources follow the latest state', async () => {
  const master = await core();
  const agent = await agentOf(master);
  const id = await agent.register();
  const { framework: owner, events } = framework(master);
  const launched = launch(master, owner, id, 't');
  agent.send(StatusUpdateMessage, update(id, 't', 'TASK_RUNNING', 'AAAAAAAAAAAAAAAAAAAAAA==', 'TASK_FINISHED'));
  await eventually('the first event', () => events.length === 1);
  assert.equal(events[0]?.update?.status.uuid, 'AAAAAAAAAAAAAAAAAAAAAA==');
  assert.equal(events[0]?.update?.status.data, 'AAAA');
  assert.equal(launched.state, 'TASK_FINISHED');
  assert.equal(launched.status_update_state, 'TASK_RUNNING');
  assert.equal(launched.statuses?.[0]?.data, undefined);
  assert.ok(owner.used.isEmpty);
  assert.equal(master.allocations.filter(([name]) => name === 'recover').length, 1);

  const uuid = 'BAAAAAAAAAAAAAAAAAAAAA==';
  agent.send(StatusUpdateMessage, update(id, 't', 'TASK_FINISHED', uuid, 'TASK_FINISHED'));
  await eventually('the second event', () => events.length === 2);
  acknowledge(master.context, owner, { taskId: 't', agentId: id, uuid: 'CAAAAAAAAAAAAAAAAAAAAA==' });
  assert.ok(owner.tasks.has('t'));
  acknowledge(master.context, owner, { taskId: 't', agentId: id, uuid });
  assert.deepEqual([...owner.tasks.keys()], []);
  assert.ok(owner.completedTasks.has('t'));
  await agent.next('StatusUpdateAcknowledgementMessage');
  const { body } = await agent.next('StatusUpdateAcknowledgementMessage');
  assert.equal(decode(StatusUpdateAcknowledgementMessage, body).uuid, uuid);
  assert.equal(master.allocations.filter(([name]) => name === 'recover').length, 1);
});

test('an agent that misses its pings becomes unreachable and may come back', async () => {
  const clock = new FakeClock();
  const master = await core({ clock });
  const agent = await agentOf(master, { pongs: false });
  const id = await agent.register();
  const { framework: owner, events } = framework(master, aware);
  launch(master, owner, id, 't');
  for (let ping = 0; ping < 5; ping++) {
    await agent.next('PingSlaveMessage');
    assert.ok(master.context.cluster.agents.has(id));
    clock.advance(15_000);
  }
  await removal(master, id);
  await eventually('the end of the connection, with all that is on its way', () => !agent.isConnected);
  assert.ok(master.context.registrar.registry.unreachable.has(id));
  assert.deepEqual(statesOf(events), ['TASK_UNREACHABLE']);
  const status = events[0]?.update?.status;
  assert.deepEqual(status?.unreachable_time, { nanoseconds: clock.now() * 1e6 });
  assert.equal(status?.reason, 'REASON_AGENT_REMOVED');
  assert.equal(events.at(-1)?.type, 'FAILURE');
  assert.ok(owner.unreachableTasks.has('t'));
  assert.ok(owner.used.isEmpty);

  await agent.reregister({ tasks: [task('t', id)], frameworks: [frameworkInfo] });
  assert.ok(owner.tasks.has('t'));
  assert.ok(!owner.unreachableTasks.has('t'));
  assert.ok(!master.context.cluster.unreachableAgents.has(id));
  assert.deepEqual(statesOf(events), ['TASK_UNREACHABLE', 'TASK_RUNNING']);
  assert.equal(events.at(-1)?.update?.status.reason, 'REASON_AGENT_REREGISTERED');
});

test('an agent becomes unreachable: a task whose end was sent is not unreachable', async () => {
  const clock = new FakeClock();
  const master = await core({ clock });
  const agent = await agentOf(master, { pongs: false });
  const id = await agent.register();
  const { framework: owner, events } = framework(master, aware);
  launch(master, owner, id, 't');
  const uuid = 'BAAAAAAAAAAAAAAAAAAAAA==';
  agent.send(StatusUpdateMessage, update(id, 't', 'TASK_FINISHED', uuid, 'TASK_FINISHED'));
  await eventually('the end', () => events.length === 1);
  for (let ping = 0; ping < 5; ping++) {
    await agent.next('PingSlaveMessage');
    clock.advance(15_000);
  }
  await removal(master, id);
  assert.deepEqual(statesOf(events), ['TASK_FINISHED']);
  assert.deepEqual([owner.tasks.size, owner.unreachableTasks.size, owner.completedTasks.size], [0, 0, 1]);
});

test('an unreachable agent that returns without a task: the master forgets the task', async () => {
  const clock = new FakeClock();
  const master = await core({ clock });
  const agent = await agentOf(master, { pongs: false });
  const id = await agent.register();
  const { framework: owner } = framework(master, aware);
  launch(master, owner, id, 'kept');
  launch(master, owner, id, 'never arrived');
  for (let ping = 0; ping < 5; ping++) {
    await agent.next('PingSlaveMessage');
    clock.advance(15_000);
  }
  await removal(master, id);
  assert.equal(owner.unreachableTasks.size, 2);
  await agent.reregister({ tasks: [task('kept', id)], frameworks: [frameworkInfo] });
  assert.deepEqual([...owner.tasks.keys()], ['kept']);
  assert.equal(owner.unreachableTasks.size, 0);
  assert.equal(owner.completedTasks.size, 0);
});

test('of a framework that does not know of partitions, tasks on an unreachable agent are unreachable, too', async () => {
  const clock = new FakeClock();
  const master = await core({ clock });
  const agent = await agentOf(master, { pongs: false });
  const id = await agent.register();
  const { framework: owner, events } = framework(master);
  launch(master, owner, id, 't');
  for (let ping = 0; ping < 5; ping++) {
    await agent.next('PingSlaveMessage');
    clock.advance(15_000);
  }
  await removal(master, id);
  assert.deepEqual(statesOf(events), ['TASK_LOST']);
  assert.equal(owner.unreachableTasks.get('t')?.state, 'TASK_LOST');
  assert.deepEqual([owner.tasks.size, owner.completedTasks.size], [0, 0]);
  assert.ok(owner.used.isEmpty);

  await agent.reregister({ tasks: [task('t', id)], frameworks: [frameworkInfo] });
  assert.ok(owner.tasks.has('t'));
  assert.ok(!owner.unreachableTasks.has('t'));
  assert.ok(!owner.completedTasks.has('t'));
});

test('a disconnected agent has time to come back; tasks without checkpoints have not', async () => {
  const clock = new FakeClock();
  const master = await core({ clock });
  const agent = await agentOf(master);
  const id = await agent.register();
  const { framework: owner, events } = framework(master, { checkpoint: false });
  launch(master, owner, id, 't');
  agent.breakConnections();
  await disconnection(master, id);
  assert.deepEqual(statesOf(events), ['TASK_LOST']);
  assert.equal(events[0]?.update?.status.reason, 'REASON_AGENT_DISCONNECTED');
  // The agent was not gone: what it still runs was declared lost, and is killed.
  await agent.reregister({ tasks: [task('t', id)], frameworks: [frameworkInfo] });
  assert.equal(decode(KillTaskMessage, (await agent.next('KillTaskMessage')).body).task_id.value, 't');
  assert.ok(owner.used.isEmpty);
  const known = master.context.cluster.agents.get(id);
  assert.ok(known?.connected && known.active);

  agent.pongs = false;
  agent.breakConnections();
  await eventually('the agent to be missed', () => !known.connected);
  await agent.stop();
  clock.advance(10 * 60_000);
  await eventually('the agent to be unreachable', () => master.context.registrar.registry.unreachable.has(id));
});

test('a second try of a re-registration that was taken is answered, and changes nothing', async () => {
  const clock = new FakeClock();
  const master = await core({ clock });
  const agent = await agentOf(master);
  const id = await agent.register();
  const { framework: owner } = framework(master);
  agent.breakConnections();
  await disconnection(master, id);
  await agent.reregister();
  launch(master, owner, id, 'on its way');
  const retry = await agent.reregister();
  assert.deepEqual(retry.reconciliations ?? [], []);
  clock.advance(60_000);
  const later = await agent.reregister();
  assert.equal(later.reconciliations?.length, 1);
});

test('a known agent reconciles: lost launches, unknown tasks, missed kills', async () => {
  const master = await core();
  const agent = await agentOf(master);
  const id = await agent.register();
  const { framework: owner } = framework(master);
  launch(master, owner, id, 'lost');
  launch(master, owner, id, 'killed');
  agent.breakConnections();
  await disconnection(master, id);
  killTask(master.context, owner, { taskId: 'killed' });
  const tasks = [task('killed', id), task('unknown', id)];
  const { reconciliations } = await agent.reregister({ tasks, frameworks: [frameworkInfo] });
  assert.deepEqual(
    reconciliations?.map(({ framework_id, statuses }) => [
      framework_id.value,
      statuses?.map(each => each.task_id.value),
    ]),
    [['f-1', ['lost']]],
  );
  assert.equal(decode(KillTaskMessage, (await agent.next('KillTaskMessage')).body).task_id.value, 'killed');
  assert.deepEqual([...owner.tasks.keys()], ['lost', 'killed', 'unknown']);
});

test('an agent that claims the id of another is shut down', async () => {
  const master = await core();
  const agent = await agentOf(master);
  const impostor = await agentOf(master, { hostname: 'elsewhere' });
  impostor.id = await agent.register();
  impostor.sendReregister();
  assert.match(decode(ShutdownMessage, (await impostor.next('ShutdownMessage')).body).message ?? '', /different IP/);
});

test('a gone agent is shut down for good', async () => {
  const master = await core();
  const agent = await agentOf(master);
  const id = await agent.register();
  const { framework: owner, events } = framework(master, aware);
  launch(master, owner, id, 't');
  assert.equal(await markAgentGone(master.context, id), 'done');
  assert.equal(await markAgentGone(master.context, id), 'done');
  assert.equal(await markAgentGone(master.context, 'nobody'), 'unknown');
  assert.deepEqual(statesOf(events), ['TASK_GONE_BY_OPERATOR']);
  await agent.next('ShutdownMessage');
  agent.sendReregister();
  await agent.next('ShutdownMessage');
  assert.equal(master.context.cluster.agents.size, 0);
});

test('an agent and its master have a domain both, or none', async () => {
  const domain = { fault_domain: { region: { name: 'r' }, zone: { name: 'z' } } };
  const { context } = await core();
  const { context: strict } = await core({ argv: ['--require_agent_domain'] });
  const { registration } = await agentOf(await core());
  const placed = { ...registration, agent: { ...registration.agent, domain } };
  const somewhere = { ...context.info, domain };
  assert.equal(refusalOf(context, registration), undefined);
  assert.equal(refusalOf(context, placed), 'it has a domain, the master has none');
  assert.equal(refusalOf({ ...context, info: somewhere }, placed), undefined);
  assert.equal(refusalOf({ ...context, info: somewhere }, registration), undefined);
  assert.equal(refusalOf({ ...strict, info: somewhere }, registration), 'it has no domain');
});

test('an agent that unregisters takes its tasks with it', async () => {
  const master = await core();
  const agent = await agentOf(master);
  const id = await agent.register();
  const { framework: owner, events } = framework(master, aware);
  launch(master, owner, id, 't');
  agent.send(UnregisterSlaveMessage, { agent_id: { value: id } });
  await removal(master, id);
  assert.deepEqual(statesOf(events), ['TASK_LOST']);
  assert.equal(master.context.registrar.registry.agents.size, 0);
});

test('agents of an earlier master come back with all they run', async () => {
  const storage = await memoryEngine().openTerm();
  const before = await core({ storage });
  const first = await agentOf(before);
  const id = await first.register();
  const clock = new FakeClock();
  const master = await core({ storage, clock, id: 'master-2' });
  assert.deepEqual([...master.context.cluster.recoveredAgents.keys()], [id]);
  const agent = await agentOf(master);
  agent.id = id;
  await agent.reregister({ tasks: [task('t', id)], frameworks: [frameworkInfo] });
  assert.equal(master.context.cluster.recoveredAgents.size, 0);
  const recovered = master.context.cluster.frameworks.get('f-1');
  assert.equal(recovered?.state, 'recovered');
  assert.equal(recovered?.used.scalar('cpus'), 1);
  clock.advance(10 * 60_000);
  assert.equal(master.context.cluster.unreachableAgents.size, 0);
});

const patience: [argv: string[], ms: number][] = [
  [[], 10 * 60_000],
  [['--agent_reregister_timeout=20mins'], 20 * 60_000],
];
for (const [argv, ms] of patience) {
  test(`agents of an earlier master become unreachable after ${ms} ms: ${argv}`, async () => {
    const storage = await memoryEngine().openTerm();
    const before = await core({ storage });
    const id = await (await agentOf(before)).register();
    const clock = new FakeClock();
    const master = await core({ storage, clock, id: 'master-2', argv });
    clock.advance(ms - 1);
    await (await agentOf(master)).register(); // all that the time has set off has happened
    assert.equal(master.context.cluster.unreachableAgents.size, 0);
    clock.advance(1);
    const lost = await eventually('the loss', () => master.context.cluster.unreachableAgents.get(id));
    assert.ok(master.context.registrar.registry.unreachable.has(id));
    const info = before.context.cluster.agents.get(id)?.info;
    assert.deepEqual(lost.place, { hostname: info?.hostname, port: info?.port });
  });

  test(`agents that disconnect become unreachable after ${ms} ms: ${argv}`, async () => {
    const clock = new FakeClock();
    // Pings would find it out earlier.
    const master = await core({ clock, argv: ['--max_agent_ping_timeouts=1000', ...argv] });
    const agent = await agentOf(master);
    const id = await agent.register();
    await agent.stop();
    await eventually('the agent to be disconnected', () => master.context.cluster.agents.get(id)?.connected === false);
    clock.advance(ms - 1);
    await (await agentOf(master)).register();
    assert.equal(master.context.cluster.unreachableAgents.size, 0);
    clock.advance(1);
    await eventually('the agent to be unreachable', () => master.context.cluster.unreachableAgents.has(id));
  });
}

test('a master that would give up too many agents ends instead', async () => {
  const storage = await memoryEngine().openTerm();
  const before = await core({ storage });
  await (await agentOf(before)).register();
  const clock = new FakeClock();
  const master = await core({ storage, clock, argv: ['--recovery_agent_removal_limit=50%'] });
  clock.advance(10 * 60_000);
  assert.match(master.aborted[0]?.message ?? '', /recovery_agent_removal_limit/);
});

test('agents that are new after a change of master do not count for the limit', async () => {
  const storage = await memoryEngine().openTerm();
  const before = await core({ storage });
  await (await agentOf(before)).register();
  const clock = new FakeClock();
  const master = await core({ storage, clock, id: 'master-2', argv: ['--recovery_agent_removal_limit=50%'] });
  for (let i = 0; i < 3; i++) await (await agentOf(master)).register();
  clock.advance(10 * 60_000);
  assert.match(master.aborted[0]?.message ?? '', /^1 agents \(100\.0%\) did not come back in time/);
});

test('removals are paced, and an agent heard of meanwhile is spared', async () => {
  const storage = await memoryEngine().openTerm();
  const before = await core({ storage });
  const agents = await Promise.all([agentOf(before), agentOf(before)]);
  const ids = await Promise.all(agents.map(agent => agent.register()));
  const clock = new FakeClock();
  const master = await core({ storage, clock, id: 'master-2', argv: ['--agent_removal_rate_limit=1/1mins'] });
  clock.advance(10 * 60_000);
  const { unreachableAgents } = master.context.cluster;
  await eventually('the first removal', () => unreachableAgents.size === 1);
  const late = await agentOf(master);
  late.id = ids.find(id => !unreachableAgents.has(id));
  await late.reregister();
  clock.advance(60_000);
  await (await agentOf(master)).register();
  assert.equal(unreachableAgents.size, 1);
});

test('a drained agent is out of use until it is reactivated', async () => {
  const master = await core();
  const agent = await agentOf(master);
  const id = await agent.register();
  const { framework: owner, events } = framework(master);
  launch(master, owner, id, 't');
  assert.equal(await drainAgent(master.context, id, {}), 'done');
  await agent.next('DrainSlaveMessage');
  const known = master.context.cluster.agents.get(id);
  assert.equal(known?.drainInfo?.state, 'DRAINING');
  assert.deepEqual(await reactivateAgent(master.context, id), {
    refused: `Agent ${id} is still in the DRAINING state`,
  });
  const uuid = 'AAAAAAAAAAAAAAAAAAAAAA==';
  agent.send(StatusUpdateMessage, update(id, 't', 'TASK_KILLED', uuid, 'TASK_KILLED'));
  await eventually('an event', () => events.length > 0);
  acknowledge(master.context, owner, { taskId: 't', agentId: id, uuid });
  await eventually('the end of draining', () => known?.drainInfo?.state === 'DRAINED');
  assert.equal(master.context.registrar.registry.agents.get(id)?.drain_info?.state, 'DRAINED');
  assert.equal(known?.active, false);
  assert.equal(await reactivateAgent(master.context, id), 'done');
  assert.ok(known?.active);
  assert.equal(await deactivateAgentByOperator(master.context, id), 'done');
  assert.equal(known?.active, false);
});
