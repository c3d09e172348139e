import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerName, isSameId, type NamedContainer, parseContainerName } from './container-name.ts';

const id = 'a70620b4-9e74-4737-a8b4-1ced5995697d';
const agent = '328bca70-4268-4e72-b461-8584663be707-S0';

const cases: readonly (readonly [string, NamedContainer | undefined])[] = [
  [`mesos-${id}`, { containerId: id, isExecutor: false }],
  [`/mesos-${id}`, { containerId: id, isExecutor: false }],
  [`mesos-${id}.executor`, { containerId: id, isExecutor: true }],
  [`/mesos-${agent}.${id}`, { containerId: id, agentId: agent, isExecutor: false }],
  [`mesos-${agent}.${id}.executor`, { containerId: id, agentId: agent, isExecutor: true }],
  [`mesos-${agent.toLowerCase()}.${id}`, { containerId: id, agentId: agent.toLowerCase(), isExecutor: false }],
  ['mesos-executor', { containerId: 'executor', isExecutor: false }],
  ['mesos-', undefined],
  ['mesos-..', undefined],
  ['mesos-a.b.c', undefined],
  ['mesos-a/b', undefined],
  ['web', undefined],
  ['', undefined],
];
for (const [name, expected] of cases) {
  test(`the name '${name}'`, () => assert.deepEqual(parseContainerName(name), expected));
}

test('a name that was made is recognised, whatever its case', () => {
  for (const nameCase of ['preserve', 'lower'] as const) {
    const { containerId = '' } = parseContainerName(containerName('Task-1', nameCase)) ?? {};
    assert.ok(isSameId(containerId, 'Task-1', nameCase));
    assert.ok(!isSameId(containerId, 'task-2', nameCase));
  }
  assert.equal(containerName('Task-1', 'lower'), 'mesos-task-1');
  assert.ok(!isSameId('task-1', 'Task-1', 'preserve'));
});
