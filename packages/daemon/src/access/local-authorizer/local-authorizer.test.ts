import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '@meseta/process';
import type { FrameworkInfo, Resource, Task, TaskInfo } from '@meseta/protocol';
import fc from 'fast-check';
import type { AccessObjects, Action } from '../actions.ts';
import { whole } from '../actions.ts';
import { type AclName, aclFields } from './acl-fields.ts';
import { type Entity, parseAcls } from './acls.ts';
import type { Allowance } from './allowances.ts';
import { filterByNames, localAuthorizer } from './local-authorizer.ts';
import { conditions } from './objects.ts';

const framework = (more: Partial<FrameworkInfo> = {}): FrameworkInfo => ({ name: 'f', user: 'alice', ...more });
const framework_info = framework({ principal: 'web', role: 'web' });
const executor_info = { executor_id: { value: 'e' }, command: { user: 'bob' } };
const plainExecutor = { executor_id: { value: 'e' } };
const container_id = { value: 'c', parent: { value: 'root' } };
const task_info = (more: Partial<TaskInfo> = {}): TaskInfo =>
  ({ name: 't', task_id: { value: 't' }, agent_id: { value: 'a' }, ...more }) as TaskInfo;
const task = (more: Partial<Task> = {}): Task =>
  ({ name: 't', task_id: { value: 't' }, state: 'TASK_RUNNING', ...more }) as Task;
const resource = (more: Partial<Resource> = {}): Resource => ({ name: 'disk', type: 'SCALAR', ...more });
const reserved = (...stack: [role: string, principal?: string][]) =>
  resource({
    reservations: stack.map(([role, principal]) => ({ type: 'DYNAMIC', role, ...(principal && { principal }) })),
  });
const volumeOf = (principal?: string) =>
  resource({ disk: { persistence: { id: 'v', ...(principal !== undefined && { principal }) } } });
const machine_id = { hostname: 'h', ip: '10.0.0.1' };

