import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type RecordingAccess, recordingAccess } from '@meseta/daemon/testing';
import { decode, KillTaskMessage, type OfferOperation, RunTaskMessage, type TaskInfo } from '@meseta/protocol';
import {
  accept,
  executor,
  launch,
  recovered,
  reserved,
  type Stage,
  stage,
  task,
  volume,
} from '../../testing/accept-stage.ts';
import { scalar } from '../../testing/simulated-agent.ts';

const received = ({ agent }: Stage, name: string) =>
  agent.received.filter(message => message.name.endsWith(name)).length;

async function refusing(
  t: TestContext,
  action: string,
  taskId?: string,
): Promise<{ here: Stage; access: RecordingAccess }> {
  const access = recordingAccess();
  const here = await stage(t, {}, access);
  access.clear();
  access.refuse((asked, object) => {
    const { task_info } = object as { task_info?: TaskInfo };
    return asked === action && (taskId === undefined || task_info?.task_id.value === taskId);
  });
  return { here, access };
}

test('a task that may not run is an error; the others of its launch run', async t => {
  const { here, access } = await refusing(t, 'RUN_TASK', 'b');
  const root = task(here.offer, 'b', { command: { value: 'id', user: 'root' } });
  await accept(here, launch(task(here.offer, 'a'), root, task(here.offer, 'c')));
  const { update } = await here.scheduler.next('UPDATE');
  const { task_id, state, reason, message, source } = update?.status ?? {};
  assert.deepEqual(
    { task: task_id?.value, state, reason, message, source },
    {
      task: 'b',
      state: 'TASK_ERROR',
      reason: 'REASON_TASK_UNAUTHORIZED',
      message: "Not authorized to launch as user 'root'",
      source: 'SOURCE_MASTER',
    },
  );
  assert.deepEqual(access.asked, ['realm mesos-master-scheduler', 'RUN_TASK', 'RUN_TASK', 'RUN_TASK']);
  for (const id of ['a', 'c']) {
    const run = decode(RunTaskMessage, (await here.agent.next('RunTaskMessage')).body);
    assert.equal(run.task.task_id.value, id);
  }
  const framework = here.master.context.cluster.frameworks.get(here.scheduler.frameworkId);
  assert.deepEqual([...(framework?.tasks.keys() ?? [])], ['a', 'c']);
});

test('a group of which one task may not run does not run', async t => {
  const { here } = await refusing(t, 'RUN_TASK', 'b');
  const info = executor({ type: 'DEFAULT', framework_id: { value: here.scheduler.frameworkId } });
  await accept(here, {
    type: 'LAUNCH_GROUP',
    launch_group: { executor: info, task_group: { tasks: [task(here.offer, 'a'), task(here.offer, 'b')] } },
  });
  for (const id of ['a', 'b']) {
    const { update } = await here.scheduler.next('UPDATE');
    assert.equal(update?.status.task_id.value, id);
    assert.equal(update?.status.reason, 'REASON_TASK_GROUP_UNAUTHORIZED');
    assert.match(update?.status.message ?? '', /^Task 'b' is not authorized to launch as user '/);
  }
  assert.equal(received(here, 'RunTaskGroupMessage'), 0);
});

const disk = { name: 'disk', type: 'SCALAR', scalar: { value: 64 } } as const;
const operations: { action: string; what: string; operation: OfferOperation }[] = [
  {
    action: 'RESERVE_RESOURCES',
    what: 'reserve resources',
    operation: { type: 'RESERVE', reserve: { resources: [reserved(scalar('cpus', 1))] } },
  },
  {
    action: 'UNRESERVE_RESOURCES',
    what: 'unreserve resources',
    operation: { type: 'UNRESERVE', unreserve: { resources: [reserved(scalar('cpus', 1))] } },
  },
  {
    action: 'CREATE_VOLUME',
    what: 'create persistent volumes',
    operation: { type: 'CREATE', create: { volumes: [volume(64)] } },
  },
  {
    action: 'DESTROY_VOLUME',
    what: 'destroy persistent volumes',
    operation: { type: 'DESTROY', destroy: { volumes: [volume(64)] } },
  },
  {
    action: 'RESIZE_VOLUME',
    what: 'grow a volume',
    operation: { type: 'GROW_VOLUME', grow_volume: { volume: volume(64), addition: reserved(scalar('disk', 1)) } },
  },
  {
    action: 'RESIZE_VOLUME',
    what: 'shrink a volume',
    operation: { type: 'SHRINK_VOLUME', shrink_volume: { volume: volume(64), subtract: { value: 1 } } },
  },
  {
    action: 'CREATE_MOUNT_DISK',
    what: 'create a disk',
    operation: { type: 'CREATE_DISK', create_disk: { source: disk, target_type: 'MOUNT' } },
  },
  {
    action: 'CREATE_BLOCK_DISK',
    what: 'create a disk',
    operation: { type: 'CREATE_DISK', create_disk: { source: disk, target_type: 'BLOCK' } },
  },
  {
    action: 'DESTROY_RAW_DISK',
    what: 'destroy a disk',
    operation: { type: 'DESTROY_DISK', destroy_disk: { source: disk } },
  },
];
for (const { action, what, operation } of operations) {
  test(`${operation.type} is not performed without ${action}`, async t => {
    const { here, access } = await refusing(t, action);
    const agent = here.master.context.cluster.agents.get(here.agent.id ?? '');
    const before = String(agent?.total);
    await accept(here, { ...operation, id: { value: 'op' } });
    const { update_operation_status } = await here.scheduler.next('UPDATE_OPERATION_STATUS');
    assert.equal(update_operation_status?.status.state, 'OPERATION_ERROR');
    assert.equal(update_operation_status?.status.message, `Not authorized to ${what} as 'ops'`);
    assert.deepEqual(access.asked, ['realm mesos-master-scheduler', action]);
    assert.equal(String(agent?.total), before);
    assert.equal(agent?.operations.size, 0);
    assert.equal(recovered(here).length, 1, 'all of the offer is declined');
  });
}

test('a kill waits for the launch it is about, however long the answer takes', async t => {
  const gate = Promise.withResolvers<void>();
  let waits = false;
  const here = await stage(t, {}, recordingAccess({ wait: () => (waits ? gate.promise : Promise.resolve()) }));
  waits = true;
  await accept(here, launch(task(here.offer, 'a')));
  await here.scheduler.call({ type: 'KILL', kill: { task_id: { value: 'a' }, agent_id: here.offer.agent_id } });
  await turn();
  assert.equal(received(here, 'RunTaskMessage'), 0);
  gate.resolve();
  await here.agent.next('RunTaskMessage');
  const kill = decode(KillTaskMessage, (await here.agent.next('KillTaskMessage')).body);
  assert.equal(kill.task_id.value, 'a');
});

test('offers that are taken back while it is found out what is allowed are not used', async t => {
  const gate = Promise.withResolvers<void>();
  let waits = false;
  const here = await stage(t, {}, recordingAccess({ wait: () => (waits ? gate.promise : Promise.resolve()) }));
  waits = true;
  await accept(here, launch(task(here.offer, 'a')));
  const { cluster, offers } = here.master.context;
  const offer = cluster.frameworks.get(here.scheduler.frameworkId)?.offers.get(here.offer.id.value);
  assert.ok(offer);
  offers.rescind(offer);
  gate.resolve();
  const { update } = await here.scheduler.next('UPDATE');
  assert.equal(update?.status.reason, 'REASON_INVALID_OFFERS');
});
