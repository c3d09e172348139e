import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Encoding, unfiltered } from '@meseta/daemon';
import { HttpClient, HttpServer, JSON_TYPE, PROTOBUF_TYPE } from '@meseta/process';
import {
  checkId,
  decode,
  MasterEvent,
  RecordDecoder,
  type Task,
  type TaskState,
  type TaskStatus,
} from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { FakeClock } from '@meseta/system/testing';
import { Metrics } from '@meseta/telemetry';
import type { MasterContext } from '../../context.ts';
import { Agent } from '../../state/agent.ts';
import { Cluster } from '../../state/cluster.ts';
import { Framework } from '../../state/framework.ts';
import { recordedCluster } from '../../testing/recorded-cluster.ts';
import { Subscribers, type Wants } from './subscribers.ts';

interface Setup {
  readonly cluster: Cluster;
  readonly clock: FakeClock;
  readonly subscribers: Subscribers;
  subscribe(encoding?: Encoding, wants?: Wants): Promise<AsyncGenerator<MasterEvent>>;
}

/** A cluster with subscribers over a real socket. */
async function setUp(t: TestContext): Promise<Setup> {
  const cluster = new Cluster({ maxCompletedFrameworks: 50 });
  const clock = new FakeClock();
  const flags = { max_operator_event_stream_subscribers: 10 };
  const subscribers = new Subscribers({ cluster, clock, metrics: new Metrics(), flags } as unknown as MasterContext);
  const server = new HttpServer({
    handler: ({ path, query }) =>
      subscribers.subscribe(path === '/protobuf' ? PROTOBUF_TYPE : JSON_TYPE, unfiltered, {
        followsAgents: query.has('followsAgents'),
        inParts: query.has('inParts'),
      }),
    report: () => undefined,
  });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  const subscribe = async (encoding: Encoding = JSON_TYPE, wants: Wants = {}) => {
    const client = new HttpClient(`http://127.0.0.1:${port}`);
    t.after(() => client.close());
    const query = Object.keys(wants).filter(name => wants[name as keyof Wants]);
    const path = `${encoding === PROTOBUF_TYPE ? '/protobuf' : '/json'}?${query.join('&')}`;
    const response = await client.request('POST', path, { body: '' });
    return read(response.body, encoding);
  };
  return { cluster, clock, subscribers, subscribe };
}

async function* read(body: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<MasterEvent> {
  const decoder = new RecordDecoder();
  for await (const piece of body) {
    for (const record of decoder.push(Buffer.from(piece))) {
      yield encoding === PROTOBUF_TYPE ? decode(MasterEvent, record) : (JSON.parse(record.toString()) as MasterEvent);
    }
  }
}

async function take(events: AsyncGenerator<MasterEvent>, count: number): Promise<MasterEvent[]> {
  const taken: MasterEvent[] = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    assert.ok(!done, 'the stream ended');
    taken.push(value);
  }
  return taken;
}

/** An event of the recording: when it came is not part of it. */
function recordedEvents(): MasterEvent[] {
  const file = join(import.meta.dirname, '..', '..', '..', 'fixtures', 'operator', 'events.json');
  const events = JSON.parse(readFileSync(file, 'utf8')) as (MasterEvent & { $at: number })[];
  return events.map(({ $at: _, ...event }) => event);
}

/** Our times are in milliseconds, the recorded ones in microseconds. */
const comparable = (events: readonly MasterEvent[]): unknown =>
  JSON.parse(JSON.stringify(events), (key, value) => (key === 'nanoseconds' ? Math.round(value / 1e6) : value));