/** For every action: an object, and the name by which rules see it; undefined where only ANY and NONE match. */
const named: { readonly [A in Action]: readonly [object: AccessObjects[A], name: string | undefined][] } = {
  REGISTER_FRAMEWORK: [
    [{ framework_info }, 'web'],
    [{ framework_info: framework() }, '*'],
    [{ framework_info: framework({ roles: ['ads'], capabilities: [{ type: 'MULTI_ROLE' }] }) }, 'ads'],
  ],
  TEARDOWN_FRAMEWORK: [
    [{ framework_info }, 'web'],
    [{ framework_info: framework() }, ''],
  ],
  RUN_TASK: [
    [{ framework_info, task_info: task_info() }, 'alice'],
    [{ framework_info, task_info: task_info({ command: { user: 'carol' } }) }, 'carol'],
    [{ framework_info, task_info: task_info({ executor: executor_info }) }, 'bob'],
    [{ framework_info, task_info: task_info({ executor: plainExecutor }) }, 'alice'],
  ],
  KILL_TASK: [
    [{ framework_info, task: task({ user: 'carol' }) }, 'carol'],
    [{ framework_info, task: task() }, 'alice'],
    [{ framework_info }, 'alice'],
  ],
  REGISTER_AGENT: [[{ agent_info: { hostname: 'h' } }, undefined]],
  RESERVE_RESOURCES: [
    [{ resource: reserved(['a'], ['a/b']) }, 'a/b'],
    [{ resource: resource({ role: 'old' }) }, 'old'],
    [{ resource: resource() }, '*'],
  ],
  UNRESERVE_RESOURCES: [
    [{ resource: reserved(['a', 'first'], ['a/b', 'last']) }, 'last'],
    [{ resource: reserved(['a', 'first'], ['a/b']) }, undefined],
    [{ resource: resource({ role: 'a', reservation: { principal: 'old' } }) }, 'old'],
  ],
  CREATE_VOLUME: [[{ resource: reserved(['a']) }, 'a']],
  DESTROY_VOLUME: [
    [{ resource: volumeOf('creator') }, 'creator'],
    [{ resource: volumeOf() }, ''],
    [{ resource: resource() }, undefined],
  ],
  RESIZE_VOLUME: [[{ resource: reserved(['a']) }, 'a']],
  CREATE_BLOCK_DISK: [[{ resource: reserved(['a']) }, 'a']],
  CREATE_MOUNT_DISK: [[{ resource: reserved(['a']) }, 'a']],
  DESTROY_BLOCK_DISK: [[{ resource: reserved(['a']) }, 'a']],
  DESTROY_MOUNT_DISK: [[{ resource: reserved(['a']) }, 'a']],
  DESTROY_RAW_DISK: [[{ resource: reserved(['a']) }, 'a']],
  UPDATE_WEIGHT: [[{ weight_info: { role: 'a', weight: 2 } }, 'a']],
  GET_QUOTA: [[{ value: 'a' }, 'a']],
  UPDATE_QUOTA: [[{ quota_info: { role: 'a' } }, 'a']],
  UPDATE_QUOTA_WITH_CONFIG: [[{ quota_config: { role: 'a' } }, 'a']],
  GET_MAINTENANCE_SCHEDULE: [[{ machine_id }, undefined]],
  UPDATE_MAINTENANCE_SCHEDULE: [[{ machine_id }, undefined]],
  GET_MAINTENANCE_STATUS: [[{ machine_id }, undefined]],
  START_MAINTENANCE: [[{ machine_id }, undefined]],
  STOP_MAINTENANCE: [[{ machine_id }, undefined]],
  MARK_AGENT_GONE: [[whole, undefined]],
  DRAIN_AGENT: [[whole, undefined]],
  DEACTIVATE_AGENT: [[whole, undefined]],
  REACTIVATE_AGENT: [[whole, undefined]],
  GET_ENDPOINT_WITH_PATH: [[{ value: '/containers' }, '/containers']],
  VIEW_FLAGS: [[whole, undefined]],
  SET_LOG_LEVEL: [[whole, undefined]],
  ACCESS_MESOS_LOG: [[whole, undefined]],
  ACCESS_SANDBOX: [
    [{ framework_info, executor_info }, 'bob'],
    [{ framework_info, executor_info: plainExecutor }, 'alice'],
    [{}, undefined],
  ],
  VIEW_FRAMEWORK: [[{ framework_info }, 'alice']],
  VIEW_TASK: [
    [{ framework_info, task: task() }, 'alice'],
    [{ framework_info, task: task({ user: 'carol' }) }, 'carol'],
    [{ framework_info, task: task_info({ command: { user: 'dave' } }) }, 'dave'],
    [{ framework_info, task: task_info({ executor: executor_info }) }, 'bob'],
  ],
  VIEW_EXECUTOR: [
    [{ framework_info, executor_info }, 'bob'],
    [{ framework_info, executor_info: plainExecutor }, 'alice'],
  ],
  VIEW_ROLE: [[{ value: 'a' }, 'a']],
  VIEW_CONTAINER: [[{ framework_info, executor_info, container_id }, 'bob']],
  VIEW_STANDALONE_CONTAINER: [[{ container_id }, undefined]],
  VIEW_RESOURCE_PROVIDER: [[whole, undefined]],
  LAUNCH_NESTED_CONTAINER: [[{ container_id, framework_info, executor_info }, 'bob']],
  LAUNCH_NESTED_CONTAINER_SESSION: [[{ container_id, framework_info }, 'alice']],
  WAIT_NESTED_CONTAINER: [
    [{ container_id, framework_info, executor_info }, 'bob'],
    [{ container_id }, 'c'],
  ],
  KILL_NESTED_CONTAINER: [[{ container_id, framework_info, executor_info }, 'bob']],
  REMOVE_NESTED_CONTAINER: [[{ container_id, framework_info, executor_info }, 'bob']],
  LAUNCH_STANDALONE_CONTAINER: [[{ container_id }, undefined]],
  WAIT_STANDALONE_CONTAINER: [[{ container_id }, undefined]],
  KILL_STANDALONE_CONTAINER: [[{ container_id }, undefined]],
  REMOVE_STANDALONE_CONTAINER: [[{ container_id }, undefined]],
  ATTACH_CONTAINER_INPUT: [[{ container_id, framework_info, executor_info }, 'bob']],
  ATTACH_CONTAINER_OUTPUT: [[{ container_id, framework_info, executor_info }, 'bob']],
  MODIFY_RESOURCE_PROVIDER_CONFIG: [[whole, undefined]],
  MARK_RESOURCE_PROVIDER_GONE: [[whole, undefined]],
  PRUNE_IMAGES: [[whole, undefined]],
};

