/** What `/ui/can` answers is what the endpoints then do: for every action, for who may and who may not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { AgentCall, MasterCall } from '@meseta/protocol';
import { userName } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { basic } from './support/authentication.ts';
import { Cluster } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';

type Who = 'ops' | 'guest';
interface Answered {
  readonly allowed: boolean;
  readonly reason?: string;
}

/** What guests may not do: names in `--acls`, with the key of the objects. */
const denied = {
  teardown_frameworks: 'framework_principals',
  kill_tasks: 'users',
  drain_agents: 'agents',
  deactivate_agents: 'agents',
  reactivate_agents: 'agents',
  mark_agents_gone: 'agents',
  reserve_resources: 'roles',
  unreserve_resources: 'reserver_principals',
  create_volumes: 'roles',
  resize_volumes: 'roles',
  destroy_volumes: 'creator_principals',
  update_quotas: 'roles',
  update_weights: 'roles',
  update_maintenance_schedules: 'machines',
  start_maintenances: 'machines',
  stop_maintenances: 'machines',
  get_maintenance_schedules: 'machines',
  view_frameworks: 'users',
  view_tasks: 'users',
  register_frameworks: 'roles',
  set_log_level: 'level',
  view_flags: 'flags',
  get_endpoints: 'paths',
  view_roles: 'roles',
  access_sandboxes: 'users',
  launch_nested_container_sessions_under_parent_with_user: 'users',
};
const acls = JSON.stringify(
  Object.fromEntries(
    Object.entries(denied).map(([name, key]) => [
      name,
      [{ principals: { values: ['guest'] }, [key]: { type: 'NONE' } }],
    ]),
  ),
);
const authorization = (who: Who) => basic(`${who}:secret-of-${who}`);

