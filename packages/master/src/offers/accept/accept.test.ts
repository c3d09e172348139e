import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import {
  ApplyOperationMessage,
  type CommandInfo,
  decode,
  type ExecutorInfo,
  type FrameworkInfo,
  type Offer,
  type OfferOperation,
  type Resource,
  RunTaskGroupMessage,
  RunTaskMessage,
  type TaskInfo,
} from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { type SchedulingMaster, startSchedulingMaster } from '../../testing/scheduling-master.ts';
import { type SimulatedAgent, scalar } from '../../testing/simulated-agent.ts';
import { TestScheduler } from '../../testing/test-scheduler.ts';

interface Stage {
  readonly master: SchedulingMaster;
  readonly agent: SimulatedAgent;
  readonly scheduler: TestScheduler;
  readonly offer: Offer;
}

/** A framework with an offer of a whole agent: 4 cpus, 4096 MB of memory and of disk. */
async function stage(t: TestContext, info: Partial<FrameworkInfo> = {}): Promise<Stage> {
  const master = await startSchedulingMaster(t);
  const agent = await master.agent();
  const scheduler = await TestScheduler.start(t, master.address, { roles: ['web'], principal: 'ops', ...info });
  master.grantAll(scheduler.frameworkId, agent.id ?? '', info.roles?.[0] ?? 'web');
  return { master, agent, scheduler, offer: await scheduler.nextOffer() };
}

function task(offer: Offer, id: string, parts: Partial<TaskInfo> = {}): TaskInfo {
  return {
    name: id,
    task_id: { value: id },
    agent_id: offer.agent_id,
    resources: [scalar('cpus', 1), scalar('mem', 64)],
    ...(parts.executor ? {} : { command: sleep }),
    ...parts,
  };
}

const sleep: CommandInfo = { value: 'sleep 1' };

function executor(parts: Partial<ExecutorInfo> = {}): ExecutorInfo {
  return {
    executor_id: { value: 'e' },
    command: sleep,
    resources: [scalar('cpus', 0.1), scalar('mem', 32)],
    ...parts,
  };
}

const accept = ({ scheduler, offer }: Stage, ...operations: OfferOperation[]) =>
  scheduler.call({
    type: 'ACCEPT',
    accept: { offer_ids: [offer.id], operations, filters: { refuse_seconds: 7 } },
  });

const launch = (...task_infos: TaskInfo[]): OfferOperation => ({ type: 'LAUNCH', launch: { task_infos } });

/** What was given back to the allocator: its text, and the filter. */
const recovered = ({ master }: Stage) =>
  master.askedFor('recover').map(([, , resources, filters]) => [String(resources), filters]);

const reserved = (resource: Resource): Resource => ({
  ...resource,
  reservations: [{ type: 'DYNAMIC', role: 'web', principal: 'ops' }],
});

const volume = (mb: number): Resource => ({
  ...reserved(scalar('disk', mb)),
  disk: { persistence: { id: 'v', principal: 'ops' }, volume: { container_path: 'data', mode: 'RW' } },
});

test('an offer has the fields that Apache Mesos sends', async t => {
  const { offer, agent } = await stage(t);
  const recording = JSON.parse(
    readFileSync(new URL('../../../fixtures/scheduler-events/finished.json', import.meta.url), 'utf8'),
  );
  const [recorded] = recording.events[0].offers.offers;
  // The recording's agent has attributes.
  const { attributes: _, ...fields } = recorded;
  assert.deepEqual(Object.keys(offer).sort(), Object.keys(fields).sort());
  assert.deepEqual(Object.keys(offer.resources?.[0] ?? {}).sort(), Object.keys(recorded.resources[1]).sort());
  const [, port] = agent.pid.split(':');
  assert.deepEqual(offer.url, {
    scheme: 'http',
    address: { hostname: '127.0.0.1', ip: '127.0.0.1', port: Number(port) },
    path: '/slave(1)',
  });
  assert.deepEqual(offer.allocation_info, { role: 'web' });
  assert.equal(offer.id.value, 'master-1-O0');
});

test('frameworks of old get offers in the old format', async t => {
  const { offer } = await stage(t, { capabilities: [], roles: [], role: 'web' });
  assert.equal(offer.allocation_info, undefined);
  assert.deepEqual(offer.resources?.[0], { ...scalar('cpus', 4), role: '*' });
});

