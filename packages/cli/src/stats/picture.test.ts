import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceStatistics, Task } from '@meseta/protocol';
import type { Row } from './columns.ts';
import { jsonRow, linesFor, type Picture, sharedContainers, tableOf } from './picture.ts';
import { useOf } from './use.ts';

const task = (id: string, more: Partial<Task> = {}): Task => ({
  ...{ name: id, task_id: { value: id }, framework_id: { value: 'F' }, agent_id: { value: 'S0' } },
  ...{ state: 'TASK_RUNNING', resources: [] },
  ...more,
});

function row(id: string, statistics?: Partial<ResourceStatistics>, cpus = 0, more: Partial<Task> = {}): Row {
  const container = {
    ...{ frameworkId: 'F', executorId: more.executor_id?.value ?? id, status: {} },
    containerId: `container of ${more.executor_id?.value ?? id}`,
    statistics: statistics && { timestamp: 1, ...statistics },
  };
  return { task: task(id, more), container, use: { ...useOf(container, undefined), cpus } };
}

const picture = (rows: readonly Row[], more: Partial<Picture> = {}): Picture => ({
  ...{ rows, sort: undefined, problems: [], notes: [] },
  ...more,
});

const mebibyte = 1024 * 1024;
const some = { mem_total_bytes: 16 * mebibyte, mem_limit_bytes: 64 * mebibyte, net_rx_bytes: 0, net_tx_bytes: 1024 };

test('what is not known is -', () => {
  const rows = [row('full', some, 0.5), { ...row('empty'), use: useOf(undefined, undefined) }];
  const [head = '', full = '', empty = ''] = tableOf(picture(rows), undefined).split('\n');
  assert.match(head, /^ID +CPU % +MEM \/ LIMIT +MEM % +CACHE +DISK \/ LIMIT +NET IN \/ OUT +PROCS/);
  assert.match(full, /^full +50\.0% +16MiB \/ 64MiB +25\.0% +- +- +0B \/ 1KiB +- /);
  assert.match(empty, /^empty( +-){11}$/);
});

test('a part that is unknown is -, too', () => {
  const rows = [row('a', { disk_used_bytes: 4096 }), row('b', { disk_limit_bytes: mebibyte })];
  const [, a = '', b = ''] = tableOf(picture(rows), undefined).split('\n');
  assert.match(a, / 4KiB \/ - /);
  assert.match(b, / - \/ 1MiB /);
});

test('names are shown where ids do not begin with them', () => {
  assert.doesNotMatch(tableOf(picture([row('web-1', some, 0, { name: 'web' })]), undefined), /NAME/);
  assert.match(tableOf(picture([row('5f3', some, 0, { name: 'web' })]), undefined), /^ID +NAME .*\n5f3 +web /);
});

test('a narrow terminal loses columns without any number first, then those at the end; lines fit', () => {
  const rows = [row('a-task-with-a-long-name', some, 0.5)];
  const at = (width: number) => linesFor(picture(rows), width, 24);
  assert.match(at(200)[0] ?? '', /CACHE .* READ \/ WRITTEN$/);
  assert.match(at(90)[0] ?? '', /^ID +CPU % +MEM \/ LIMIT +MEM % +NET IN \/ OUT$/);
  assert.match(at(60)[0] ?? '', /^ID +CPU % +MEM \/ LIMIT +MEM %$/);
  for (const width of [200, 90, 60, 40, 20, 5]) {
    for (const line of at(width)) assert.ok(line.length <= width, `${width}: ${line}`);
  }
});

test('without room for all, the busiest tasks are shown, with their number', () => {
  const rows = Array.from({ length: 200 }, (_, index) => row(`task-${index}`, some, index === 77 ? 1 : index / 1000));
  const lines = linesFor(picture(rows), 100, 6);
  assert.equal(lines.length, 6);
  assert.deepEqual(
    lines.slice(1, 5).map(line => line.split(' ')[0]),
    ['task-77', 'task-199', 'task-198', 'task-197'],
  );
  assert.equal(lines[5], '4 of 200 tasks: those that use most CPU time');
  assert.match(linesFor(picture(rows.slice(0, 5)), 100, 6)[1] ?? '', /^task-0 /);
  assert.equal(linesFor(picture(rows), 0, 0).length, 201);
});

test('notes have room below the table, and are cut', () => {
  const rows = [row('a', some), row('b', some), row('c', some)];
  const lines = linesFor(picture(rows, { problems: ['the agent \u001b[2J does not answer'] }), 20, 4);
  assert.deepEqual(lines.slice(2), ['1 of 3 tasks: those…', 'the agent \ufffd[2J does…']);
  assert.deepEqual(linesFor(picture([]), 100, 4).slice(1), ['No task is running']);
});

test('rows are sorted, the unknown last', () => {
  const memory = (id: string, bytes?: number) => row(id, bytes === undefined ? {} : { mem_rss_bytes: bytes });
  const rows = [memory('unknown'), memory('small', 1), memory('large', 3), memory('middle', 2)];
  const ids = tableOf(picture(rows, { sort: 'mem' }), undefined)
    .trim()
    .split('\n')
    .slice(1);
  assert.deepEqual(
    ids.map(line => line.split(' ')[0]),
    ['large', 'middle', 'small', 'unknown'],
  );
});

test('tasks that share a container are named', () => {
  const shared = (id: string) => row(id, some, 0, { executor_id: { value: 'pool' } });
  assert.deepEqual(sharedContainers([shared('a'), row('b', some), shared('c')]), [
    'One container of executor pool has a, c: the numbers are for all of them',
  ]);
  const [many] = sharedContainers(['a', 'b', 'c', 'd', 'e'].map(shared));
  assert.match(many ?? '', /has a, b, c and 2 more:/);
});

test('in JSON, what is not known is absent', () => {
  const found = row('a', { mem_rss_bytes: 1 }, 0.123456);
  assert.deepEqual(jsonRow(found), {
    ...{ task_id: { value: 'a' }, framework_id: { value: 'F' }, agent_id: { value: 'S0' } },
    ...{ name: 'a', state: 'TASK_RUNNING', container_id: { value: 'container of a' }, cpus_used: 0.1235 },
    resource_statistics: { timestamp: 1, mem_rss_bytes: 1 },
  });
  const none = jsonRow({ task: task('a'), container: undefined, use: useOf(undefined, undefined) });
  assert.deepEqual(Object.keys(none), ['task_id', 'framework_id', 'agent_id', 'name', 'state']);
});