const actions = Object.keys(named) as Action[];
const fieldOf = (action: Action): AclName => conditions[action][0]?.field as AclName;

/** Asks an authorizer made from rules for the field of an action. */
function ask(action: Action, rules: readonly object[], who: string | undefined, object: object, permissive = false) {
  const name = fieldOf(action);
  const { objects } = aclFields[name];
  const list = rules.map(rule => {
    const { principals, objects: what } = rule as { principals: object; objects: object };
    return { principals, [objects]: what };
  });
  const { authorize, filter } = localAuthorizer(parseAcls({ permissive, [name]: list }));
  const principal = who === undefined ? undefined : { value: who };
  const answer = authorize(principal, action, object as never);
  const see = filter(principal, action) as ((object: unknown) => boolean) | undefined;
  assert.equal(see === undefined ? true : see(object), answer, `the filter of ${action}`);
  return answer;
}

const any = { type: 'ANY' };
const none = { type: 'NONE' };
const p = { values: ['p'] };

for (const action of actions) {
  test(`${action}: who may do it, and to what`, () => {
    for (const [object, name] of named[action]) {
      const allows = (rules: object[], who: string | undefined, permissive?: boolean) =>
        ask(action, rules, who, object, permissive);
      assert.equal(allows([], 'p'), false, 'no rule, not permissive');
      assert.equal(allows([], 'p', true), true, 'no rule, permissive');
      assert.equal(allows([{ principals: p, objects: any }], 'p'), true);
      assert.equal(allows([{ principals: p, objects: any }], 'q'), false);
      assert.equal(allows([{ principals: p, objects: any }], undefined), false);
      assert.equal(allows([{ principals: any, objects: any }], undefined), true);
      assert.equal(allows([{ principals: p, objects: none }], 'p', true), false);
      assert.equal(allows([{ principals: p, objects: none }], 'q', true), true);
      assert.equal(allows([{ principals: none, objects: any }], 'p', true), false, 'nobody');
      assert.equal(allows([{ principals: none, objects: any }], undefined, true), false, 'nobody');
      const first = [
        { principals: p, objects: any },
        { principals: any, objects: none },
      ];
      assert.equal(allows(first, 'p', true), true, 'the first rule decides');
      assert.equal(allows(first, 'q', true), false, 'the first that matches');
      if (aclFields[fieldOf(action)].kind === 'whole' || aclFields[fieldOf(action)].kind === 'paths') continue;
      const some = [{ principals: p, objects: { values: ['other', name ?? ''] } }];
      assert.equal(allows(some, 'p'), name !== undefined, `by the name ${name}`);
      assert.equal(allows([{ principals: p, objects: { values: ['other'] } }], 'p'), false);
    }
  });
}

test('all fields decide something, and the table of fields agrees with that of actions', () => {
  const used = new Map<string, Action[]>();
  for (const action of actions) {
    for (const { field } of conditions[action]) used.set(field, [...(used.get(field) ?? []), action]);
  }
  const stated = Object.entries(aclFields).map(([name, field]) => [name, [...field.actions]] as const);
  assert.deepEqual(new Map([...used].sort()), new Map([...stated].sort()));
});

