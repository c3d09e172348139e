import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkId,
  type ExecutorInfo,
  type Resource,
  type SchedulerCall,
  type Task,
  type TaskInfo,
} from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { callProblem } from '../../api/scheduler/validate-call.ts';
import { Agent } from '../../state/agent.ts';
import { Framework } from '../../state/framework.ts';
import { printDouble, printMegabytes } from '../../validation/print.ts';
import { sameExecutor } from './executors.ts';
import { type GroupSubject, groupProblem } from './task-groups.ts';
import { type TaskSubject, taskProblem } from './tasks.ts';

const scalar = (name: string, value: number, role = 'web'): Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  allocation_info: { role },
});

const ports = (begin: number, end: number): Resource => ({
  name: 'ports',
  type: 'RANGES',
  ranges: { range: [{ begin, end }] },
  allocation_info: { role: 'web' },
});

const offered = [scalar('cpus', 4), scalar('mem', 1024), scalar('disk', 1024), ports(31000, 31100)];

function subject(task: Partial<TaskInfo>): TaskSubject {
  const framework = new Framework(checkId('f'), { user: 'u', name: 'n' }, 'active', {
    maxCompletedTasks: 10,
    maxUnreachableTasks: 10,
  });
  const running: Task = {
    name: 'r',
    task_id: { value: 'running' },
    framework_id: { value: 'f' },
    agent_id: { value: 's' },
    state: 'TASK_RUNNING',
  };
  framework.tasks.set(checkId('running'), running);
  framework.unreachableTasks.add(checkId('away'), { ...running, task_id: { value: 'away' } });
  const agent = new Agent(
    checkId('s'),
    {
      info: { hostname: 'h' },
      pid: 'slave(1)@127.0.0.1:1',
      peer: '127.0.0.1',
      version: '1.12.0',
      capabilities: [{ type: 'TASK_RESOURCE_LIMITS' }],
      resourceVersion: undefined,
      total: Resources.of(offered).unallocate(),
    },
    0,
  );
  agent.executors.set(checkId('f'), new Map([[checkId('known'), executor({ executor_id: { value: 'known' } })]]));
  return {
    framework,
    agent,
    available: Resources.of(offered),
    task: {
      name: 't',
      task_id: { value: 't' },
      agent_id: { value: 's' },
      resources: [scalar('cpus', 1), scalar('mem', 32)],
      ...(task.executor ? {} : { command: { value: 'true' } }),
      ...task,
    },
  };
}

function executor(parts: Partial<ExecutorInfo> = {}): ExecutorInfo {
  return {
    executor_id: { value: 'e' },
    framework_id: { value: 'f' },
    command: { value: 'x' },
    resources: [scalar('cpus', 0.1), scalar('mem', 32), scalar('disk', 32)],
    ...parts,
  };
}

const persistent = (id: string): Resource => ({
  ...scalar('disk', 10),
  reservations: [{ type: 'DYNAMIC', role: 'web' }],
  disk: { persistence: { id }, volume: { container_path: 'd', mode: 'RW' } },
});

