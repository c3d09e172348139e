/**
 * Every call of a scheduler, and every message of a driver or an agent, asks what its entry names and what is written
 * down here for it, before it acts. A new one does not pass before it has a line here.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Action, type Asking, asker, type Open } from '@meseta/daemon';
import { type RecordingAccess, recordingAccess } from '@meseta/daemon/testing';
import {
  type FrameworkInfo,
  type Offer,
  type OfferOperation,
  type OfferOperationType,
  PongSlaveMessage,
  ReregisterFrameworkMessage,
  type SchedulerCall,
  type SchedulerCallType,
} from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { agentMessages, installAgentMessages, joining } from './agents/messages.ts';
import { AgentObserver } from './agents/observer.ts';
import { driverMessages, installDriverMessages } from './api/driver/driver-messages.ts';
import { type CallHandler, schedulerCalls } from './api/scheduler/calls.ts';
import type { MasterContext } from './context.ts';
import { subscribe } from './frameworks/subscribe.ts';
import { acceptOperations } from './offers/accept/operations.ts';
import type { Framework, SchedulerConnection } from './state/framework.ts';
import { accept, launch, reserved, type Stage, stage, task, volume } from './testing/accept-stage.ts';
import { SimulatedAddress, scalar } from './testing/simulated-agent.ts';
import { post } from './testing/test-scheduler.ts';

interface Scene extends Stage {
  readonly access: RecordingAccess;
}

/** A framework with an offer, of a master that allows nothing from then on. */
async function setUp(t: TestContext): Promise<Scene> {
  const access = recordingAccess();
  const here = await stage(t, {}, access);
  access.refuse(() => true);
  access.clear();
  return { ...here, access };
}

/** What an entry names first is what is asked first; an open one asks nothing. */
function assertNamed(access: Open | Pick<Asking<never[]>, 'asks'>, asked: readonly string[], name: string): void {
  if ('asks' in access) assert.equal(asked[0], access.asks[0], name);
  else assert.deepEqual(asked, [], name);
}

const info: FrameworkInfo = {
  ...{ user: 'root', name: 'another', roles: ['web'], principal: 'ops' },
  capabilities: [{ type: 'PARTITION_AWARE' }, { type: 'MULTI_ROLE' }, { type: 'RESERVATION_REFINEMENT' }],
};
const value = { value: 'none' };
const uuid = Buffer.alloc(16).toString('base64');

/** What each call is tried with, and what is asked. Calls about what is the framework's own ask nothing. */
const calls: Record<
  Exclude<SchedulerCallType, 'UNKNOWN'>,
  { call: (scene: Scene) => Partial<SchedulerCall>; asks: readonly Action[] }
> = {
  SUBSCRIBE: { call: () => ({ subscribe: { framework_info: info } }), asks: ['REGISTER_FRAMEWORK'] },
  UPDATE_FRAMEWORK: {
    call: ({ scheduler }) => ({
      update_framework: {
        framework_info: { ...info, name: 'test', user: 'nobody', id: { value: scheduler.frameworkId } },
      },
    }),
    asks: ['REGISTER_FRAMEWORK'],
  },
  ACCEPT: {
    call: ({ offer }) => ({ accept: { offer_ids: [offer.id], operations: [launch(task(offer, 'a'))] } }),
    asks: ['RUN_TASK'],
  },
  TEARDOWN: { call: () => ({}), asks: [] },
  DECLINE: { call: ({ offer }) => ({ decline: { offer_ids: [offer.id] } }), asks: [] },
  ACCEPT_INVERSE_OFFERS: { call: () => ({ accept_inverse_offers: { inverse_offer_ids: [value] } }), asks: [] },
  DECLINE_INVERSE_OFFERS: { call: () => ({ decline_inverse_offers: { inverse_offer_ids: [value] } }), asks: [] },
  REVIVE: { call: () => ({}), asks: [] },
  SUPPRESS: { call: () => ({}), asks: [] },
  KILL: { call: () => ({ kill: { task_id: value } }), asks: [] },
  SHUTDOWN: { call: ({ offer }) => ({ shutdown: { executor_id: value, agent_id: offer.agent_id } }), asks: [] },
  ACKNOWLEDGE: {
    call: ({ offer }) => ({ acknowledge: { agent_id: offer.agent_id, task_id: value, uuid } }),
    asks: [],
  },
  ACKNOWLEDGE_OPERATION_STATUS: {
    call: ({ offer }) => ({
      acknowledge_operation_status: { agent_id: offer.agent_id, operation_id: value, uuid },
    }),
    asks: [],
  },
  RECONCILE: { call: () => ({ reconcile: { tasks: [{ task_id: value }] } }), asks: [] },
  RECONCILE_OPERATIONS: { call: () => ({ reconcile_operations: { operations: [{ operation_id: value }] } }), asks: [] },
  MESSAGE: {
    call: ({ offer }) => ({ message: { agent_id: offer.agent_id, executor_id: value, data: uuid } }),
    asks: [],
  },
  REQUEST: { call: () => ({ request: { requests: [] } }), asks: [] },
};