const roles: readonly { readonly values: readonly string[]; readonly role: string; readonly allowed: boolean }[] = [
  { values: ['a'], role: 'a', allowed: true },
  { values: ['a'], role: 'a/b', allowed: false },
  { values: ['a/%'], role: 'a', allowed: false },
  { values: ['a/%'], role: 'a/b', allowed: true },
  { values: ['a/%'], role: 'a/b/c', allowed: true },
  { values: ['a/b/%'], role: 'a/c', allowed: false },
  { values: ['a/%'], role: 'ab/c', allowed: false },
  { values: ['a', 'a/%'], role: 'a', allowed: true },
  { values: ['%'], role: 'a', allowed: false },
];
for (const { values, role, allowed } of roles) {
  test(`roles ${values}: ${role} is ${allowed ? 'allowed' : 'denied'}`, () => {
    assert.equal(ask('VIEW_ROLE', [{ principals: p, objects: { values } }], 'p', { value: role }), allowed);
  });
}

test('a role of a million levels is looked at quickly', () => {
  const rules = [{ principals: p, objects: { values: ['a/%', 'a/a/a/%'] } }];
  assert.equal(ask('UPDATE_WEIGHT', rules, 'p', { weight_info: { role: 'a/'.repeat(1e6), weight: 1 } }), true);
  assert.equal(ask('UPDATE_WEIGHT', rules, 'p', { weight_info: { role: 'b/'.repeat(1e6), weight: 1 } }), false);
  assert.equal(ask('UPDATE_WEIGHT', rules, 'p', { weight_info: { role: '/'.repeat(1e6), weight: 1 } }), false);
});

test('users that end in /% are no patterns', () => {
  const rules = [{ principals: p, objects: { values: ['a/%'] } }];
  assert.equal(ask('VIEW_FRAMEWORK', rules, 'p', { framework_info: framework({ user: 'a/b' }) }), false);
});

test('a framework may register when all of its roles are allowed', () => {
  const rules = [{ principals: p, objects: { values: ['a', 'b/%'] } }];
  const info = (...list: string[]) => ({
    framework_info: framework({ roles: list, capabilities: [{ type: 'MULTI_ROLE' }] }),
  });
  assert.equal(ask('REGISTER_FRAMEWORK', rules, 'p', info('a', 'b/c')), true);
  assert.equal(ask('REGISTER_FRAMEWORK', rules, 'p', info('a', 'b')), false);
  assert.equal(ask('REGISTER_FRAMEWORK', rules, 'p', info()), false, 'no roles, not permissive');
});

test('a nested container needs its own user and that of its parent', () => {
  const { authorize } = localAuthorizer(
    parseAcls({
      permissive: false,
      launch_nested_containers_as_user: [{ principals: p, users: { values: ['alice'] } }],
      launch_nested_containers_under_parent_with_user: [{ principals: p, users: { values: ['bob'] } }],
      launch_nested_container_sessions_as_user: [{ principals: p, users: any }],
      launch_nested_container_sessions_under_parent_with_user: [{ principals: p, users: { values: ['bob'] } }],
    }),
  );
  const launch = (user: string | undefined, parent: string) => ({
    container_id,
    executor_info: { ...plainExecutor, command: { user: parent } },
    framework_info,
    command_info: user === undefined ? {} : { user },
  });
  const may = (action: 'LAUNCH_NESTED_CONTAINER' | 'LAUNCH_NESTED_CONTAINER_SESSION', user?: string, parent = 'bob') =>
    authorize({ value: 'p' }, action, launch(user, parent));
  assert.equal(may('LAUNCH_NESTED_CONTAINER', 'alice'), true);
  assert.equal(may('LAUNCH_NESTED_CONTAINER', 'root'), false);
  assert.equal(may('LAUNCH_NESTED_CONTAINER', 'alice', 'alice'), false);
  assert.equal(may('LAUNCH_NESTED_CONTAINER'), false, 'no user in particular needs ANY');
  assert.equal(may('LAUNCH_NESTED_CONTAINER_SESSION'), true);
  assert.equal(may('LAUNCH_NESTED_CONTAINER_SESSION', 'root'), true);
  assert.equal(may('LAUNCH_NESTED_CONTAINER_SESSION', 'root', 'root'), false);
});

