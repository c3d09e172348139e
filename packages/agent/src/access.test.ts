/** Every entry of the agent's tables asks what it names, before it answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asking, addSharedRoutes, DaemonRouter } from '@meseta/daemon';
import { handlersOf, recordingAccess } from '@meseta/daemon/testing';
import type { Request } from '@meseta/process';
import { answerOf } from '@meseta/process/testing';
import type { AgentCall } from '@meseta/protocol';
import { addViews } from './add-views.ts';
import { operatorApi } from './api/operator/calls.ts';
import { viewContext } from './testing/recorded-agent.ts';

const access = recordingAccess();
access.refuse(() => true);
const context = viewContext(undefined, { access });
context.agent.state = 'RUNNING';
const router = new DaemonRouter({ access, delegate: 'slave(1)' });
addViews(context, router, 'slave(1)');
addSharedRoutes(router, {
  ...{ files: context.files, metrics: context.metrics, verbosity: context.log.verbosity },
  ...{ readonlyRealm: 'mesos-agent-readonly', readwriteRealm: 'mesos-agent-readwrite' },
});

async function ask(method: string, path: string, headers = {}, body = '') {
  access.clear();
  const request = {
    ...{ method, path, url: path, query: new URLSearchParams(), rest: '', headers },
    peer: { address: '127.0.0.1', port: 1 },
    signal: new AbortController().signal,
    body: async () => Buffer.from(body),
    async *stream() {
      yield Buffer.from(`${body.length}\n${body}`);
    },
  } satisfies Request;
  const response = await answerOf(() => router.handle(request));
  return { response, asked: [...access.asked] };
}

test('routes', async () => {
  for (const { actor, route } of router.routes()) {
    for (const [only, { access: entry }] of handlersOf(route)) {
      if ('defers' in entry) continue;
      const name = `/${actor}${route.path}`;
      const { response, asked } = await ask(only ?? route.methods?.[0] ?? 'GET', name);
      const realm = route.realm === undefined ? [] : [`realm ${route.realm}`];
      if ('asks' in entry) assert.deepEqual([response.status, asked], [403, [...realm, entry.asks[0]]], name);
      else {
        const filters = 'filters' in entry ? entry.filters.map(action => `filter ${action}`) : [];
        assert.deepEqual(asked, [...realm, ...filters], name);
      }
    }
  }
});

const container = { container_id: { value: 'c', parent: { value: 'p' } } };
const alone = { container_id: { value: 'c' } };
const provider = { info: { type: 'org.example', name: 'p' } };
/** What calls that ask need; the action is the first of those that the entry names, unless it says another. */
const calls: Partial<Record<NonNullable<AgentCall['type']>, { call: Partial<AgentCall>; asks?: string }>> = {
  SET_LOGGING_LEVEL: { call: { set_logging_level: { level: 1, duration: { nanoseconds: 1 } } } },
  LAUNCH_NESTED_CONTAINER: { call: { launch_nested_container: container } },
  WAIT_NESTED_CONTAINER: { call: { wait_nested_container: container } },
  KILL_NESTED_CONTAINER: { call: { kill_nested_container: container } },
  REMOVE_NESTED_CONTAINER: { call: { remove_nested_container: container } },
  LAUNCH_NESTED_CONTAINER_SESSION: { call: { launch_nested_container_session: container } },
  ATTACH_CONTAINER_INPUT: { call: { attach_container_input: { type: 'CONTAINER_ID', ...container } } },
  ATTACH_CONTAINER_OUTPUT: { call: { attach_container_output: container } },
  LAUNCH_CONTAINER: { call: { launch_container: alone }, asks: 'LAUNCH_STANDALONE_CONTAINER' },
  WAIT_CONTAINER: { call: { wait_container: container } },
  KILL_CONTAINER: { call: { kill_container: alone }, asks: 'KILL_STANDALONE_CONTAINER' },
  REMOVE_CONTAINER: { call: { remove_container: container } },
  ADD_RESOURCE_PROVIDER_CONFIG: { call: { add_resource_provider_config: provider } },
  UPDATE_RESOURCE_PROVIDER_CONFIG: { call: { update_resource_provider_config: provider } },
  REMOVE_RESOURCE_PROVIDER_CONFIG: { call: { remove_resource_provider_config: provider.info } },
  MARK_RESOURCE_PROVIDER_GONE: { call: { mark_resource_provider_gone: { resource_provider_id: { value: 'p' } } } },
  ...{ GET_METRICS: { call: { get_metrics: {} } }, LIST_FILES: { call: { list_files: { path: '/none' } } } },
  READ_FILE: { call: { read_file: { path: '/none', offset: 0 } } },
};

for (const [type, { access: entry }] of Object.entries(operatorApi.calls)) {
  test(`call ${type}`, async () => {
    const { call, asks } = calls[type as keyof typeof calls] ?? { call: {}, asks: undefined };
    const recordio = { 'content-type': 'application/recordio', 'message-content-type': 'application/json' };
    const headers = type === 'ATTACH_CONTAINER_INPUT' ? recordio : { 'content-type': 'application/json' };
    const { response, asked } = await ask('POST', '/slave(1)/api/v1', headers, JSON.stringify({ type, ...call }));
    const realm = 'realm mesos-agent-readwrite';
    if ('asks' in entry) {
      const { asks: named } = entry as Asking<never[]>;
      assert.ok(asks === undefined || named.some(action => action === asks));
      assert.deepEqual([response.status, asked], [403, [realm, asks ?? named[0]]]);
    } else {
      const filters = 'filters' in entry ? entry.filters.map(action => `filter ${action}`) : [];
      assert.deepEqual(asked, [realm, ...filters]);
    }
  });
}
