import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentInfo, type Resource, TaskInfo } from '@meseta/protocol';
import fc from 'fast-check';
import { convertMessage, downgrade, stripAllocation, toEndpoint, upgrade } from './convert.ts';
import { Resources } from './resources.ts';
import { arbitraryResourceList } from './testing/arbitrary.ts';

const base: Resource = { name: 'cpus', type: 'SCALAR', scalar: { value: 1 } };
const labels = { labels: [{ key: 'a', value: 'b' }] };

/** One resource in all three formats; as recorded from Apache Mesos's /slaves and its messages. */
const forms: { name: string; pre?: Resource; post: Resource; endpoint: Resource }[] = [
  { name: 'unreserved', pre: { ...base, role: '*' }, post: base, endpoint: { ...base, role: '*' } },
  {
    name: 'reserved statically',
    pre: { ...base, role: 'r' },
    post: { ...base, reservations: [{ type: 'STATIC', role: 'r' }] },
    endpoint: { ...base, role: 'r', reservations: [{ type: 'STATIC', role: 'r' }] },
  },
  {
    name: 'reserved dynamically',
    pre: { ...base, role: 'rec', reservation: { principal: 'rec', labels } },
    post: { ...base, reservations: [{ type: 'DYNAMIC', role: 'rec', principal: 'rec', labels }] },
    endpoint: {
      ...base,
      role: 'rec',
      reservation: { principal: 'rec', labels },
      reservations: [{ type: 'DYNAMIC', role: 'rec', principal: 'rec', labels }],
    },
  },
  {
    name: 'refined',
    post: {
      ...base,
      reservations: [
        { type: 'STATIC', role: 'r' },
        { type: 'DYNAMIC', role: 'r/s' },
      ],
    },
    endpoint: {
      ...base,
      reservations: [
        { type: 'STATIC', role: 'r' },
        { type: 'DYNAMIC', role: 'r/s' },
      ],
    },
  },
];

for (const { name, pre, post, endpoint } of forms) {
  test(`converts ${name}`, () => {
    assert.deepEqual(toEndpoint(post), endpoint);
    assert.deepEqual(upgrade(endpoint), post);
    assert.deepEqual(upgrade(post), post);
    if (pre) {
      assert.deepEqual(downgrade(post), pre);
      assert.deepEqual(upgrade(pre), post);
    } else {
      assert.throws(() => downgrade(post), { message: 'Cannot downgrade resources containing refined reservations' });
    }
    assert.ok(Resources.of([endpoint]).equals(Resources.of([post])));
  });
}

test('every format means the same resources', () => {
  fc.assert(
    fc.property(arbitraryResourceList, list => {
      const resources = Resources.of(list);
      const simple = list.filter(({ reservations = [] }) => reservations.length < 2);
      assert.ok(Resources.of(list.map(toEndpoint)).equals(resources));
      assert.ok(Resources.of(simple.map(downgrade)).equals(Resources.of(simple)));
    }),
  );
});

test('resources are converted wherever they are in a message', () => {
  const task: TaskInfo = {
    name: 't',
    task_id: { value: 't' },
    agent_id: { value: 'a' },
    resources: [{ ...base, role: 'r' }],
    executor: { executor_id: { value: 'e' }, resources: [{ ...base, role: '*' }] },
  };
  const upgraded = convertMessage(TaskInfo, task, 'post');
  assert.deepEqual(upgraded.resources, [{ ...base, reservations: [{ type: 'STATIC', role: 'r' }] }]);
  assert.deepEqual(upgraded.executor?.resources, [base]);
  assert.equal(upgraded.task_id, task.task_id);
  assert.deepEqual(task.resources, [{ ...base, role: 'r' }]);
});

test('allocation roles are removed', () => {
  const info: AgentInfo = { hostname: 'h', resources: [base, { ...base, allocation_info: { role: 'other' } }] };
  assert.deepEqual(stripAllocation(AgentInfo, info).resources, [base, base]);
});