/** The statuses of calls that are refused as such; others are taken, and what is refused is told by events. */
const refusals: Partial<Record<SchedulerCallType, number>> = { SUBSCRIBE: 200, UPDATE_FRAMEWORK: 403 };

for (const [type, { call, asks }] of Object.entries(calls) as [keyof typeof calls, (typeof calls)['KILL']][]) {
  test(`scheduler call ${type}`, async t => {
    const scene = await setUp(t);
    const { scheduler, master, access } = scene;
    const message = { type, ...call(scene) };
    const answer =
      type === 'SUBSCRIBE'
        ? await post(master.address, message)
        : await post(
            master.address,
            { framework_id: { value: scheduler.frameworkId }, ...message },
            { 'Content-Type': 'application/json', 'Mesos-Stream-Id': scheduler.streamId },
          );
    assert.equal(answer.status, refusals[type] ?? 202, answer.body);
    const [realm, ...asked] = access.asked;
    assert.equal(realm, 'realm mesos-master-scheduler');
    assert.deepEqual(asked, asks);
    // Of an ACCEPT, each operation asks for itself, see below.
    if (type !== 'ACCEPT') assertNamed(schedulerCalls[type].access, asked, type);
    assert.ok(master.context.cluster.frameworks.size === (type === 'TEARDOWN' ? 0 : 1));
    const { frameworks } = master.context.cluster;
    assert.deepEqual([...(frameworks.get(scheduler.frameworkId)?.tasks.keys() ?? [])], []);
  });
}

const disk = reserved(scalar('disk', 64));
const raw = { ...disk, disk: { source: { type: 'RAW' as const, profile: 'p' } } };
/** What each operation of an ACCEPT is tried with. */
const operations: Record<string, (scene: Scene) => Partial<OfferOperation>> = {
  LAUNCH: ({ offer }) => launch(task(offer, 'a')),
  LAUNCH_GROUP: ({ offer }) => ({
    launch_group: {
      executor: { type: 'DEFAULT', executor_id: value, resources: [scalar('cpus', 0.1), scalar('mem', 32)] },
      task_group: { tasks: [task(offer, 'a')] },
    },
  }),
  RESERVE: () => ({ reserve: { resources: [reserved(scalar('cpus', 1))] } }),
  UNRESERVE: () => ({ unreserve: { resources: [reserved(scalar('cpus', 1))] } }),
  CREATE: () => ({ create: { volumes: [volume(64)] } }),
  DESTROY: () => ({ destroy: { volumes: [volume(64)] } }),
  GROW_VOLUME: () => ({ grow_volume: { volume: volume(64), addition: disk } }),
  SHRINK_VOLUME: () => ({ shrink_volume: { volume: volume(64), subtract: { value: 1 } } }),
  CREATE_DISK: () => ({ create_disk: { source: raw, target_type: 'MOUNT' } }),
  DESTROY_DISK: () => ({ destroy_disk: { source: { ...disk, disk: { source: { type: 'MOUNT' } } } } }),
};