test('a task reaches the agent, and what is left goes back with the filter', async t => {
  const here = await stage(t);
  assert.equal((await accept(here, launch(task(here.offer, 'a')))).status, 202);
  const run = decode(RunTaskMessage, (await here.agent.next('RunTaskMessage')).body);
  assert.equal(run.launch_executor, true);
  assert.equal(run.pid, '');
  assert.equal(run.framework.id?.value, here.scheduler.frameworkId);
  assert.deepEqual(run.resource_version_uuids, [{ uuid: { value: 'kP2kJcMSQsmDffhgA7AGpQ==' } }]);
  assert.deepEqual(run.task.resources?.[0], { ...scalar('cpus', 1), allocation_info: { role: 'web' } });
  assert.deepEqual(recovered(here), [
    ['cpus(allocated: web):3; mem(allocated: web):4032; disk(allocated: web):4096', { refuse_seconds: 7 }],
  ]);
  const framework = here.master.context.cluster.frameworks.get(here.scheduler.frameworkId);
  assert.equal(framework?.tasks.get('a')?.state, 'TASK_STAGING');
  assert.equal(String(framework?.used), 'cpus(allocated: web):1; mem(allocated: web):64');
  assert.ok(framework?.offered.isEmpty);
});

test('tasks of one executor: it is launched once, and its id is in later offers', async t => {
  const here = await stage(t);
  await accept(
    here,
    launch(task(here.offer, 'a', { executor: executor() }), task(here.offer, 'b', { executor: executor() })),
  );
  const runs = [await here.agent.next('RunTaskMessage'), await here.agent.next('RunTaskMessage')];
  assert.deepEqual(
    runs.map(({ body }) => decode(RunTaskMessage, body).launch_executor),
    [true, false],
  );
  assert.equal(
    decode(RunTaskMessage, runs[0]?.body as Buffer).task.executor?.framework_id?.value,
    here.scheduler.frameworkId,
  );
  here.master.grantAll(here.scheduler.frameworkId, here.agent.id ?? '', 'web');
  const offer = await here.scheduler.nextOffer();
  assert.deepEqual(offer.executor_ids, [{ value: 'e' }]);
  assert.equal(String(Resources.of(offer.resources).unallocate()), 'cpus:1.9; mem:3936; disk:4096');
});

test('more than was offered, in the words of Apache Mesos', async t => {
  const here = await stage(t, { roles: ['rec'] });
  const recording = JSON.parse(
    readFileSync(new URL('../../../fixtures/scheduler-events/too-big.json', import.meta.url), 'utf8'),
  );
  const { status } = recording.events[0].update;
  const resources = [scalar('cpus', 999), scalar('mem', 32)];
  await accept(here, launch(task(here.offer, 'big', { resources })));
  const told = await here.scheduler.nextStatus();
  assert.deepEqual(Object.keys(told).sort(), Object.keys(status).sort());
  assert.equal(told.state, status.state);
  assert.equal(told.reason, status.reason);
  assert.equal(told.source, status.source);
  assert.equal(
    told.message,
    status.message.replace(
      /available .*/,
      'available cpus(allocated: rec):4; mem(allocated: rec):4096; disk(allocated: rec):4096',
    ),
  );
});

const refusals: {
  name: string;
  operations: (offer: Offer) => OfferOperation[];
  reason?: string;
  message: string | RegExp;
}[] = [
  {
    name: 'a task without resources',
    operations: offer => [launch(task(offer, 'a', { resources: [] }))],
    message: 'Task uses no resources',
  },
  {
    name: 'a task with an id that is a path',
    operations: offer => [launch(task(offer, 'a/b'))],
    message: "'a/b' contains invalid characters",
  },
  {
    name: 'a task for another agent',
    operations: offer => [launch(task(offer, 'a', { agent_id: { value: 'other' } }))],
    message: /^Task uses invalid agent other while agent master-1-S0 is expected$/,
  },
  {
    name: 'resources that are none',
    operations: offer => [launch(task(offer, 'a', { resources: [scalar('cpus', -1)] }))],
    message: /^Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0$/,
  },
  {
    name: 'a LAUNCH with an id',
    operations: offer => [{ ...launch(task(offer, 'a')), id: { value: 'o' } }],
    message: 'The `id` field cannot be set on LAUNCH operations',
  },
  {
    name: 'a group whose executor is too small',
    operations: offer => [
      {
        type: 'LAUNCH_GROUP',
        launch_group: {
          executor: executor({ type: 'CUSTOM', framework_id: offer.framework_id, resources: [scalar('cpus', 0.001)] }),
          task_group: { tasks: [task(offer, 'a', { command: sleep })] },
        },
      },
    ],
    reason: 'REASON_TASK_GROUP_INVALID',
    message: "Executor 'e' uses less CPUs (0.001) than the minimum required (0.01)",
  },
];
for (const { name, operations, reason = 'REASON_TASK_INVALID', message } of refusals) {
  test(`refuses ${name}, and nothing is lost`, async t => {
    const here = await stage(t);
    await accept(here, ...operations(here.offer));
    const status = await here.scheduler.nextStatus();
    assert.equal(status.state, 'TASK_ERROR');
    assert.equal(status.source, 'SOURCE_MASTER');
    assert.equal(status.reason, reason);
    assert.equal(status.uuid, undefined);
    if (typeof message === 'string') assert.equal(status.message, message);
    else assert.match(status.message ?? '', message);
    assert.deepEqual(recovered(here), [
      ['cpus(allocated: web):4; mem(allocated: web):4096; disk(allocated: web):4096', { refuse_seconds: 7 }],
    ]);
  });
}