for (const encoding of [JSON_TYPE, PROTOBUF_TYPE] as const) {
  test(`a recorded story is told in the recorded words: ${encoding}`, { timeout: 60_000 }, async t => {
    const { cluster, subscribe } = await setUp(t);
    const recorded = recordedEvents().filter(({ type }) => type !== 'SUBSCRIBED' && type !== 'HEARTBEAT');
    const [agent] = recordedCluster({ offers: false }).cluster.agents.values();
    assert.ok(agent);
    cluster.addAgent(agent);
    const events = await subscribe(encoding);
    const [subscribed, heartbeat] = await take(events, 2);
    assert.equal(subscribed?.subscribed?.get_state?.get_agents?.agents?.length, 1);
    assert.deepEqual(heartbeat, { type: 'HEARTBEAT' });
    for (const event of structuredClone(recorded)) relive(cluster, agent, event);
    assert.deepEqual(comparable(await take(events, recorded.length)), comparable(recorded));
  });
}

/** Does to the cluster what made Mesos send the event. */
function relive(
  cluster: Cluster,
  agent: Agent,
  { framework_added, task_added, task_updated, type }: MasterEvent,
): void {
  if (framework_added) {
    const { framework_info, registered_time } = framework_added.framework;
    const limits = { maxCompletedTasks: 10, maxUnreachableTasks: 10 };
    const framework = new Framework(checkId(framework_info.id?.value ?? ''), framework_info, 'active', limits);
    framework.registeredAt = framework.reregisteredAt = (registered_time?.nanoseconds ?? 0) / 1e6;
    cluster.addFramework(framework);
  }
  const [framework] = cluster.frameworks.values();
  assert.ok(framework);
  if (task_added) cluster.addTask(task_added.task, framework, agent);
  if (task_updated) {
    const task = framework.tasks.get(task_updated.status.task_id.value);
    assert.ok(task);
    update(cluster, task, task_updated.status, task_updated.state, framework, agent);
  }
  if (type === 'FRAMEWORK_REMOVED') cluster.removeFramework(framework);
}

function update(
  cluster: Cluster,
  task: Task,
  status: TaskStatus,
  state: TaskState,
  framework: Framework,
  agent: Agent,
): void {
  cluster.updateTask(task, status, state, framework, agent);
  task.statuses = [...(task.statuses ?? []), status];
}

test('an agent that changes comes again, once a turn, to those that asked for it', { timeout: 60_000 }, async t => {
  const { cluster, subscribe } = await setUp(t);
  const [agent] = recordedCluster({ offers: false }).cluster.agents.values();
  assert.ok(agent);
  cluster.addAgent(agent);
  const [following, other] = [await subscribe(PROTOBUF_TYPE, { followsAgents: true }), await subscribe(PROTOBUF_TYPE)];
  await Promise.all([take(following, 2), take(other, 2)]);
  agent.deactivated = true;
  cluster.agentChanged(agent);
  agent.drainInfo = { state: 'DRAINING', config: {} };
  cluster.agentChanged(agent);
  await nextTurn();
  agent.deactivated = false;
  cluster.agentChanged(agent);
  cluster.removeAgent(agent); // its change is not worth an event any more
  cluster.agentChanged(agent);
  const [changed, removed] = await take(following, 2);
  const { deactivated, drain_info } = changed?.agent_added?.agent ?? {};
  assert.deepEqual([changed?.type, deactivated, drain_info?.state], ['AGENT_ADDED', true, 'DRAINING']);
  assert.equal(removed?.type, 'AGENT_REMOVED');
  assert.equal((await take(other, 1))[0]?.type, 'AGENT_REMOVED');
});