test('every operation is tried', () => {
  assert.deepEqual(Object.keys(operations).sort(), [...acceptOperations.keys()].sort());
});

for (const [type, operation] of Object.entries(operations)) {
  test(`operation ${type}`, async t => {
    const scene = await setUp(t);
    const { master, access, scheduler, agent } = scene;
    const total = () => String(master.context.cluster.agents.get(agent.id ?? '')?.total);
    const before = total();
    await accept(scene, { type: type as OfferOperationType, ...operation(scene) });
    const entry = acceptOperations.get(type as OfferOperationType);
    assert.ok(entry);
    const [, ...asked] = access.asked;
    assert.equal(asked.length, 1);
    assert.ok(
      entry.access.asks.some(action => action === asked[0]),
      `${asked}`,
    );
    assert.equal(total(), before);
    const { frameworks } = master.context.cluster;
    assert.deepEqual([...(frameworks.get(scheduler.frameworkId)?.tasks.keys() ?? [])], []);
  });
}

interface Installed {
  readonly access: Open | Asking<never[]>;
  readonly handle: (from: string, message: never, peer: string) => void | Promise<void>;
}
type Handlers = Map<string, Installed>;

/** The handlers that a table installs, to be called without the wire. */
function handlersOf(context: MasterContext, install: (context: MasterContext) => void): Handlers {
  const handlers: Handlers = new Map();
  const messages: MasterContext['messages'] = {
    send: (...message) => context.messages.send(...message),
    link: (...link) => context.messages.link(...link),
    abandon: pid => context.messages.abandon(pid),
    remove: actor => context.messages.remove(actor),
    isBound: pid => context.messages.isBound(pid),
    install(_, type, access, handler) {
      const ask = asker(context.access, access);
      const handle: Installed['handle'] = (from, message, peer) => handler(from, message, peer, ask);
      handlers.set(type.fullName, { access: access as Installed['access'], handle });
    },
  };
  install({ ...context, messages });
  return handlers;
}

const peer = '127.0.0.1';
const internal = (name: string) => `mesos.internal.${name}`;

/** What each message of drivers is tried with, after the framework has registered; and what is asked. */
const ofDrivers: Record<string, { message: (ids: object, scene: Scene) => object; asks: readonly Action[] }> = {
  [internal('RegisterFrameworkMessage')]: { message: () => ({ framework: info }), asks: ['REGISTER_FRAMEWORK'] },
  [internal('ReregisterFrameworkMessage')]: {
    message: ids => ({ framework: { ...info, id: (ids as { framework_id: object }).framework_id }, failover: true }),
    asks: ['REGISTER_FRAMEWORK'],
  },
  [internal('UnregisterFrameworkMessage')]: { message: ids => ids, asks: [] },
  [internal('DeactivateFrameworkMessage')]: { message: ids => ids, asks: [] },
  [internal('ResourceRequestMessage')]: { message: ids => ({ ...ids, requests: [] }), asks: [] },
  [internal('LaunchTasksMessage')]: {
    message: (ids, { offer }) => ({ ...ids, offer_ids: [offer.id], tasks: [task(offer, 'a')], filters: {} }),
    asks: ['RUN_TASK'],
  },
  [internal('ReviveOffersMessage')]: { message: ids => ids, asks: [] },
  [internal('KillTaskMessage')]: { message: ids => ({ ...ids, task_id: value }), asks: [] },
  [internal('StatusUpdateAcknowledgementMessage')]: {
    message: (ids, { offer }) => ({ ...ids, agent_id: offer.agent_id, task_id: value, uuid }),
    asks: [],
  },
  [internal('FrameworkToExecutorMessage')]: {
    message: (ids, { offer }) => ({ ...ids, agent_id: offer.agent_id, executor_id: value, data: '' }),
    asks: [],
  },
  [internal('ReconcileTasksMessage')]: { message: ids => ({ ...ids, statuses: [] }), asks: [] },
  'mesos.scheduler.Call': {
    message: () => ({ type: 'SUBSCRIBE', subscribe: { framework_info: info } }),
    asks: ['REGISTER_FRAMEWORK'],
  },
};

