import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import {
  DeactivateFrameworkMessage,
  DriverSchedulerCall,
  decode,
  FrameworkErrorMessage,
  type FrameworkInfo,
  FrameworkRegisteredMessage,
  FrameworkReregisteredMessage,
  LaunchTasksMessage,
  RegisterFrameworkMessage,
  ReregisterFrameworkMessage,
  ResourceOffersMessage,
  RunTaskMessage,
  StatusUpdateAcknowledgementMessage,
  StatusUpdateMessage,
  UnregisterFrameworkMessage,
} from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { type SchedulingMaster, startSchedulingMaster } from '../../testing/scheduling-master.ts';
import { type SimulatedAgent, scalar } from '../../testing/simulated-agent.ts';
import { TestDriver } from '../../testing/test-driver.ts';

const info: FrameworkInfo = { user: 'root', name: 'Test Framework (Go)', hostname: 'vm', principal: 'fw1' };

interface Stage {
  readonly master: SchedulingMaster;
  readonly agent: SimulatedAgent;
  readonly driver: TestDriver;
  readonly id: { value: string };
}

async function stage(t: TestContext): Promise<Stage> {
  const master = await startSchedulingMaster(t);
  const agent = await master.agent();
  const driver = await TestDriver.start(t, master);
  driver.send(RegisterFrameworkMessage, { framework: info });
  const { framework_id } = await driver.next(FrameworkRegisteredMessage);
  return { master, agent, driver, id: framework_id };
}

interface Recorded {
  readonly start_line: string;
  readonly decoded?: Record<string, unknown>;
}
const recorded: Recorded[] = JSON.parse(
  readFileSync(new URL('../../../fixtures/driver-messages.json', import.meta.url), 'utf8'),
);

/** Names of all fields, with those inside them. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  const fields = Object.entries(value).map(
    ([name, inner]) => [name.replaceAll('slave', 'agent'), shape(inner)] as const,
  );
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The first recorded message of a type; integers in strings are numbers here. */
function recordedShape(name: string): unknown {
  const message = recorded.find(({ start_line }) => start_line.includes(`.${name} `));
  assert.ok(message?.decoded, name);
  return shape(JSON.parse(JSON.stringify(message.decoded), (key, v) => (/^(begin|end)$/.test(key) ? Number(v) : v)));
}

test('a framework of a driver lives as recorded with mesos-go and Apache Mesos', async t => {
  const { master, agent, driver, id } = await stage(t);
  master.grantAll(id.value, agent.id ?? '');
  const offers = await driver.next(ResourceOffersMessage);
  const [offer] = offers.offers ?? [];
  assert.ok(offer);
  assert.deepEqual(offers.pids, [agent.pid]);
  assert.deepEqual(
    Object.keys(shape(offer) as object),
    Object.keys((recordedShape('ResourceOffersMessage') as { offers: object[] }).offers[0] as object),
  );
  assert.deepEqual(offer.resources?.[0], { ...scalar('cpus', 4), role: '*' });

  driver.send(LaunchTasksMessage, {
    framework_id: id,
    offer_ids: [offer.id],
    filters: { refuse_seconds: 5 },
    tasks: [
      {
        name: 'go-task-1',
        task_id: { value: '1' },
        agent_id: offer.agent_id,
        resources: [scalar('cpus', 1), scalar('mem', 64)],
        executor: {
          executor_id: { value: 'default' },
          name: 'Test Executor (Go)',
          source: 'go_test',
          framework_id: id,
          command: { value: './executor', uris: [{ value: 'http://127.0.0.1/x', executable: true }] },
          resources: [scalar('cpus', 0.01), scalar('mem', 64)],
        },
      },
    ],
  });
  const run = decode(RunTaskMessage, (await agent.next('RunTaskMessage')).body);
  assert.deepEqual(shape(run), recordedShape('RunTaskMessage'));
  assert.match(run.pid ?? '', /^scheduler\(1\)@127.0.0.1:\d+$/);

  const uuid = 'xlGAKuVnEfGIIb6dzsdyVQ==';
  const agent_id = { value: agent.id ?? '' };
  agent.send(StatusUpdateMessage, {
    pid: agent.pid,
    update: {
      framework_id: id,
      agent_id,
      executor_id: { value: 'default' },
      timestamp: 1795236929,
      uuid,
      latest_state: 'TASK_RUNNING',
      status: {
        task_id: { value: '1' },
        state: 'TASK_RUNNING',
        agent_id,
        timestamp: 1795236929,
        executor_id: { value: 'default' },
        source: 'SOURCE_EXECUTOR',
        uuid,
        container_status: {
          network_infos: [{ ip_addresses: [{ ip_address: '127.0.0.1' }] }],
          executor_pid: 18102,
          container_id: { value: 'c' },
        },
      },
    },
  });
  const update = await driver.next(StatusUpdateMessage);
  assert.deepEqual(shape(update), recordedShape('StatusUpdateMessage'));
  assert.equal(update.pid, agent.pid);
  driver.send(StatusUpdateAcknowledgementMessage, { framework_id: id, agent_id, task_id: { value: '1' }, uuid });
  const ack = decode(StatusUpdateAcknowledgementMessage, (await agent.next('StatusUpdateAcknowledgementMessage')).body);
  assert.equal(ack.uuid, uuid);
  driver.send(UnregisterFrameworkMessage, { framework_id: id });
  await agent.next('ShutdownFrameworkMessage');
  assert.ok(master.context.cluster.completedFrameworks.has(id.value));
});