test('every action', async t => {
  const directory = mkdtempSync(path.join(tmpdir(), 'can-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const credentials = path.join(directory, 'credentials');
  writeFileSync(credentials, 'ops secret-of-ops\nguest secret-of-guest\n', { mode: 0o600 });
  const agent_proxy_key = path.join(directory, 'key');
  writeFileSync(agent_proxy_key, Buffer.alloc(32, 'k'), { mode: 0o600 });
  const guards = { authenticate_http_readonly: true, authenticate_http_readwrite: true, acls, agent_proxy_key };
  const cluster = await Cluster.start(t, {
    master: { ...guards, credentials },
    agents: [{ ...guards, http_credentials: credentials }],
    headers: { Authorization: authorization('ops') },
  });
  const { master, agent } = cluster;
  const agent_id = await cluster.registered(agent);
  const framework = await cluster.framework({ principal: 'ops' });
  const framework_id = framework.info.id?.value ?? '';
  for (const id of ['runs', 'ends']) await framework.run(shellTask(id, id === 'runs' ? 'sleep 1000' : 'true'));
  const { container_status } = await framework.reaches('runs', 'TASK_RUNNING');
  await framework.end('ends');

  const send = async (who: Who, url: string, init: RequestInit = {}): Promise<Response> =>
    fetch(url, { ...init, headers: { ...init.headers, Authorization: authorization(who) } });
  const accepted = async (answer: Promise<Response>): Promise<boolean> => {
    const { ok, body } = await answer;
    await body?.cancel();
    return ok;
  };
  const to =
    (path: string, method = 'POST', body?: string) =>
    (who: Who) =>
      accepted(send(who, master.origin + path, { method, ...(body !== undefined && { body }) }));
  const json = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const call = (message: MasterCall) => (who: Who) =>
    accepted(send(who, `${master.origin}/api/v1`, { method: 'POST', headers: json, body: JSON.stringify(message) }));
  const form = (path: string, fields: Record<string, string>) =>
    to(path, 'POST', new URLSearchParams(fields).toString());
  const kills = (framework: string, task: string) =>
    to('/tasks/kill', 'POST', JSON.stringify({ framework_id: framework, task_id: task }));
  const can = async (who: Who, check: object): Promise<Answered> => {
    const body = JSON.stringify({ checks: [check] });
    const answer = await send(who, `${master.origin}/ui/can`, { method: 'POST', body });
    assert.equal(answer.status, 200, await answer.clone().text());
    const { answers } = (await answer.json()) as { answers: [Answered] };
    return answers[0];
  };

  const id = { value: agent_id };
  const reservations = [{ type: 'DYNAMIC' as const, role: 'web', principal: 'ops' }];
  const reserved = { name: 'disk', type: 'SCALAR' as const, scalar: { value: 64 }, reservations };
  const volume = {
    ...reserved,
    disk: { persistence: { id: 'v', principal: 'ops' }, volume: { mode: 'RW' as const, container_path: 'v' } },
  };
  const shrunk = { ...volume, scalar: { value: 32 } };
  const machines = {
    windows: [{ machine_ids: [{ hostname: 'away' }], unavailability: { start: { nanoseconds: 1 } } }],
  };
  const away = machines.windows.flatMap(({ machine_ids }) => machine_ids);
  const session: AgentCall = {
    type: 'LAUNCH_NESTED_CONTAINER_SESSION',
    launch_nested_container_session: {
      container_id: { value: 's', parent: container_status?.container_id ?? { value: '' } },
      command: { value: 'true' },
    },
  };
  const inAgent = (who: Who) =>
    accepted(send(who, `${agent.origin}/api/v1`, { method: 'POST', headers: json, body: JSON.stringify(session) }));
  const runs = (role: string) => to('/tasks/run', 'POST', JSON.stringify({ command: 'sleep 1000', role }));
  /** Whether one sees something in a list. */
  const seesAny = (path: string, list: string) => async (who: Who) => {
    const answer = (await (await send(who, master.origin + path)).json()) as Readonly<Record<string, unknown[]>>;
    return (answer[list] ?? []).length > 0;
  };
  const seesRole = async (who: Who) => {
    const { roles } = (await (await send(who, `${master.origin}/roles`)).json()) as { roles: { name: string }[] };
    return roles.some(({ name }) => name === 'web');
  };
  const file = `/frameworks/${framework_id}/executors/runs/runs/latest`;
  const resources = (name: string, value: object) => ({ slaveId: agent_id, [name]: JSON.stringify([value]) });

  /** In an order in which those who may do one after the other. */
  const actions: [action: string, fields: Record<string, string>, does: (who: Who) => Promise<boolean>][] = [
    ['view_flags', {}, to('/flags', 'GET')],
    ['read_metrics', {}, to('/metrics/snapshot', 'GET')],
    [
      'set_log_level',
      {},
      call({ type: 'SET_LOGGING_LEVEL', set_logging_level: { level: 1, duration: { nanoseconds: 1e9 } } }),
    ],
    ['read_sandbox', { framework_id, executor_id: 'runs' }, to(`/agents/${agent_id}/files/browse?path=${file}`, 'GET')],
    ['exec', { framework_id, task_id: 'runs' }, inAgent],
    ['exec', { framework_id, task_id: 'none' }, async () => false],
    ['run_task', { role: 'web', user: userName() }, runs('web')],
    ['run_task', { role: '/web' }, runs('/web')],
    ['update_weight', { role: 'web' }, to('/weights', 'PUT', '[{"role": "web", "weight": 2}]')],
    ['view_role', { role: 'web' }, seesRole],
    ['update_weight', { role: '/web' }, to('/weights', 'PUT', '[{"role": "/web", "weight": 2}]')],
    [
      'update_quota',
      { role: 'web' },
      call({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [{ role: 'web' }] } }),
    ],
    ['update_quota', { role: '*' }, call({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [{ role: '*' }] } })],
    ['update_maintenance', {}, to('/maintenance/schedule', 'POST', JSON.stringify(machines))],
    ['view_maintenance', {}, seesAny('/maintenance/schedule', 'windows')],
    ['start_maintenance', {}, to('/machine/down', 'POST', JSON.stringify(away))],
    ['stop_maintenance', {}, to('/machine/up', 'POST', JSON.stringify(away))],
    ['view_all_frameworks', {}, seesAny('/frameworks', 'frameworks')],
    ['view_all_tasks', {}, seesAny('/tasks', 'tasks')],
    ['view_all_roles', {}, seesRole],
    ['unreserve', { agent_id, role: 'web' }, form('/unreserve', resources('resources', reserved))],
    ['reserve', { agent_id, role: 'web' }, form('/reserve', resources('resources', reserved))],
    [
      'reserve',
      { agent_id: 'none', role: 'web' },
      form('/reserve', { ...resources('resources', reserved), slaveId: 'none' }),
    ],
    ['destroy_volume', { agent_id }, form('/destroy-volumes', resources('volumes', volume))],
    ['create_volume', { agent_id, role: 'web' }, form('/create-volumes', resources('volumes', volume))],
    [
      'resize_volume',
      { agent_id, role: 'web' },
      call({ type: 'SHRINK_VOLUME', shrink_volume: { agent_id: id, volume, subtract: { value: 32 } } }),
    ],
    ['destroy_volume', { agent_id, role: 'web' }, form('/destroy-volumes', resources('volumes', shrunk))],
    ['unreserve', { agent_id }, form('/unreserve', resources('resources', reserved))],
    ['kill_task', { framework_id, task_id: 'ends' }, kills(framework_id, 'ends')],
    ['kill_task', { framework_id, task_id: 'none' }, kills(framework_id, 'none')],
    ['kill_task', { framework_id: 'none', task_id: 'runs' }, kills('none', 'runs')],
    ['kill_task', { framework_id, task_id: 'runs' }, kills(framework_id, 'runs')],
    ['teardown', { framework_id: 'none' }, form('/teardown', { frameworkId: 'none' })],
    ['teardown', { framework_id }, form('/teardown', { frameworkId: framework_id })],
    ['teardown', { framework_id }, form('/teardown', { frameworkId: framework_id })],
    ['reactivate_agent', { agent_id }, call({ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id: id } })],
    ['deactivate_agent', { agent_id }, call({ type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id: id } })],
    ['reactivate_agent', { agent_id }, call({ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id: id } })],
    ['drain_agent', { agent_id: 'none' }, call({ type: 'DRAIN_AGENT', drain_agent: { agent_id: { value: 'none' } } })],
    ['drain_agent', { agent_id }, call({ type: 'DRAIN_AGENT', drain_agent: { agent_id: id } })],
    [
      'mark_agent_gone',
      { agent_id: 'none' },
      call({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: 'none' } } }),
    ],
    ['mark_agent_gone', { agent_id }, call({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: id } })],
    ['mark_agent_gone', { agent_id }, call({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: id } })],
  ];
  const allowed = new Set<string>();
  for (const [action, fields, does] of actions) {
    // Operations are done when the agent has confirmed them.
    if (action.endsWith('_volume') || action.endsWith('reserve')) await settled(cluster);
    for (const who of ['guest', 'ops'] as const) {
      const about = `${action} ${JSON.stringify(fields)} by ${who}`;
      const { allowed: isAllowed, reason = '' } = await can(who, { action, ...fields });
      assert.equal(await does(who), isAllowed, `${about}: ${reason}`);
      if (isAllowed) allowed.add(`${who} ${action}`);
      else assert.match(reason, /^[A-Z'].*\w/, about);
      const names = Object.keys(denied).filter(name => reason.includes(`'${name}'`));
      if (reason.includes('may not')) assert.equal(names.length, 1, reason);
    }
  }
  assert.deepEqual(
    [...new Set(actions.map(([action]) => action))].filter(action => !allowed.has(`ops ${action}`)),
    [],
  );
  assert.deepEqual(
    [...allowed].filter(each => each.startsWith('guest')),
    [],
  );

  const wrong: [body: string, problem: RegExp][] = [
    ['{', /Failed to parse the checks/],
    ['{}', /"checks" must be a list/],
    ['{"checks": [{"action": "sudo"}]}', /"checks\[0\]\.action" must be one of kill_task, exec/],
    [
      '{"checks": [{"action": "view_flags"}, {"action": "teardown"}]}',
      /"checks\[1\]\.framework_id" is missing; teardown needs/,
    ],
    ['{"checks": [{"action": "reserve", "agent_id": "a", "role": 5}]}', /"checks\[0\]\.role" must be a text/],
    [JSON.stringify({ checks: Array.from({ length: 1001 }, () => ({ action: 'view_flags' })) }), /at most 1000/],
  ];
  for (const [body, problem] of wrong) {
    const answer = await send('ops', `${master.origin}/ui/can`, { method: 'POST', body });
    assert.equal(answer.status, 400, body);
    assert.match(await answer.text(), problem);
  }
  const many = JSON.stringify({ checks: Array.from({ length: 1000 }, () => ({ action: 'view_flags' })) });
  const { answers } = (await (
    await send('guest', `${master.origin}/ui/can`, { method: 'POST', body: many })
  ).json()) as {
    answers: Answered[];
  };
  assert.equal(answers.filter(({ allowed: yes }) => !yes).length, 1000);
  assert.equal((await fetch(`${master.origin}/ui/can`, { method: 'POST', body: many })).status, 401);
});