/** Messages that ask what the calls ask that they are. */
const areCalls = new Set(['mesos.scheduler.Call', internal('LaunchTasksMessage')]);

/** Offers a framework what was offered to the scene's. */
async function offerOf({ master, agent, offer, scheduler }: Scene, framework: Framework): Promise<Offer> {
  const { frameworks } = master.context.cluster;
  const theirs = frameworks.get(scheduler.frameworkId)?.offers.get(offer.id.value);
  assert.ok(theirs);
  master.context.offers.discard(theirs);
  master.grantAll(framework.id, agent.id ?? '', 'web');
  await eventually('the offer', () => framework.offers.size === 1);
  return { ...offer, id: { value: [...framework.offers.keys()][0] ?? '' } };
}

test('every message of drivers is tried', () => {
  assert.deepEqual(Object.keys(ofDrivers).sort(), driverMessages.map(({ name }) => name).sort());
});

for (const { name, access: entry } of driverMessages) {
  test(`driver message ${name}`, async t => {
    const scene = await setUp(t);
    const { master, access } = scene;
    const { context } = master;
    const handlers = handlersOf(context, installDriverMessages);
    const address = await SimulatedAddress.listen(master.address);
    t.after(() => address.stop());
    const from = `scheduler(1)@127.0.0.1:${address.port}`;
    access.refuse(() => false);
    const ours = { ...info, name: 'driver' };
    await handlers.get(internal('RegisterFrameworkMessage'))?.handle(from, { framework: ours } as never, peer);
    const framework = [...context.cluster.frameworks.values()].find(each => each.info.name === 'driver');
    assert.ok(framework);
    const offer = await offerOf(scene, framework);
    access.refuse(() => true);
    access.clear();
    const { message, asks } = ofDrivers[name] ?? assert.fail(`${name} is not tried`);
    const ids = { framework_id: { value: framework.id } };
    const installed = handlers.get(name) ?? assert.fail(`${name} is not installed`);
    assert.equal(installed.access, entry, 'the entry of the table is the one that is asked');
    await installed.handle(from, message(ids, { ...scene, offer }) as never, peer);
    assert.deepEqual(access.asked, asks);
    // A message that is a call names nothing: the call does.
    if (!areCalls.has(name)) assertNamed(entry, access.asked, name);
    assert.deepEqual([...framework.tasks.keys()], []);
    assert.equal(context.metrics.snapshot()['master/dropped_messages'] ?? 0, 0);
  });
}

/** What each message of agents is tried with, by its own agent; and what is asked. */
const ofAgents: Record<string, { message: (scene: Scene) => object; asks: readonly Action[] }> = {
  RegisterSlaveMessage: { message: ({ master }) => ({ agent: agentInfo(master.context) }), asks: ['REGISTER_AGENT'] },
  ReregisterSlaveMessage: { message: ({ master }) => ({ agent: agentInfo(master.context) }), asks: ['REGISTER_AGENT'] },
  UnregisterSlaveMessage: { message: ({ offer }) => ({ agent_id: offer.agent_id }), asks: [] },
  UpdateSlaveMessage: { message: ({ offer }) => ({ agent_id: offer.agent_id }), asks: [] },
  StatusUpdateMessage: {
    message: ({ offer, scheduler }) => ({
      update: {
        framework_id: { value: scheduler.frameworkId },
        agent_id: offer.agent_id,
        status: { task_id: value, state: 'TASK_RUNNING' },
        timestamp: 0,
        uuid,
      },
    }),
    asks: [],
  },
  ExitedExecutorMessage: {
    message: ({ offer, scheduler }) => ({
      agent_id: offer.agent_id,
      framework_id: { value: scheduler.frameworkId },
      executor_id: value,
      status: 0,
    }),
    asks: [],
  },
  ExecutorToFrameworkMessage: {
    message: ({ offer, scheduler }) => ({
      agent_id: offer.agent_id,
      framework_id: { value: scheduler.frameworkId },
      executor_id: value,
      data: '',
    }),
    asks: [],
  },
  UpdateOperationStatusMessage: {
    message: ({ offer }) => ({
      agent_id: offer.agent_id,
      status: { state: 'OPERATION_FINISHED' },
      operation_uuid: { value: uuid },
    }),
    asks: [],
  },
};