test('what the master itself says has no pid, so that it is not acknowledged', async t => {
  const { driver, id } = await stage(t);
  driver.send(DriverSchedulerCall, { framework_id: id, type: 'KILL', kill: { task_id: { value: 'ghost' } } });
  const { update, pid } = await driver.next(StatusUpdateMessage);
  assert.equal(pid, undefined);
  assert.equal(update.uuid, undefined);
  assert.equal(update.status.state, 'TASK_LOST');
});

test('a driver that repeats its registration hears the same again', async t => {
  const { master, driver, id } = await stage(t);
  driver.send(RegisterFrameworkMessage, { framework: info });
  const { framework_id } = await driver.next(FrameworkRegisteredMessage);
  assert.deepEqual(framework_id, id);
  assert.equal(master.context.cluster.frameworks.size, 1);
});

test('a driver re-registers from its address, another must say that it fails over', async t => {
  const { master, driver, id } = await stage(t);
  driver.send(ReregisterFrameworkMessage, { framework: { ...info, id }, failover: false });
  await driver.next(FrameworkReregisteredMessage);
  const other = await TestDriver.start(t, master);
  other.send(ReregisterFrameworkMessage, { framework: { ...info, id }, failover: false });
  assert.equal((await other.next(FrameworkErrorMessage)).message, 'Framework failed over');
  other.send(ReregisterFrameworkMessage, { framework: { ...info, id }, failover: true });
  await other.next(FrameworkRegisteredMessage);
  assert.equal((await driver.next(FrameworkErrorMessage)).message, 'Framework failed over');
});

test('a driver whose process ends is disconnected', async t => {
  const { master, driver, id } = await stage(t);
  await driver.stop();
  await eventually('its removal', () => master.context.cluster.completedFrameworks.has(id.value));
});

const mistakes: { name: string; send: (driver: TestDriver) => void; message: string }[] = [
  {
    name: 'registering with an id',
    send: driver => driver.send(RegisterFrameworkMessage, { framework: { ...info, id: { value: 'x' } } }),
    message: "Registering with 'id' already set",
  },
  {
    name: 're-registering without one',
    send: driver => driver.send(ReregisterFrameworkMessage, { framework: info, failover: true }),
    message: "Re-registering without an 'id'",
  },
];
for (const { name, send, message } of mistakes) {
  test(`${name} is an error`, async t => {
    const master = await startSchedulingMaster(t);
    const driver = await TestDriver.start(t, master);
    send(driver);
    assert.equal((await driver.next(FrameworkErrorMessage)).message, message);
  });
}

test('messages in the name of a framework count only from its driver', async t => {
  const { master, driver, id } = await stage(t);
  const stranger = await TestDriver.start(t, master);
  stranger.send(UnregisterFrameworkMessage, { framework_id: id });
  stranger.send(DeactivateFrameworkMessage, { framework_id: id });
  stranger.send(DriverSchedulerCall, { framework_id: id, type: 'TEARDOWN' });
  stranger.send(RegisterFrameworkMessage, { framework: info });
  await stranger.next(FrameworkRegisteredMessage);
  assert.equal(master.context.cluster.frameworks.get(id.value)?.active, true);
  driver.send(DeactivateFrameworkMessage, { framework_id: id });
  driver.send(RegisterFrameworkMessage, { framework: info });
  await driver.next(FrameworkRegisteredMessage);
  assert.equal(master.context.cluster.frameworks.get(id.value)?.state, 'inactive');
});
