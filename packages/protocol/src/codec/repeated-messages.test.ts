import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode, type Resource, Task } from '../index.ts';

const cpus = (value: number): Resource => ({ name: 'cpus', type: 'SCALAR', scalar: { value } });

function task(number: number, resources: readonly Resource[]): Task {
  return {
    name: 'web',
    task_id: { value: `task-${number}` },
    framework_id: { value: 'a-framework-of-this-test' },
    agent_id: { value: `an-agent-of-this-test-${number}` },
    state: 'TASK_RUNNING',
    resources: [...resources],
  };
}

function read(number: number, resources: readonly Resource[]): Task {
  return decode(Task, encode(Task, task(number, resources)));
}

test('what many tasks use and belong to is read as one object, which nobody can change', () => {
  const [, second, third] = [1, 2, 3].map(number => read(number, [cpus(0.53)]));
  assert.deepEqual(third, task(3, [cpus(0.53)]));
  assert.equal(second?.resources?.[0], third?.resources?.[0]);
  assert.equal(second?.framework_id, third?.framework_id);
  const scalar = third?.resources?.[0]?.scalar;
  assert.throws(() => Object.assign(scalar ?? {}, { value: 100 }), TypeError);
  assert.deepEqual(read(4, [cpus(0.53)]), task(4, [cpus(0.53)]));
});

test('messages that differ, in one bit or in their type, are never taken for one another', () => {
  for (const round of [1, 2, 3]) {
    for (let number = 0; number < 2000; number++) {
      const resources = [cpus(number / 1000), cpus(-number / 1000)];
      assert.deepEqual(read(number, resources), task(number, resources), `round ${round}`);
    }
  }
  const sameId = { ...task(1, []), executor_id: { value: 'a-framework-of-this-test' } };
  const { resources: _, ...expected } = sameId;
  for (let i = 0; i < 3; i++) assert.deepEqual(decode(Task, encode(Task, sameId)), expected);
});
