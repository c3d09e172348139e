import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { checkId, type ExecutorId, type FrameworkId, type TaskState } from '@meseta/protocol';
import { FakeClock } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { Disk } from '../disk/disk.ts';
import type { DiskOperation } from '../disk/operation.ts';
import { heldBytes } from './held.ts';
import { StatusUpdateManager } from './manager.ts';

const uuid = (letter: string) => Buffer.alloc(16, letter).toString('base64');

function update(letter: string, state: TaskState = 'TASK_RUNNING') {
  const status = { task_id: { value: 't' }, state };
  return { framework_id: { value: 'f' }, status, timestamp: 1, uuid: uuid(letter) };
}

function setUp(disk: { perform(operations: readonly DiskOperation[]): Promise<void> }) {
  const clock = new FakeClock();
  const sent: string[] = [];
  const forward = (message: { status: { state: TaskState }; latest_state?: TaskState }) =>
    void sent.push(`${message.status.state.slice(5)} of ${message.latest_state?.slice(5)}`);
  const manager = new StatusUpdateManager({ disk, clock, log: silentLogger(), forward });
  return { manager, clock, sent };
}

async function directory(t: TestContext): Promise<{ path: string; disk: Disk }> {
  const path = await mkdtemp(join(tmpdir(), 'meseta-updates-'));
  const disk = new Disk();
  t.after(async () => {
    await disk.close();
    await rm(path, { recursive: true });
  });
  return { path: join(path, 'task.updates'), disk };
}

const noDisk = { perform: async () => undefined };

test('repeats an update after 10 s, then ever more seldom, until it is acknowledged', async () => {
  const { manager, clock, sent } = setUp(noDisk);
  manager.resume();
  await manager.update(update('a'), 'path');
  for (const [ms, count] of [
    [9_999, 1],
    [1, 2],
    [19_999, 2],
    [1, 3],
    [3_600_000, 12],
  ] as const) {
    clock.advance(ms);
    assert.equal(sent.length, count, `after ${clock.now()}`);
  }
  assert.equal(await manager.acknowledge('f', 't', uuid('a')), 'acknowledged');
  clock.advance(3_600_000);
  assert.equal(sent.length, 12);
});

test('is silent without a master, and begins at 10 s with the next one', async () => {
  const { manager, clock, sent } = setUp(noDisk);
  await manager.update(update('a'), 'path');
  clock.advance(100_000);
  assert.deepEqual(sent, []);
  manager.resume();
  manager.pause();
  clock.advance(100_000);
  manager.resume();
  clock.advance(10_000);
  assert.equal(sent.length, 3);
});

test('tells the newest state with the one whose turn it is', async () => {
  const { manager, sent } = setUp(noDisk);
  manager.resume();
  await manager.update(update('a', 'TASK_STARTING'), 'path');
  await manager.update(update('b', 'TASK_FAILED'), 'path');
  manager.resume();
  assert.deepEqual(sent, ['STARTING of STARTING', 'STARTING of FAILED']);
});

test('tells nobody before it is on disk, and tries as long as that takes', async () => {
  let full = true;
  const disk = { perform: () => (full ? Promise.reject(new Error('ENOSPC')) : Promise.resolve()) };
  const { manager, clock, sent } = setUp(disk);
  manager.resume();
  const written = manager.update(update('a'), 'path');
  for (let round = 0; round < 5; round++) {
    await turn();
    clock.advance(10_000);
  }
  assert.deepEqual(sent, []);
  full = false;
  for (let round = 0; round < 5 && sent.length === 0; round++) {
    clock.advance(5_000); // less than the time to a repetition
    await turn();
  }
  await written;
  assert.equal(sent.length, 1);
});

test('goes on after a restart where it was, also after a torn record', async t => {
  const { path, disk } = await directory(t);
  const { manager } = setUp(disk);
  await manager.update(update('a', 'TASK_STARTING'), path);
  await manager.update(update('b', 'TASK_FINISHED'), path);
  await manager.acknowledge('f', 't', uuid('a'));
  const whole = await readFile(path);
  await writeFile(path, Buffer.concat([whole, whole.subarray(0, 30)]));

  const after = setUp(disk);
  const { updates, closed } = await after.manager.recover(checkId('f'), checkId('t'), path);
  assert.deepEqual([updates.map(({ status }) => status.state), closed], [['TASK_STARTING', 'TASK_FINISHED'], false]);
  assert.deepEqual(await readFile(path), whole);
  after.manager.resume();
  assert.deepEqual(after.sent, ['FINISHED of FINISHED']);
  assert.equal(await after.manager.acknowledge('f', 't', uuid('b')), 'closed');
  assert.equal(after.manager.size, 0);
  assert.equal((await setUp(disk).manager.recover(checkId('f'), checkId('t'), path)).closed, true);
});

test('a framework whose scheduler comes back is told at once what it has not acknowledged, others are not', async () => {
  const { manager, clock, sent } = setUp(noDisk);
  manager.resumeFramework(checkId('f')); // there is no master yet
  await manager.update(update('a'), 'path');
  await manager.update(update('b', 'TASK_FINISHED'), 'path');
  assert.deepEqual(sent, []);
  manager.resume();
  clock.advance(15_000);
  assert.equal(sent.splice(0).length, 2);
  manager.resumeFramework(checkId('another'));
  assert.deepEqual(sent, []);
  manager.resumeFramework(checkId('f'));
  assert.deepEqual(sent.splice(0), ['RUNNING of FINISHED']);
  clock.advance(9_999);
  assert.deepEqual(sent, []);
  clock.advance(1);
  assert.equal(sent.length, 1, 'its wait begins anew');
});

test('an executor has room for as much as its framework acknowledges', async () => {
  const { manager } = setUp(noDisk);
  const framework: FrameworkId = checkId('f');
  const executor: ExecutorId = checkId('e');
  const other: ExecutorId = checkId('other');
  const large = (letter: string, state: TaskState = 'TASK_RUNNING') => {
    const message = update(letter, state);
    const status = { ...message.status, data: 'A'.repeat(heldBytes / 2) };
    return { ...message, executor_id: { value: executor }, status };
  };
  const hasRoom = (id = executor) => manager.hasRoom(framework, id, large('x').status);
  assert.ok(hasRoom());
  const [first] = [manager.update(large('a'), 'path'), manager.update(large('b'), 'path')];
  assert.equal(hasRoom(), false, 'also of what is not written yet');
  assert.ok(hasRoom(other));
  await first;
  await manager.update(large('b'), 'path'); // a repetition
  assert.equal(hasRoom(), false);
  await manager.acknowledge('f', 't', uuid('a'));
  await manager.acknowledge('f', 't', uuid('b'));
  assert.ok(hasRoom());
  for (const letter of ['c', 'd', 'e']) await manager.update(large(letter), 'path');
  await manager.update(large('f', 'TASK_FINISHED'), 'path');
  assert.equal(hasRoom(), false);
  manager.forget('f');
  assert.ok(hasRoom());
  assert.ok(manager.hasRoom(framework, executor, { ...update('x').status, data: 'A'.repeat(2 * heldBytes) }));
});
