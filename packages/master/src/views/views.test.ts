import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeInPieces, jsonPieces, unfiltered } from '@meseta/daemon';
import { checkId, decode, fromJson, MasterResponse, type Task } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { quotaStatus } from '../operator/index.ts';
import { roleUses } from '../role-use.ts';
import { weights } from '../settings.ts';
import { recordedCluster, recording } from '../testing/recorded-cluster.ts';
import {
  agentsMessage,
  executorsMessage,
  frameworksMessage,
  frameworksView,
  getStateMessage,
  operationMessages,
  roleMessages,
  rolesView,
  slavesView,
  stateView,
  summaryPieces,
  type TaskSelection,
  tasksMessage,
  tasksPieces,
} from './index.ts';

/** Times are kept in milliseconds here, in microseconds there. */
const toMilliseconds = (key: string, value: unknown) => {
  if (typeof value !== 'number') return value;
  if (key === 'nanoseconds') return Math.round(value / 1e6);
  return key.endsWith('_time') && key !== 'build_time' ? Math.round(value * 1000) : value;
};

/** What a client gets, with what is of the build left out. */
function shown(text: Iterable<string> | string): unknown {
  const { meseta_version, git_sha, git_branch, build_date, build_time, build_user, ...rest } = JSON.parse(
    typeof text === 'string' ? text : [...text].join(''),
    toMilliseconds,
  );
  return rest;
}

const all: TaskSelection = { frameworkId: undefined, taskId: undefined, limit: 100, offset: 0, ascending: false };

const views: Record<string, (context: MasterContext) => Iterable<string>> = {
  state: context => jsonPieces(stateView(context, unfiltered)),
  slaves: context => jsonPieces(slavesView(context, unfiltered)),
  slaves_slave_id_none: context => jsonPieces(slavesView(context, unfiltered, 'none')),
  frameworks: context => jsonPieces(frameworksView(context, unfiltered)),
  tasks: context => tasksPieces(context, unfiltered, all),
  tasks_limit_1_order_asc: context => tasksPieces(context, unfiltered, { ...all, limit: 1, ascending: true }),
  roles: context => jsonPieces(rolesView(roleUses(context), unfiltered)),
  'state-summary': context => summaryPieces(context, unfiltered),
};

for (const [name, view] of Object.entries(views)) {
  test(`view as recorded: ${name}`, () => {
    const recorded = shown(JSON.stringify(recording(name).body));
    assert.deepEqual(shown(view(recordedCluster({ offers: false }))), recorded);
  });
}

test('fields of the state stand in the recorded order', () => {
  const order = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.slice(0, 1).map(order);
    return typeof value === 'object' && value !== null
      ? Object.entries(value).map(([key, field]) => [key, key === 'flags' ? [] : order(field)])
      : undefined;
  };
  const ours = shown(views.state?.(recordedCluster({ offers: false })) ?? '');
  assert.deepEqual(order(ours), order(shown(JSON.stringify(recording('state').body))));
});

const answers: Record<string, (context: MasterContext) => object> = {
  GET_STATE: context => ({ get_state: getStateMessage(context, unfiltered) }),
  GET_AGENTS: context => ({ get_agents: agentsMessage(context, unfiltered) }),
  GET_FRAMEWORKS: context => ({ get_frameworks: frameworksMessage(context, unfiltered) }),
  GET_TASKS: context => ({ get_tasks: tasksMessage(context, unfiltered) }),
  GET_EXECUTORS: context => ({ get_executors: executorsMessage(context, unfiltered) }),
  GET_OPERATIONS: context => ({ get_operations: operationMessages(context, unfiltered) }),
  GET_ROLES: context => ({ get_roles: { roles: roleMessages(roleUses(context), unfiltered) } }),
  GET_WEIGHTS: context => ({ get_weights: { weight_infos: weights(context) } }),
  GET_QUOTA: context => ({ get_quota: { status: quotaStatus(context, unfiltered) } }),
};

/** Without empty lists, which protobuf does not tell from absent ones. */
const withoutEmpty = (_: string, value: unknown) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => !(Array.isArray(item) && item.length === 0)));
};

for (const [type, answer] of Object.entries(answers)) {
  test(`answer as recorded: ${type}`, async () => {
    const message = { type, ...answer(recordedCluster({ offers: true })) } as MasterResponse;
    const recorded = JSON.stringify(recording(`v1_${type}`).body);
    assert.deepEqual(bySortedResources([...jsonPieces(message)].join('')), bySortedResources(recorded));
    const protobuf = JSON.stringify(decode(MasterResponse, await encodeInPieces(MasterResponse, message)));
    assert.deepEqual(
      JSON.parse(JSON.stringify(bySortedResources(protobuf)), withoutEmpty),
      JSON.parse(JSON.stringify(bySortedResources(recorded)), withoutEmpty),
    );
  });
}

