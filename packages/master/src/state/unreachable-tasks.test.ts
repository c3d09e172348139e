import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId, type Task } from '@meseta/protocol';
import { UnreachableTasks } from './unreachable-tasks.ts';

const task = (id: string, agent: string): Task => ({
  name: id,
  task_id: { value: id },
  framework_id: { value: 'f' },
  agent_id: { value: agent },
  state: 'TASK_UNREACHABLE',
  resources: [],
});

/** Tasks `1@x`: number and agent. */
function tasksOf(capacity: number, ...all: string[]): UnreachableTasks {
  const tasks = new UnreachableTasks(capacity);
  for (const each of all) {
    const [id = '', agent = ''] = each.split('@');
    tasks.add(checkId(id), task(id, agent));
  }
  return tasks;
}

const idsOf = (tasks: UnreachableTasks) =>
  [...tasks].map(({ task_id, agent_id }) => `${task_id.value}@${agent_id.value}`);

test('the tasks of an agent that is back are forgotten, and no others', () => {
  const tasks = tasksOf(10, '1@x', '2@y', '3@x', '4@z');
  tasks.deleteOf('x');
  assert.deepEqual(idsOf(tasks), ['2@y', '4@z']);
  tasks.deleteOf('x');
  tasks.deleteOf('none');
  assert.equal(tasks.size, 2);
  assert.equal(tasks.has('1'), false);
});

test('the oldest tasks are forgotten when there are too many, for their agents too', () => {
  const tasks = tasksOf(2, '1@x', '2@x', '3@x');
  assert.deepEqual(idsOf(tasks), ['2@x', '3@x']);
  tasks.add(checkId('1'), task('1', 'y'));
  tasks.deleteOf('x');
  assert.deepEqual(idsOf(tasks), ['1@y']);
});

test('a task of another agent with the same id replaces the one before', () => {
  const tasks = tasksOf(10, '1@x', '1@y');
  tasks.deleteOf('x');
  assert.deepEqual(idsOf(tasks), ['1@y']);
  assert.equal(tasks.get('1')?.agent_id.value, 'y');
  assert.ok(tasks.delete('1'));
  assert.ok(!tasks.delete('1'));
  tasks.deleteOf('y');
  assert.equal(tasks.size, 0);
});