test('those that follow agents get what executors hold, and tasks that ended under an earlier master', {
  timeout: 60_000,
}, async t => {
  const { cluster, subscribe } = await setUp(t);
  const churn = new Churn(cluster);
  const { framework, agent } = churn;
  const executor = (id: string, value: number) => ({
    executor_id: { value: id },
    resources: [{ name: 'cpus', type: 'SCALAR' as const, scalar: { value }, allocation_info: { role: 'web' } }],
  });
  cluster.addExecutor(executor('before', 0.5), framework, agent);
  const ways: readonly Wants[] = [{ followsAgents: true }, { followsAgents: true, inParts: true }];
  const streams = await Promise.all(ways.map(wants => subscribe(PROTOBUF_TYPE, wants)));
  const other = await subscribe(PROTOBUF_TYPE);
  const starts = await Promise.all(
    streams.map((events, index) => (ways[index]?.inParts ? takeSnapshot(events) : take(events, 2))),
  );
  assert.equal((await take(other, 2))[0]?.subscribed?.get_state?.get_agents?.agents?.[0]?.executor_use, undefined);
  await nextTurn(); // what was added before the snapshots is published now
  cluster.addExecutor(executor('later', 0.25), framework, agent);
  await nextTurn();
  cluster.removeExecutor('before', framework, agent);
  await nextTurn();
  const ended = (id: string): Task => ({
    ...{ name: id, task_id: { value: id }, framework_id: { value: 'f' }, agent_id: { value: 'a' } },
    state: 'TASK_FAILED',
  });
  for (const id of ['old', 'old']) cluster.rememberTask(ended(id), framework); // agents repeat what they know
  churn.add(1);
  const cpusOf = (agents: MasterEvent['agent_added'][] = []) =>
    agents.flatMap(added =>
      (added?.agent.executor_use ?? []).map(each => [each.framework_id.value, each.resources?.[0]?.scalar?.value]),
    );
  for (const [index, events] of streams.entries()) {
    const first = (starts[index] ?? []).flatMap(({ subscribed }) => subscribed?.get_state?.get_agents?.agents ?? []);
    assert.deepEqual(cpusOf(first.map(agent => ({ agent }))), [['f', 0.5]]);
    const [later, removed, ...added] = await take(events, 4);
    assert.deepEqual(cpusOf([later?.agent_added, removed?.agent_added]), [
      ['f', 0.75],
      ['f', 0.25],
    ]);
    const tasks = added.map(({ task_added }) => [task_added?.task.task_id.value, task_added?.task.state]);
    assert.deepEqual(tasks, [
      ['old', 'TASK_FAILED'],
      ['t0', 'TASK_STAGING'],
    ]);
  }
  assert.equal((await take(other, 1))[0]?.task_added?.task.task_id.value, 't0');
});

/** Tasks and what they are in, over and over. */
class Churn {
  readonly #cluster: Cluster;
  readonly framework: Framework;
  readonly agent: Agent;
  #count = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const limits = { maxCompletedTasks: 100_000, maxUnreachableTasks: 10 };
    this.framework = new Framework(checkId('f'), { user: 'u', name: 'n' }, 'active', limits);
    const registration = { info: { hostname: 'h' }, pid: 'slave(1)@10.0.0.1:5051', peer: '', version: '1.12.0' };
    this.agent = new Agent(
      checkId('a'),
      { ...registration, capabilities: [], resourceVersion: undefined, total: Resources.empty },
      0,
    );
    cluster.addFramework(this.framework);
    cluster.addAgent(this.agent);
  }

  add(count: number): void {
    for (let i = 0; i < count; i++) {
      const id = `t${this.#count++}`;
      const ids = { framework_id: { value: 'f' }, agent_id: { value: 'a' } };
      const task: Task = { name: id, task_id: { value: id }, ...ids, state: 'TASK_STAGING', statuses: [] };
      this.#cluster.addTask(task, this.framework, this.agent);
    }
  }

  /** Moves some of the tasks on, all over the list. */
  step(): void {
    for (const task of [...this.framework.tasks.values()].filter(() => Math.random() < 0.02)) {
      const state = task.state === 'TASK_STAGING' ? 'TASK_RUNNING' : 'TASK_FINISHED';
      update(this.#cluster, task, { task_id: task.task_id, state }, state, this.framework, this.agent);
      if (state === 'TASK_FINISHED') this.#cluster.removeTask(task, this.framework, this.agent);
    }
    this.add(20);
  }

  get states(): Record<string, string> {
    const tasks = [...this.framework.tasks.values(), ...this.framework.completedTasks];
    return Object.fromEntries(tasks.map(({ task_id, state }) => [task_id.value, state]));
  }
}