test('who may tear a framework down may kill its tasks, unless there are rules for that', () => {
  const teardown_frameworks = [{ principals: p, framework_principals: { values: ['web'] } }];
  const may = (acls: object, who: string) =>
    localAuthorizer(parseAcls({ ...acls })).authorize({ value: who }, 'KILL_TASK', { framework_info, task: task() });
  assert.equal(may({ permissive: false, teardown_frameworks }, 'p'), true);
  assert.equal(may({ permissive: false, teardown_frameworks }, 'q'), false);
  assert.equal(may({ teardown_frameworks: [{ principals: any, framework_principals: none }] }, 'p'), false);
  const kill_tasks = [{ principals: { values: ['q'] }, users: { values: ['alice'] } }];
  assert.equal(may({ permissive: false, teardown_frameworks, kill_tasks }, 'p'), false);
  assert.equal(may({ permissive: false, teardown_frameworks, kill_tasks }, 'q'), true);
  assert.equal(may({ permissive: false, teardown_frameworks, kill_tasks: [] }, 'p'), true, 'no rules');
});

test('rules do not count for a principal without a name', async () => {
  const { authorize, filter } = localAuthorizer(parseAcls({}));
  const who: Principal = { claims: { cid: 'root' } };
  assert.equal(authorize(who, 'KILL_NESTED_CONTAINER', { container_id }), false);
  const see = await filter(who, 'VIEW_TASK');
  assert.equal(see?.({ task: task(), framework_info }), false);
  assert.equal(authorize({ value: 'p', claims: { cid: 'root' } }, 'VIEW_FLAGS', whole), true);
});

test('a view of everything has no filter; principals that no rule names share one', () => {
  const { filter } = localAuthorizer(
    parseAcls({
      permissive: false,
      view_tasks: [
        { principals: p, users: any },
        { principals: any, users: { values: ['u'] } },
      ],
    }),
  );
  assert.equal(filter({ value: 'p' }, 'VIEW_TASK'), undefined);
  assert.equal(filter({ value: 'x' }, 'VIEW_TASK'), filter({ value: 'y' }, 'VIEW_TASK'));
  assert.notEqual(filter({ value: 'x' }, 'VIEW_TASK'), undefined);
});

test('names that a module lists filter as rules do', () => {
  assert.equal(filterByNames('VIEW_ROLE', ['a/%'])({ value: 'a/b' }), true);
  assert.equal(filterByNames('VIEW_ROLE', ['a/%'])({ value: 'a' }), false);
  assert.equal(filterByNames('VIEW_TASK', ['alice'])({ framework_info, task: task() }), true);
  assert.equal(filterByNames('VIEW_TASK', [])({ framework_info, task: task() }), false);
});

/** Mesos's two tables of matching, word for word. */
function reference(rules: readonly [Entity, Entity][], who: string | undefined, role: string, permissive: boolean) {
  const matches = (asked: string | undefined, entity: Entity) =>
    entity === 'ANY' || entity === 'NONE' || (asked !== undefined && entity.has(asked));
  const allows = (asked: string | undefined, entity: Entity) =>
    entity === 'ANY' || (entity !== 'NONE' && asked !== undefined && entity.has(asked));
  const below = (value: string) => value.endsWith('/%') && role.startsWith(value.slice(0, -1));
  for (const [principals, objects] of rules) {
    const roles: Entity =
      typeof objects === 'string' ? objects : new Set([...objects].map(each => (below(each) ? role : each)));
    if (matches(who, principals) && matches(role, roles)) return allows(who, principals) && allows(role, roles);
  }
  return permissive;
}