function agentInfo({ cluster }: MasterContext) {
  return [...cluster.agents.values()][0]?.info;
}

test('every message of agents is tried', () => {
  assert.deepEqual(Object.keys(ofAgents).map(internal).sort(), agentMessages.map(({ name }) => name).sort());
});

for (const { name, access: entry } of agentMessages) {
  test(`agent message ${name}`, async t => {
    const scene = await setUp(t);
    const { context } = scene.master;
    const [agent] = context.cluster.agents.values();
    assert.ok(agent);
    const { message, asks } = ofAgents[name.slice(internal('').length)] ?? assert.fail(`${name} is not tried`);
    const installed = handlersOf(context, installAgentMessages).get(name) ?? assert.fail(`${name} is not installed`);
    assert.equal(installed.access, entry, 'the entry of the table is the one that is asked');
    await installed.handle(agent.pid, message(scene) as never, agent.peer);
    assert.deepEqual(scene.access.asked, asks);
    assertNamed(entry as Open | typeof joining, scene.access.asked, name);
    assert.equal(context.metrics.snapshot()['master/dropped_messages'] ?? 0, 0);
  });
}

test('a pong asks nothing, and counts only when it comes from its agent', async t => {
  const scene = await setUp(t);
  const { context } = scene.master;
  const [agent] = context.cluster.agents.values();
  assert.ok(agent);
  const handlers = handlersOf(context, recording => {
    const observer = new AgentObserver(recording, agent, () => undefined);
    t.after(() => observer.stop());
  });
  assert.deepEqual([...handlers.keys()], [internal('PongSlaveMessage')]);
  const pong = handlers.get(internal('PongSlaveMessage'));
  assert.ok(pong);
  const dropped = () => context.metrics.snapshot()['master/dropped_messages'] ?? 0;
  await pong.handle(agent.pid, {} as never, agent.peer);
  assert.equal(dropped(), 0);
  await pong.handle(agent.pid, {} as never, '10.0.0.9');
  await pong.handle('slave(1)@10.0.0.9:5051', {} as never, agent.peer);
  assert.equal(dropped(), 2);
  assertNamed(pong.access, scene.access.asked, 'PongSlaveMessage');
});

/** What must not compile: a message or a call without an entry, and a registration without its question. */
function uncompilable({ messages, ...context }: MasterContext): unknown {
  // @ts-expect-error A message says what is asked before it is handled.
  messages.install('master', PongSlaveMessage, () => undefined);
  // @ts-expect-error So does a call.
  const call: CallHandler = { perform: () => undefined };
  // @ts-expect-error What is asked about a framework is not what the entry of an agent's message asks.
  messages.install('master', ReregisterFrameworkMessage, joining, (_, { framework }, __, ask) => ask({}, framework));
  const request = { info, suppressedRoles: [], offerConstraints: undefined };
  // @ts-expect-error A subscription is given the question of its call or message.
  subscribe({ messages, ...context }, request, {} as SchedulerConnection);
  return call;
}

test('messages and calls without an entry do not compile', () => {
  assert.equal(typeof uncompilable, 'function');
});