/** The order of resources means nothing. */
function bySortedResources(text: string): unknown {
  return JSON.parse(text, (key, value) =>
    key.endsWith('resources') && Array.isArray(value)
      ? value.map(item => JSON.stringify(item, Object.keys(item).sort())).sort()
      : toMilliseconds(key, value),
  );
}

const hostile = ['"', '\\', '\u0000', '\ud800', '\u2028', '</script>', '\ufffd', '__proto__', 'constructor', ' ', '💥'];

test('views are valid JSON whatever names and numbers are', () => {
  for (const name of hostile) {
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY, -0, 1e308]) {
      const context = recordedCluster({ offers: true });
      poison(context, name, number);
      const texts = [
        ...Object.values(views).map(view => [...view(context)].join('')),
        ...Object.values(answers).map(answer => [...jsonPieces(answer(context))].join('')),
      ];
      for (const text of texts) {
        assert.doesNotThrow(() => JSON.parse(text), text.slice(0, 200));
        assert.ok(Buffer.from(text).toString('utf8') === text, 'not valid UTF-8');
      }
    }
  }
});

/** Puts a hostile name and number wherever a message may bring them. */
function poison({ cluster }: MasterContext, name: string, number: number): void {
  for (const framework of cluster.frameworks.values()) {
    framework.updateInfo({ ...framework.info, name, user: name, failover_timeout: number, hostname: name });
    for (const task of framework.tasks.values()) poisonTask(task, name, number);
  }
  for (const agent of cluster.agents.values()) {
    const attributes = [
      { name, type: 'TEXT' as const, text: { value: name } },
      { name: 'n', type: 'SCALAR' as const, scalar: { value: number } },
    ];
    agent.info = { ...agent.info, hostname: name, attributes };
  }
}

function poisonTask(task: Task, name: string, number: number): void {
  task.name = name;
  task.labels = { labels: [{ key: name, value: name }] };
  task.limits = { [name]: { value: number } };
  task.statuses = [{ task_id: task.task_id, state: 'TASK_RUNNING', timestamp: number, message: name }];
  task.health_check = { delay_seconds: number };
}

test('tasks are sorted and cut', () => {
  const context = recordedCluster({ offers: false });
  const ids = (selection: Partial<TaskSelection>) => {
    const text = [...tasksPieces(context, unfiltered, { ...all, ...selection })].join('');
    return (JSON.parse(text) as { tasks: { id: string }[] }).tasks.map(({ id }) => id);
  };
  const newest = ids({});
  // Two of them have the same time.
  const outline = (list: string[]) => list.map(id => id.replace(/-1[56]$/, '-same'));
  assert.deepEqual(outline(ids({ ascending: true })), outline(newest.toReversed()));
  assert.deepEqual(ids({ offset: 3, limit: 4 }), newest.slice(3, 7));
  assert.deepEqual(ids({ taskId: newest[2] ?? '' }), newest.slice(2, 3));
  assert.deepEqual(ids({ frameworkId: 'none' }), []);
  assert.deepEqual(ids({ limit: 0 }), []);
});

test('many tasks are sorted as few are', () => {
  const context = recordedCluster({ offers: false });
  const [framework] = context.cluster.frameworks.values();
  const [task] = framework?.tasks.values() ?? [];
  assert.ok(framework && task);
  for (let i = 0; i < 20_000; i++) {
    const timestamp = (i * 7919) % 20_011;
    const task_id = { value: `t${timestamp}` };
    framework.tasks.set(checkId(task_id.value), {
      ...task,
      task_id,
      statuses: [{ task_id, state: 'TASK_RUNNING', timestamp }],
    });
  }
  const text = [...tasksPieces(context, unfiltered, { ...all, limit: 100_000, ascending: true })].join('');
  const times = (JSON.parse(text) as { tasks: { statuses: { timestamp: number }[] }[] }).tasks.map(
    ({ statuses }) => statuses[0]?.timestamp ?? 0,
  );
  assert.ok(times.length > 20_000);
  assert.ok(times.every((time, index) => index === 0 || (times[index - 1] ?? 0) <= time));
});

test('recordings are messages we know', () => {
  for (const type of Object.keys(answers)) fromJson(MasterResponse, recording(`v1_${type}`).body);
});