test('snapshot and events together are the cluster, whatever happens while the snapshot is made', {
  timeout: 60_000,
}, async t => {
  const { cluster, subscribe, subscribers } = await setUp(t);
  const churn = new Churn(cluster);
  churn.add(20_000);
  const ways: readonly (readonly [Encoding, inParts: boolean])[] = [
    [JSON_TYPE, false],
    [PROTOBUF_TYPE, false],
    [PROTOBUF_TYPE, true],
    [JSON_TYPE, false],
    [PROTOBUF_TYPE, true],
    [JSON_TYPE, true],
  ];
  let waiting = ways.length;
  const streams = Promise.all(
    ways.map(async ([encoding, inParts], index) => {
      for (let turn = 0; turn < index * 3; turn++) await nextTurn();
      const events = await subscribe(encoding, { inParts });
      const first = await takeSnapshot(events);
      waiting--;
      return [first, events] as const;
    }),
  );
  while (waiting > 0) {
    churn.step();
    await nextTurn();
  }
  churn.step();
  subscribers.close();
  for (const [first, events] of await streams) {
    const all = [...first, ...(await Array.fromAsync(events))];
    assert.deepEqual(replay(all), churn.states);
  }
});

test('a snapshot in parts is whole of an empty cluster, too, and when another who wanted it has gone', {
  timeout: 60_000,
}, async t => {
  const { cluster, subscribe } = await setUp(t);
  const empty = await subscribe(PROTOBUF_TYPE, { inParts: true });
  const end = { type: 'SUBSCRIBED', subscribed: { heartbeat_interval_seconds: 15 } };
  assert.deepEqual(await take(empty, 2), [end, { type: 'HEARTBEAT' }]);
  const churn = new Churn(cluster);
  churn.add(20_000);
  const leaving = await subscribe(PROTOBUF_TYPE, { inParts: true });
  await take(leaving, 1);
  await leaving.return(undefined);
  const staying = await subscribe(PROTOBUF_TYPE, { inParts: true });
  const events = await takeSnapshot(staying);
  assert.deepEqual(replay(events), churn.states);
});

/** Takes a snapshot, which may come in parts, with the heartbeat after it. */
async function takeSnapshot(events: AsyncGenerator<MasterEvent>): Promise<MasterEvent[]> {
  const taken: MasterEvent[] = [];
  do taken.push(...(await take(events, 1)));
  while (taken.at(-1)?.type !== 'HEARTBEAT');
  return taken;
}

/** What a subscriber knows at the end. */
function replay(events: readonly MasterEvent[]): Record<string, string> {
  const states: Record<string, string> = {};
  for (const { subscribed, task_added, task_updated } of events) {
    const { tasks = [], completed_tasks = [] } = subscribed?.get_state?.get_tasks ?? {};
    for (const { task_id, state } of [...tasks, ...completed_tasks]) states[task_id.value] = state;
    if (task_added) {
      assert.ok(!(task_added.task.task_id.value in states), 'added twice');
      states[task_added.task.task_id.value] = task_added.task.state;
    }
    if (task_updated) {
      assert.ok(task_updated.status.task_id.value in states, 'updated before it was added');
      assert.notEqual(states[task_updated.status.task_id.value], task_updated.state, 'told twice');
      states[task_updated.status.task_id.value] = task_updated.state;
    }
  }
  return states;
}

test('heartbeats come every 15 seconds while somebody listens', { timeout: 60_000 }, async t => {
  const { clock, subscribe, subscribers } = await setUp(t);
  const events = await subscribe();
  await take(events, 2);
  clock.advance(14_999);
  clock.advance(1);
  assert.deepEqual(await take(events, 1), [{ type: 'HEARTBEAT' }]);
  subscribers.close();
  assert.equal(clock.pending, 0);
});
