/** `--acls` on an agent, rule by rule: each call is allowed to those with its rule, and to nobody with another one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { principalHeader, principalOfHeader } from '@meseta/daemon/testing';
import type { AgentCall, AgentResponse, ContainerID } from '@meseta/protocol';
import { userName } from '@meseta/system';
import { bench, startAgentWith } from './testing/test-agent.ts';

const any = { type: 'ANY' };
const alone = { value: 'alone' };

interface Case {
  /** All of them are needed. */
  readonly rules: readonly string[];
  /** Made for each case, of the container of a task. */
  readonly call: (parent: ContainerID) => AgentCall;
}

const user = userName();
const command = { value: 'exec sleep 600', user };
const nested = (parent: ContainerID) => ({ value: 'nested', parent });

/** In the order in which those who may make them. */
const cases: readonly Case[] = [
  {
    rules: ['launch_nested_containers_under_parent_with_user', 'launch_nested_containers_as_user'],
    call: parent => ({
      type: 'LAUNCH_NESTED_CONTAINER',
      launch_nested_container: { container_id: nested(parent), command },
    }),
  },
  {
    rules: ['kill_nested_containers'],
    call: parent => ({ type: 'KILL_NESTED_CONTAINER', kill_nested_container: { container_id: nested(parent) } }),
  },
  {
    rules: ['wait_nested_containers'],
    call: parent => ({ type: 'WAIT_NESTED_CONTAINER', wait_nested_container: { container_id: nested(parent) } }),
  },
  {
    rules: ['remove_nested_containers'],
    call: parent => ({ type: 'REMOVE_NESTED_CONTAINER', remove_nested_container: { container_id: nested(parent) } }),
  },
  {
    rules: ['launch_nested_container_sessions_under_parent_with_user', 'launch_nested_container_sessions_as_user'],
    call: parent => ({
      type: 'LAUNCH_NESTED_CONTAINER_SESSION',
      launch_nested_container_session: {
        container_id: { value: 'session', parent },
        command: { value: 'true', user },
      },
    }),
  },
  {
    rules: ['attach_containers_output'],
    call: parent => ({ type: 'ATTACH_CONTAINER_OUTPUT', attach_container_output: { container_id: parent } }),
  },
  {
    rules: ['attach_containers_input'],
    call: parent => ({
      type: 'ATTACH_CONTAINER_INPUT',
      attach_container_input: { type: 'CONTAINER_ID', container_id: parent },
    }),
  },
  {
    rules: ['launch_standalone_containers'],
    call: () => ({ type: 'LAUNCH_CONTAINER', launch_container: { container_id: alone, command } }),
  },
  {
    rules: ['kill_standalone_containers'],
    call: () => ({ type: 'KILL_CONTAINER', kill_container: { container_id: alone } }),
  },
  {
    rules: ['wait_standalone_containers'],
    call: () => ({ type: 'WAIT_CONTAINER', wait_container: { container_id: alone } }),
  },
  {
    rules: ['remove_standalone_containers'],
    call: () => ({ type: 'REMOVE_CONTAINER', remove_container: { container_id: alone } }),
  },
  {
    rules: ['set_log_level'],
    call: () => ({ type: 'SET_LOGGING_LEVEL', set_logging_level: { level: 0, duration: { nanoseconds: 1 } } }),
  },
  { rules: ['prune_images'], call: () => ({ type: 'PRUNE_IMAGES' }) },
  {
    rules: ['modify_resource_provider_configs'],
    call: () => ({
      type: 'REMOVE_RESOURCE_PROVIDER_CONFIG',
      remove_resource_provider_config: { type: 'a', name: 'b' },
    }),
  },
  {
    rules: ['mark_resource_providers_gone'],
    call: () => ({
      type: 'MARK_RESOURCE_PROVIDER_GONE',
      mark_resource_provider_gone: { resource_provider_id: { value: 'x' } },
    }),
  },
];

/** The object of a rule; of those about users, this user. */
const objects: Readonly<Record<string, object>> = {
  set_log_level: { level: any },
  prune_images: { images: any },
  modify_resource_provider_configs: { resource_providers: any },
  mark_resource_providers_gone: { resource_providers: any },
};
const objectOf = (rule: string) => objects[rule] ?? { users: rule.includes('standalone') ? any : { values: [user] } };