test('rules decide as the tables of Mesos, in filters and in questions', () => {
  const names = fc.constantFrom('p', 'q', 'r');
  const roleNames = fc.constantFrom('a', 'a/b', 'a/b/c', 'b', 'ab', '*');
  const patterns = fc.oneof(roleNames, fc.constantFrom('a/%', 'a/b/%', 'b/%'));
  const entity = (values: fc.Arbitrary<string>): fc.Arbitrary<Entity> =>
    fc.oneof(
      fc.constant('ANY' as const),
      fc.constant('NONE' as const),
      fc.array(values, { maxLength: 3 }).map(list => new Set(list)),
    );
  const json = (each: Entity) => (typeof each === 'string' ? { type: each } : { values: [...each] });
  const rules = fc.array(fc.tuple(entity(names), entity(patterns)), { maxLength: 6 });
  const property = fc.property(
    ...[rules, fc.option(names, { nil: undefined }), roleNames, fc.boolean()],
    (list, who, role, permissive) => {
      const asked = list.map(([principals, objects]) => ({ principals: json(principals), objects: json(objects) }));
      assert.equal(ask('VIEW_ROLE', asked, who, { value: role }, permissive), reference(list, who, role, permissive));
    },
  );
  fc.assert(property, { numRuns: 3000 });
});

test('a megabyte of rules answers many questions', () => {
  const rules = Array.from({ length: 10_000 }, (_, index) => ({
    principals: index % 2 === 0 ? any : { values: [`principal-${index}`] },
    roles: { values: [`role-${index}`, `tree-${index}/%`] },
  }));
  const acls = parseAcls({
    permissive: false,
    view_roles: [...rules, { principals: any, roles: { values: ['last'] } }],
  });
  const { authorize, filter } = localAuthorizer(acls);
  for (let index = 0; index < 300; index++) {
    assert.equal(authorize({ value: `principal-${index}` }, 'VIEW_ROLE', { value: 'last' }), true);
  }
  const see = filter(undefined, 'VIEW_ROLE') as (role: { value: string }) => boolean;
  let seen = 0;
  for (let index = 0; index < 10_000; index++) if (see({ value: `tree-${index}/a/b` })) seen += 1;
  assert.equal(seen, 5000);
});

test('what permissive alone allows is reported once for each principal and action', () => {
  const told: Allowance[] = [];
  const kill_tasks = [
    { principals: p, users: { values: ['alice'] } },
    { principals: { values: ['q'] }, users: none },
  ];
  const view_tasks = [{ principals: p, users: any }];
  const { authorize, filter } = localAuthorizer(parseAcls({ kill_tasks, view_tasks }), {
    onAllowance: allowance => told.push(allowance),
  });
  const kill = (who: string | undefined, user: string) =>
    authorize(who === undefined ? undefined : { value: who }, 'KILL_TASK', {
      framework_info: { ...framework_info, user },
      task: { ...task(), user },
    });
  assert.equal(kill('p', 'alice'), true, 'by a rule');
  assert.equal(kill('q', 'bob'), false, 'by a rule');
  assert.deepEqual(told, []);
  for (const user of ['bob', 'carol']) assert.equal(kill('p', user), true);
  assert.equal(kill(undefined, 'bob'), true);
  for (const who of ['p', 'q', 'q']) filter({ value: who }, 'VIEW_TASK');
  assert.deepEqual(told, [
    { principal: 'p', action: 'KILL_TASK', objects: 'bob' },
    { principal: undefined, action: 'KILL_TASK', objects: 'bob' },
    { principal: 'q', action: 'VIEW_TASK', objects: undefined },
  ]);
});

test('nothing is reported without permissive, and an end to what clients invent', () => {
  const told: Allowance[] = [];
  const onAllowance = (allowance: Allowance) => told.push(allowance);
  const strict = localAuthorizer(parseAcls({ permissive: false }), { onAllowance });
  assert.equal(strict.authorize(undefined, 'VIEW_FLAGS', whole), false);
  assert.deepEqual(told, []);
  const { authorize } = localAuthorizer(parseAcls({}), { onAllowance });
  for (let index = 0; index < 1100; index++) {
    assert.equal(authorize({ value: `invented-${index}` }, 'VIEW_FLAGS', whole), true);
  }
  assert.equal(told.length, 1000);
  assert.deepEqual(told.at(-1), { principal: 'invented-999', action: 'VIEW_FLAGS', objects: undefined, isLast: true });
  assert.ok(told.slice(0, -1).every(({ isLast }) => isLast === undefined));
});