const lost: { name: string; ids: (offer: Offer) => Offer['id'][]; aware: boolean; message: string }[] = [
  { name: 'no offers', ids: () => [], aware: true, message: 'No offers specified' },
  {
    name: 'the same offer twice',
    ids: ({ id }) => [id, id],
    aware: true,
    message: 'Duplicate offer master-1-O0 in offer list',
  },
  {
    name: 'an offer that is gone',
    ids: () => [{ value: 'gone' }],
    aware: false,
    message: 'Offer gone is no longer valid',
  },
];
for (const { name, ids, aware, message } of lost) {
  test(`drops tasks with ${name}`, async t => {
    const here = await stage(t, {
      capabilities: [{ type: 'MULTI_ROLE' }, ...(aware ? [{ type: 'PARTITION_AWARE' } as const] : [])],
    });
    const { scheduler, offer } = here;
    await scheduler.call({
      type: 'ACCEPT',
      accept: { offer_ids: ids(offer), operations: [launch(task(offer, 'a'))] },
    });
    const status = await scheduler.nextStatus();
    assert.equal(status.state, aware ? 'TASK_DROPPED' : 'TASK_LOST');
    assert.equal(status.reason, 'REASON_INVALID_OFFERS');
    assert.equal(status.message, `Task launched with invalid offers: ${message}`);
  });
}

test('offers of other frameworks are neither used nor touched', async t => {
  const here = await stage(t);
  const thief = await TestScheduler.start(t, here.master.address);
  await accept({ ...here, scheduler: thief }, launch(task(here.offer, 'a')));
  const status = await thief.nextStatus();
  assert.match(status.message ?? '', /has invalid framework master-1-0000 while framework master-1-0001 is expected$/);
  await thief.call({ type: 'DECLINE', decline: { offer_ids: [here.offer.id] } });
  assert.ok(here.master.context.cluster.offers.has(here.offer.id.value));
});

test('a group reaches the agent as a whole', async t => {
  const here = await stage(t);
  const group = {
    executor: executor({
      type: 'DEFAULT',
      framework_id: here.offer.framework_id,
      resources: [scalar('cpus', 0.1), scalar('mem', 32), scalar('disk', 32)],
    }),
    task_group: { tasks: [task(here.offer, 'a'), task(here.offer, 'b')] },
  };
  const { command: _, ...plain } = group.executor;
  await accept(here, { type: 'LAUNCH_GROUP', launch_group: { ...group, executor: plain } });
  const run = decode(RunTaskGroupMessage, (await here.agent.next('RunTaskGroupMessage')).body);
  assert.equal(run.launch_executor, true);
  assert.deepEqual(
    run.task_group.tasks?.map(({ task_id, executor }) => [task_id.value, executor?.executor_id.value]),
    [
      ['a', 'e'],
      ['b', 'e'],
    ],
  );
  assert.equal(
    recovered(here)[0]?.[0],
    'cpus(allocated: web):1.9; mem(allocated: web):3936; disk(allocated: web):4064',
  );
});

test('reservations and volumes are there for the operations after them', async t => {
  const here = await stage(t);
  await accept(
    here,
    {
      type: 'RESERVE',
      id: { value: 'r' },
      reserve: { resources: [reserved(scalar('disk', 64)), reserved(scalar('cpus', 2))] },
    },
    { type: 'CREATE', create: { volumes: [volume(64)] } },
    launch(task(here.offer, 'a', { resources: [reserved(scalar('cpus', 1)), volume(64)] })),
  );
  const reserve = decode(ApplyOperationMessage, (await here.agent.next('ApplyOperationMessage')).body);
  assert.equal(reserve.operation_info.type, 'RESERVE');
  assert.equal(Buffer.from(reserve.operation_uuid.value, 'base64').length, 16);
  const create = decode(ApplyOperationMessage, (await here.agent.next('ApplyOperationMessage')).body);
  assert.equal(create.operation_info.type, 'CREATE');
  await here.agent.next('RunTaskMessage');
  const agent = here.master.context.cluster.agents.get(here.agent.id ?? '');
  assert.equal(
    String(agent?.total),
    'cpus:2; mem:4096; disk:4032; cpus(reservations: [(DYNAMIC,web,ops)]):2; disk(reservations: [(DYNAMIC,web,ops)])[v:data]:64',
  );
  // The reserved cpu that is left was asked for, so no filter keeps it away.
  assert.deepEqual(recovered(here), [
    ['cpus(allocated: web)(reservations: [(DYNAMIC,web,ops)]):1', undefined],
    ['cpus(allocated: web):2; mem(allocated: web):4096; disk(allocated: web):4032', { refuse_seconds: 7 }],
  ]);
  assert.equal(here.master.askedFor('convert').length, 2);
  assert.equal(agent?.operations.size, 2);
});