async function settled(cluster: Cluster): Promise<void> {
  await eventually('no operation under way', async () => {
    const { operations = [] } = (await cluster.get('/state')) as { operations?: unknown[] };
    return operations.length === 0;
  });
}

test('a principal counts where the endpoint of an action asks who sends requests', async t => {
  const directory = mkdtempSync(path.join(tmpdir(), 'can-realms-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const credentials = path.join(directory, 'credentials');
  writeFileSync(credentials, 'ops secret-of-ops\n', { mode: 0o600 });
  const ops = [{ principals: { values: ['ops'] }, flags: { type: 'ANY' } }];
  const changes = [{ principals: { values: ['ops'] }, roles: { type: 'ANY' } }];
  const sessions = [{ principals: { values: ['ops'] }, users: { type: 'ANY' } }];
  const rules = JSON.stringify({
    ...{ permissive: false, view_flags: ops, update_weights: changes, attach_containers_input: sessions },
    launch_nested_container_sessions_under_parent_with_user: sessions,
    launch_nested_container_sessions_as_user: sessions,
  });
  const headers = { Authorization: authorization('ops') };
  for (const [flag, allowed] of [
    ['authenticate_http_readonly', [true, false]],
    ['authenticate_http_readwrite', [false, true]],
  ] as const) {
    const { master } = await Cluster.start(t, {
      master: { [flag]: true, credentials, acls: rules },
      agents: [],
      headers,
    });
    const body = JSON.stringify({ checks: [{ action: 'view_flags' }, { action: 'update_weight', role: 'web' }] });
    const answer = await fetch(`${master.origin}/ui/can`, { method: 'POST', headers, body });
    const { answers } = (await answer.json()) as { answers: Answered[] };
    assert.deepEqual(
      answers.map(each => each.allowed),
      allowed,
      flag,
    );
    const weight = { method: 'PUT', headers, body: '[{"role": "web", "weight": 2}]' };
    const done = [await fetch(`${master.origin}/flags`, { headers }), await fetch(`${master.origin}/weights`, weight)];
    assert.deepEqual(
      done.map(({ ok }) => ok),
      allowed,
      flag,
    );
    assert.match(answers.find(each => !each.allowed)?.reason ?? '', /^Requests without a principal may not: /);
    // A terminal changes things: the one that there is not is told to those only who may open it.
    const exec = JSON.stringify({ checks: [{ action: 'exec', framework_id: 'none', task_id: 'none' }] });
    const told = await (await fetch(`${master.origin}/ui/can`, { method: 'POST', headers, body: exec })).text();
    assert.match(
      told,
      flag === 'authenticate_http_readwrite' ? /has no task/ : /Requests without a principal may not: /,
    );
  }
});