test('each rule about containers and agents allows its calls, and nothing else', async t => {
  const rules = cases.flatMap(each => each.rules);
  /** Who has the rules of a case. */
  const holderOf = ({ rules: [rule = ''] }: Case): string => rule;
  const acls: Record<string, unknown> = { permissive: false, run_tasks: [{ principals: any, users: any }] };
  for (const { rules: all } of cases) {
    for (const rule of all)
      acls[rule] = [{ principals: { values: [all[0] as string, `only ${rule}`] }, ...objectOf(rule) }];
  }
  const at = await bench(t);
  const agent = await startAgentWith(at, principalOfHeader, `--acls=${JSON.stringify(acls)}`);
  at.onEnd(() => agent.shutdown());
  at.master.command('task', 'exec sleep 600');
  const { status } = await at.master.until('task', 'TASK_RUNNING');
  const parent = status.container_status?.container_id as ContainerID;

  const statusOf = async (who: string | undefined, message: AgentCall) => {
    const isInput = message.type === 'ATTACH_CONTAINER_INPUT';
    const text = JSON.stringify(message);
    const end = new AbortController();
    const response = await fetch(`http://127.0.0.1:${agent.port}/api/v1`, {
      method: 'POST',
      headers: {
        ...(isInput
          ? { 'Content-Type': 'application/recordio', 'Message-Content-Type': 'application/json' }
          : { 'Content-Type': 'application/json' }),
        ...(who !== undefined && { [principalHeader]: who }),
      },
      body: isInput ? `${Buffer.byteLength(text)}\n${text}` : text,
      signal: end.signal,
    });
    end.abort(); // some of the answers do not end
    return response.status;
  };
  for (const each of cases) {
    const message = each.call(parent);
    const strangers = [undefined, 'nobody', ...cases.filter(other => other !== each).map(holderOf)];
    const halves = each.rules.length > 1 ? each.rules.map(rule => `only ${rule}`) : [];
    for (const who of [...strangers, ...halves]) {
      assert.equal(await statusOf(who, message), 403, `${message.type} by ${who}`);
    }
    assert.notEqual(await statusOf(holderOf(each), message), 403, `${message.type}`);
  }
  assert.equal(new Set(rules).size, rules.length);
});

test('stand-alone containers and what is nested in them are shown to those who may see them, and containers of tasks are not', async t => {
  const everybody = { values: ['sees-alone', 'sees-tasks'] };
  const acls = {
    permissive: false,
    run_tasks: [{ principals: any, users: any }],
    launch_standalone_containers: [{ principals: { values: ['sees-alone'] }, users: any }],
    kill_standalone_containers: [{ principals: { values: ['sees-alone'] }, users: any }],
    wait_standalone_containers: [{ principals: { values: ['sees-alone'] }, users: any }],
    view_standalone_containers: [{ principals: { values: ['sees-alone'] }, users: any }],
    view_containers: [{ principals: { values: ['sees-tasks'] }, users: any }],
    view_frameworks: [{ principals: everybody, users: any }],
    view_executors: [{ principals: everybody, users: any }],
  };
  const at = await bench(t);
  const agent = await startAgentWith(at, principalOfHeader, `--acls=${JSON.stringify(acls)}`);
  at.onEnd(() => agent.shutdown());
  at.master.command('task', 'exec sleep 600');
  const { status } = await at.master.until('task', 'TASK_RUNNING');
  const ofTask = status.container_status?.container_id?.value;
  const call = (who: string, message: AgentCall) =>
    fetch(`http://127.0.0.1:${agent.port}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', [principalHeader]: who },
      body: JSON.stringify(message),
    });
  const launched = await call('sees-alone', {
    type: 'LAUNCH_CONTAINER',
    launch_container: { container_id: alone, command },
  });
  assert.equal(launched.status, 200, await launched.text());
  const seenBy = async (who: string) => {
    const answer = await call(who, {
      type: 'GET_CONTAINERS',
      get_containers: { show_nested: true, show_standalone: true },
    });
    const { get_containers } = (await answer.json()) as AgentResponse;
    return get_containers?.containers?.map(({ container_id }) => container_id?.value) ?? [];
  };
  assert.deepEqual(await seenBy('sees-alone'), ['alone']);
  assert.deepEqual(await seenBy('sees-tasks'), [ofTask]);
  assert.deepEqual(await seenBy('nobody'), []);
  await call('sees-alone', { type: 'KILL_CONTAINER', kill_container: { container_id: alone } });
  const waited = await call('sees-alone', { type: 'WAIT_CONTAINER', wait_container: { container_id: alone } });
  assert.equal(waited.status, 200, await waited.text());
});
