import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decode, type Offer, type OfferOperation, RunTaskGroupMessage, RunTaskMessage } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { accept, executor, launch, recovered, sleep, stage, task } from '../../testing/accept-stage.ts';
import { scalar } from '../../testing/simulated-agent.ts';
import { TestScheduler } from '../../testing/test-scheduler.ts';

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
  const sent = await here.scheduler.nextStatus();
  assert.deepEqual(Object.keys(sent).sort(), Object.keys(status).sort());
  assert.equal(sent.state, status.state);
  assert.equal(sent.reason, status.reason);
  assert.equal(sent.source, status.source);
  assert.equal(
    sent.message,
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