const tasks: { name: string; task: Partial<TaskInfo>; problem: string | RegExp | undefined }[] = [
  { name: 'a command', task: {}, problem: undefined },
  { name: 'an executor', task: { executor: executor() }, problem: undefined },
  { name: 'an empty id', task: { task_id: { value: '' } }, problem: 'ID must not be empty' },
  { name: 'an id of dots', task: { task_id: { value: '..' } }, problem: "'..' is disallowed" },
  {
    name: 'an id too long for a file name',
    task: { task_id: { value: 'x'.repeat(256) } },
    problem: 'ID must not be greater than 255 characters',
  },
  { name: 'an id in use', task: { task_id: { value: 'running' } }, problem: 'Task has duplicate ID: running' },
  {
    name: 'the id of an unreachable task',
    task: { task_id: { value: 'away' } },
    problem: 'Task reuses the ID of an unreachable task: away',
  },
  {
    name: 'both command and executor',
    task: { command: { value: 'x' }, executor: executor() },
    problem: 'Task should have at least one (but not both) of CommandInfo or ExecutorInfo present',
  },
  {
    name: 'a negative grace period',
    task: { kill_policy: { grace_period: { nanoseconds: -1 } } },
    problem: "Task's 'kill_policy.grace_period' must be non-negative",
  },
  {
    name: 'a negative completion time',
    task: { max_completion_time: { nanoseconds: -(2 ** 63) } },
    problem: "Task's `max_completion_time` must be non-negative",
  },
  {
    name: 'a check of no type',
    task: { check: {} },
    problem: "Task uses invalid check: CheckInfo must specify 'type'",
  },
  {
    name: 'a health check that never comes',
    task: { health_check: { type: 'TCP', tcp: { port: 1 }, delay_seconds: Number.NaN } },
    problem: "Task uses invalid health check: Expecting 'delay_seconds' to be non-negative",
  },
  {
    name: 'an HTTP check of a relative path',
    task: { health_check: { type: 'HTTP', http: { port: 1, path: 'x' } } },
    problem: "Task uses invalid health check: The path 'x' of HTTP health check must start with '/'",
  },
  {
    name: 'a command check without command',
    task: { check: { type: 'COMMAND', command: { command: {} } } },
    problem: "Task uses invalid check: Command check must contain 'shell command'",
  },
  {
    name: 'half a GPU',
    task: { resources: [scalar('gpus', 0.5)] },
    problem: "Task uses invalid resources: Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer",
  },
  {
    name: 'resources of two roles',
    task: { resources: [scalar('cpus', 1), scalar('mem', 1, 'other')] },
    problem:
      "Invalid task resources: The resources have multiple allocation roles ('other' and 'web') but only one allocation role is allowed",
  },
  {
    name: 'revocable beside not revocable',
    task: { resources: [scalar('cpus', 1), { ...scalar('cpus', 1), revocable: {} }] },
    problem:
      "Task mixes revocable and non-revocable resources: Cannot use both revocable and non-revocable 'cpus' at the same time",
  },
  {
    name: 'a volume twice',
    task: { resources: [scalar('cpus', 1), persistent('v'), persistent('v')] },
    problem: "Task uses duplicate persistence ID: Persistence ID 'v' is not unique",
  },
  {
    name: 'a volume whose id escapes',
    task: { resources: [persistent('../v')] },
    problem: /Invalid persistence ID for persistent volume: '..\/v' contains invalid characters$/,
  },
  {
    name: 'ports of task and executor that overlap',
    task: {
      resources: [scalar('cpus', 1), ports(31000, 31002)],
      executor: executor({ resources: [ports(31002, 31003)] }),
    },
    problem: /^There are overlapping resources in the task resources .* and executor resources /,
  },
  {
    name: 'a variable without value',
    task: { command: { value: 'x', environment: { variables: [{ name: 'A' }] } } },
    problem: "Task's `CommandInfo` is invalid: Environment variable 'A' of type 'VALUE' must have a value set",
  },
  {
    name: 'a secret with a zero byte',
    task: {
      command: {
        value: 'x',
        environment: {
          variables: [{ name: 'A', type: 'SECRET', secret: { type: 'VALUE', value: { data: 'YQBi' } } }],
        },
      },
    },
    problem:
      "Task's `CommandInfo` is invalid: Environment variable 'A' specifies a secret containing null bytes, which is not allowed in the environment",
  },
  {
    name: 'a volume from nowhere',
    task: { container: { type: 'MESOS', volumes: [{ container_path: 'c', mode: 'RW' }] } },
    problem:
      "Task's `ContainerInfo` is invalid: Invalid volume: Only one of them should be set: 'host_path', 'image' and 'source'",
  },
  {
    name: 'a Docker container without image',
    task: { container: { type: 'DOCKER' } },
    problem: "Task's `ContainerInfo` is invalid: DockerInfo 'docker' is not set for DOCKER typed ContainerInfo",
  },
  {
    name: 'a limit below the request',
    task: { limits: { cpus: { value: 0.5 } } },
    problem: 'The cpu limit must be greater than or equal to the cpu request',
  },
  {
    name: 'a limit that is no number',
    task: { limits: { mem: { value: Number.NaN } } },
    problem: 'The memory limit must be greater than or equal to the memory request',
  },
  { name: 'no limit', task: { limits: { mem: { value: Number.POSITIVE_INFINITY } } }, problem: undefined },
  {
    name: 'a limit of something else',
    task: { limits: { disk: { value: 1 } } },
    problem: "Only cpus and mem may be included in a task's resource limits",
  },
  {
    name: 'cgroups of its own outside of a group',
    task: { container: { type: 'MESOS', linux_info: { share_cgroups: false } } },
    problem: "Only tasks in a task group may have 'share_cgroups' set to 'false'",
  },
  {
    name: 'the executor of another framework',
    task: { executor: executor({ framework_id: { value: 'other' } }) },
    problem: 'ExecutorInfo has an invalid FrameworkID (Actual: other vs Expected: f)',
  },
  {
    name: 'an executor unlike the one that runs',
    task: { executor: executor({ executor_id: { value: 'known' }, name: 'changed' }) },
    problem: /^ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID\.\n-{60}\n/,
  },
  {
    name: 'the executor that runs, which costs nothing more',
    task: {
      resources: [scalar('cpus', 4)],
      executor: executor({ executor_id: { value: 'known' } }),
    },
    problem: undefined,
  },
  {
    name: 'a default executor',
    task: { executor: executor({ type: 'DEFAULT' }) },
    problem: "'ExecutorInfo.command' must not be set for 'DEFAULT' executor",
  },
];
for (const { name, task, problem } of tasks) {
  test(`task with ${name}`, () => {
    const found = taskProblem(subject(task));
    if (problem instanceof RegExp) assert.match(found ?? '', problem);
    else assert.equal(found, problem);
  });
}

function group(parts: Partial<GroupSubject>): GroupSubject {
  const { task, ...rest } = subject({});
  const { command: _, ...pod } = executor({ type: 'DEFAULT' });
  const shared = parts.executor ?? pod;
  return { ...rest, executor: shared, tasks: [{ ...task, executor: shared }], ...parts };
}