const failedOperations: { name: string; operation: (offer: Offer) => OfferOperation; message: RegExp }[] = [
  {
    name: 'a reservation in the name of another',
    operation: () => ({
      type: 'RESERVE',
      reserve: {
        resources: [{ ...scalar('cpus', 1), reservations: [{ type: 'DYNAMIC', role: 'web', principal: 'mallory' }] }],
      },
    }),
    message:
      /^A reserve operation was attempted by authenticated principal 'ops', which does not match .* 'mallory'; on agent master-1-S0 at slave\(1\)@127.0.0.1:\d+ \(127.0.0.1\)$/,
  },
  {
    name: 'a reservation of more than there is',
    operation: () => ({ type: 'RESERVE', reserve: { resources: [reserved(scalar('cpus', 99))] } }),
    message: /does not contain/,
  },
  {
    name: 'a volume that is not reserved for',
    operation: () => ({ type: 'CREATE', create: { volumes: [volume(64)] } }),
    message: /does not contain/,
  },
  {
    name: 'a volume that escapes by its id',
    operation: () => {
      const escaping = volume(64);
      return {
        type: 'CREATE',
        create: { volumes: [{ ...escaping, disk: { ...escaping.disk, persistence: { id: '..' } } }] },
      };
    },
    message: /^Invalid resources: Invalid DiskInfo: Invalid persistence ID for persistent volume: '..' is disallowed/,
  },
  {
    name: 'destroying what is not there',
    operation: () => ({ type: 'DESTROY', destroy: { volumes: [volume(64)] } }),
    message: /^Persistent volumes not found/,
  },
  {
    name: 'growing by nothing',
    operation: () => ({
      type: 'GROW_VOLUME',
      grow_volume: { volume: volume(64), addition: reserved(scalar('disk', 0)) },
    }),
    message: /^The size of 'GrowVolume.addition' field must be greater than zero/,
  },
  {
    name: 'a part that is missing',
    operation: () => ({ type: 'UNRESERVE' }),
    message:
      /^Operation attempted with invalid resources: An UNRESERVE offer operation must have the Offer.Operation.unreserve field set\.$/,
  },
];
for (const { name, operation, message } of failedOperations) {
  test(`${name} is told of, and the rest goes on`, async t => {
    const here = await stage(t);
    await accept(here, { ...operation(here.offer), id: { value: 'op' } }, launch(task(here.offer, 'a')));
    const { update_operation_status } = await here.scheduler.next('UPDATE_OPERATION_STATUS');
    assert.equal(update_operation_status?.status.state, 'OPERATION_ERROR');
    assert.equal(update_operation_status?.status.operation_id?.value, 'op');
    assert.match(update_operation_status?.status.message ?? '', message);
    await here.agent.next('RunTaskMessage');
  });
}

test('a volume is resized, destroyed, and its reservation ended', async t => {
  const here = await stage(t);
  await accept(
    here,
    { type: 'RESERVE', reserve: { resources: [reserved(scalar('disk', 64))] } },
    { type: 'CREATE', create: { volumes: [volume(32)] } },
    { type: 'GROW_VOLUME', grow_volume: { volume: volume(32), addition: reserved(scalar('disk', 32)) } },
  );
  const agent = here.master.context.cluster.agents.get(here.agent.id ?? '');
  assert.match(String(agent?.total), /\[v:data\]:64$/);
  here.master.grantAll(here.scheduler.frameworkId, here.agent.id ?? '', 'web');
  const offer = await here.scheduler.nextOffer();
  await accept(
    { ...here, offer },
    { type: 'DESTROY', destroy: { volumes: [volume(64)] } },
    { type: 'UNRESERVE', unreserve: { resources: [reserved(scalar('disk', 64))] } },
  );
  assert.equal(String(agent?.total), 'cpus:4; mem:4096; disk:4096');
});

test('tasks for an agent that has gone are dropped', async t => {
  const here = await stage(t);
  const { cluster } = here.master.context;
  const agent = cluster.agents.get(here.agent.id ?? '');
  assert.ok(agent);
  agent.connected = false;
  await accept(here, launch(task(here.offer, 'a')));
  const status = await here.scheduler.nextStatus();
  assert.equal(status.state, 'TASK_DROPPED');
  assert.equal(status.reason, 'REASON_AGENT_DISCONNECTED');
  assert.equal(status.message, 'Agent disconnected');
  assert.equal(cluster.offers.size, 0);
});
