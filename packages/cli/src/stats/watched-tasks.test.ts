import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MasterEvent, MasterResponseGetTasks, Task, TaskState } from '@meseta/protocol';
import { WatchedTasks } from './watched-tasks.ts';

/** The origin of the master. */
const master = 'http://10.0.0.9:5050';

const task = (id: string, state: TaskState = 'TASK_RUNNING', more: Partial<Task> = {}): Task => ({
  ...{ name: id, task_id: { value: id }, framework_id: { value: 'F' }, agent_id: { value: 'S0' } },
  ...{ state, resources: [] },
  ...more,
});

const agent = (id: string) => ({
  ...{ agent_info: { id: { value: id }, hostname: 'host' }, active: true, version: '1.12.0' },
  pid: `slave(1)@10.0.0.1:505${id.slice(1)}`,
});

const subscribed = (get_tasks: MasterResponseGetTasks, ...agents: string[]): MasterEvent => ({
  subscribed: { get_state: { get_tasks, get_agents: { agents: agents.map(agent) } } },
});
const added = (one: Task): MasterEvent => ({ task_added: { task: one } });
const updated = (id: string, state: TaskState, message?: string): MasterEvent => ({
  task_updated: {
    framework_id: { value: 'F' },
    status: { task_id: { value: id }, state, ...(message !== undefined && { message }) },
    state,
  },
});
const agentAdded = (id: string): MasterEvent => ({ agent_added: { agent: agent(id) } });
const removed: MasterEvent = { framework_removed: { framework_info: { name: 'f', user: 'u', id: { value: 'F' } } } };

const cases: { name: string; events: MasterEvent[]; left: string[]; ended: string[] }[] = [
  {
    name: 'live tasks are those of the snapshot that have not ended, and new ones',
    events: [
      subscribed({ tasks: [task('a'), task('b', 'TASK_FINISHED')], completed_tasks: [task('c', 'TASK_KILLED')] }, 'S0'),
      added(task('d', 'TASK_STAGING')),
    ],
    left: ['a', 'd'],
    ended: [],
  },
  {
    name: 'a task ends by its update, once, with the message',
    events: [
      subscribed({ tasks: [task('a'), task('b')] }, 'S0'),
      updated('a', 'TASK_KILLING'),
      updated('a', 'TASK_FAILED', 'Command exited with status 1'),
      updated('a', 'TASK_FAILED', 'Command exited with status 1'),
    ],
    left: ['b'],
    ended: ['a failed: Command exited with status 1'],
  },
  {
    name: 'a task of an unreachable agent may come back',
    events: [subscribed({ tasks: [task('a')] }, 'S0'), updated('a', 'TASK_UNREACHABLE'), updated('a', 'TASK_RUNNING')],
    left: ['a'],
    ended: [],
  },
  {
    name: 'tasks end with their framework',
    events: [subscribed({ tasks: [task('a')] }, 'S0'), removed],
    left: [],
    ended: ['a is gone: its framework or its agent was removed'],
  },
  {
    name: 'a task that ended while the connection was broken has its state',
    events: [
      subscribed({ tasks: [task('a'), task('b')] }, 'S0'),
      subscribed({ tasks: [task('b', 'TASK_KILLED')], completed_tasks: [task('a', 'TASK_FINISHED')] }, 'S0'),
    ],
    left: [],
    ended: ['a finished', 'b killed'],
  },
  {
    name: 'a task that is there again has not ended, whatever an earlier one of its id did',
    events: [
      subscribed({ tasks: [task('a')] }, 'S0'),
      subscribed({ tasks: [task('a')], completed_tasks: [task('a', 'TASK_FINISHED')] }, 'S0'),
    ],
    left: ['a'],
    ended: [],
  },
  {
    name: 'after a failover of the master a task stays until its agent registers',
    events: [subscribed({ tasks: [task('a')] }, 'S0'), subscribed({}), agentAdded('S0'), added(task('a'))],
    left: ['a'],
    ended: [],
  },
  {
    name: 'a task that its agent does not have after the failover has ended',
    events: [subscribed({ tasks: [task('a')] }, 'S0'), subscribed({}), agentAdded('S0'), subscribed({}, 'S0')],
    left: [],
    ended: ['a is gone: its framework or its agent was removed'],
  },
  {
    name: 'tasks that are not wanted are left out',
    events: [subscribed({ tasks: [task('x1'), task('a')] }, 'S0'), added(task('x2')), updated('x1', 'TASK_FAILED')],
    left: ['a'],
    ended: [],
  },
];
for (const { name, events, left, ended } of cases) {
  test(name, () => {
    const watched = new WatchedTasks(({ task_id }) => !task_id.value.startsWith('x'), master);
    const ends = events.flatMap(event => watched.apply(event).ended);
    assert.deepEqual(
      [...watched.tasks].map(({ task_id }) => task_id.value),
      left,
    );
    assert.deepEqual(
      ends.map(({ task: { task_id }, how }) => `${task_id.value} ${how}`),
      ended,
    );
  });
}

test('the master is asked again when an agent registers that may have lost a task', () => {
  const watched = new WatchedTasks(() => true, master);
  watched.apply(subscribed({ tasks: [task('a')] }, 'S0'));
  watched.apply(subscribed({}));
  assert.equal(watched.apply(agentAdded('S1')).asksAgain, false);
  assert.equal(watched.apply(agentAdded('S0')).asksAgain, true);
  watched.apply(added(task('a')));
  assert.equal(watched.apply(agentAdded('S0')).asksAgain, false);
});

test('a task that is known beforehand, and has ended by the first snapshot, has ended', () => {
  const watched = new WatchedTasks(() => true, master, [task('a')]);
  const { ended } = watched.apply(subscribed({ completed_tasks: [task('a', 'TASK_FINISHED')] }, 'S0'));
  assert.deepEqual(
    ended.map(({ how }) => how),
    ['finished'],
  );
});

test('addresses of agents are those of their last registration', () => {
  const watched = new WatchedTasks(() => true, master);
  watched.apply(subscribed({}, 'S0'));
  assert.equal(watched.originOf('S0'), 'http://10.0.0.1:5050');
  watched.apply({ agent_removed: { agent_id: { value: 'S0' } } });
  assert.equal(watched.originOf('S0'), undefined);
  watched.apply(agentAdded('S1'));
  assert.equal(watched.originOf('S1'), 'http://10.0.0.1:5051');
});