const { task: member } = subject({});
const { command: _, ...pod } = executor({ type: 'DEFAULT' });
const groups: { name: string; group: Partial<GroupSubject>; problem: string | RegExp | undefined }[] = [
  { name: 'one task', group: {}, problem: undefined },
  {
    name: 'the same task twice',
    group: {
      tasks: [
        { ...member, executor: pod },
        { ...member, executor: pod },
      ],
    },
    problem: "Task 't' is invalid: Task has duplicate ID: t",
  },
  {
    name: 'a Docker container',
    group: { tasks: [{ ...member, executor: pod, container: { type: 'DOCKER', docker: { image: 'i' } } }] },
    problem: "Task 't' is invalid: Docker ContainerInfo is not supported on the task",
  },
  {
    name: 'an executor of no type',
    group: { executor: executor() },
    problem: "'ExecutorInfo.type' must be set",
  },
  {
    name: 'an executor without disk',
    group: { executor: { ...pod, resources: [scalar('cpus', 0.1), scalar('mem', 32)] } },
    problem: "Executor 'e' uses no disk",
  },
  {
    name: 'an executor with little memory',
    group: { executor: { ...pod, resources: [scalar('cpus', 0.1), scalar('mem', 31)] } },
    problem: "Executor 'e' uses less memory (31MB) than the minimum required (32MB)",
  },
  {
    name: 'more than there is',
    group: { available: Resources.of([scalar('cpus', 1)]) },
    problem:
      /^Total resources cpus\(allocated: web\):1\.1; .* required by task group and its executor are more than available cpus\(allocated: web\):1$/,
  },
  {
    name: 'cgroups that only some share',
    group: {
      tasks: [
        { ...member, executor: pod },
        {
          ...member,
          task_id: { value: 'u' },
          executor: pod,
          container: { type: 'MESOS', linux_info: { share_cgroups: false } },
        },
      ],
    },
    problem: /^If set, the value of 'share_cgroups' must be the same/,
  },
];
for (const { name, group: parts, problem } of groups) {
  test(`group with ${name}`, () => {
    const found = groupProblem(group(parts));
    if (problem instanceof RegExp) assert.match(found ?? '', problem);
    else assert.equal(found, problem);
  });
}

test('executors are the same in any order of what has none', () => {
  const variables = (...names: string[]) => ({
    command: { environment: { variables: names.map(name => ({ name, value: '1' })) } },
  });
  assert.ok(sameExecutor(executor(variables('a', 'b')), executor(variables('b', 'a'))));
  assert.ok(sameExecutor(executor(), executor({ type: 'CUSTOM' })));
  assert.ok(!sameExecutor(executor(variables('a')), executor(variables('b'))));
  assert.ok(!sameExecutor(executor(), executor({ resources: [scalar('cpus', 1)] })));
});

const numbers: [value: number, text: string][] = [
  [0, '0'],
  [1e10, '1e+10'],
  [0.001, '0.001'],
  [0.00001234567, '1.23457e-05'],
  [123456, '123456'],
  [1234567, '1.23457e+06'],
  [-0.5, '-0.5'],
  [Number.POSITIVE_INFINITY, 'inf'],
  [Number.NaN, 'nan'],
];
for (const [value, text] of numbers) test(`${value} is printed ${text}`, () => assert.equal(printDouble(value), text));

test('megabytes are printed in the largest unit that divides them', () => {
  assert.deepEqual([32, 1024, 0.5, 1536, 0].map(printMegabytes), ['32MB', '1GB', '512KB', '1536MB', '0B']);
});

const calls: { call: SchedulerCall; principal?: string; problem: string | undefined }[] = [
  { call: {}, problem: "Expecting 'type' to be present" },
  { call: { type: 'ACCEPT' }, problem: "Expecting 'framework_id' to be present" },
  { call: { type: 'ACCEPT', framework_id: { value: 'f' } }, problem: "Expecting 'accept' to be present" },
  { call: { type: 'SUBSCRIBE' }, problem: "Expecting 'subscribe' to be present" },
  {
    call: { type: 'SUBSCRIBE', framework_id: { value: 'f' }, subscribe: { framework_info: { user: '', name: '' } } },
    problem: "'framework_id' differs from 'subscribe.framework_info.id'",
  },
  {
    call: { type: 'SUBSCRIBE', subscribe: { framework_info: { user: '', name: '', principal: 'a' } } },
    principal: 'b',
    problem: "Authenticated principal 'b' does not match principal 'a' set in `FrameworkInfo`",
  },
  {
    call: {
      type: 'ACKNOWLEDGE_OPERATION_STATUS',
      framework_id: { value: 'f' },
      acknowledge_operation_status: { uuid: 'cI5pnSxlT1Wg8O6GBBzerw==', operation_id: { value: 'o' } },
    },
    problem: "Expecting 'agent_id' to be present",
  },
  { call: { type: 'TEARDOWN', framework_id: { value: 'f' } }, problem: undefined },
];
for (const { call, principal, problem } of calls) {
  test(`call ${JSON.stringify(call)}`, () => assert.equal(callProblem(call, principal), problem));
}
