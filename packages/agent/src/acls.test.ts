/** `--acls` on an agent: launches of tasks, sandboxes, containers and views, each for those who may. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { principalHeader, principalOfHeader } from '@meseta/daemon/testing';
import { parseFlags } from '@meseta/flags';
import type { AgentCall, ContainerID } from '@meseta/protocol';
import { userName } from '@meseta/system';
import { agentFlags } from './flags.ts';
import { bench, startAgentWith } from './testing/test-agent.ts';

const any = { type: 'ANY' };
const names = (...values: string[]) => ({ values });
const p = names('p');
const me = names(userName());

/** What `p` may do on the agent, with executors of this user; nobody else may do anything. */
const acls = {
  permissive: false,
  run_tasks: [{ principals: any, users: me }],
  access_sandboxes: [{ principals: p, users: me }],
  get_endpoints: [{ principals: p, paths: names('/containers', '/monitor/statistics', '/metrics/snapshot') }],
  view_flags: [{ principals: p, flags: any }],
  view_frameworks: [{ principals: names('p', 'frameworks'), users: me }],
  view_executors: [{ principals: p, users: me }],
  view_tasks: [{ principals: p, users: me }],
  view_containers: [{ principals: p, users: me }],
  launch_nested_containers_under_parent_with_user: [{ principals: p, users: me }],
  launch_nested_containers_as_user: [{ principals: p, users: me }],
  wait_nested_containers: [{ principals: p, users: me }],
  kill_nested_containers: [{ principals: p, users: me }],
  remove_nested_containers: [{ principals: p, users: me }],
};

test('an agent does and shows what its rules allow', async t => {
  const at = await bench(t);
  const agent = await startAgentWith(at, principalOfHeader, `--acls=${JSON.stringify(acls)}`);
  at.onEnd(() => agent.shutdown());
  const origin = `http://127.0.0.1:${agent.port}`;
  const get = async (who: string | undefined, path: string) => {
    const response = await fetch(origin + path, { headers: who === undefined ? {} : { [principalHeader]: who } });
    return { status: response.status, text: await response.text() };
  };
  const call = async (who: string | undefined, message: AgentCall) => {
    const headers = { 'Content-Type': 'application/json', ...(who !== undefined && { [principalHeader]: who }) };
    const response = await fetch(`${origin}/api/v1`, { method: 'POST', headers, body: JSON.stringify(message) });
    return { status: response.status, text: await response.text() };
  };

  at.master.command('forbidden', 'true', { command: { value: 'true', user: 'nobody-allowed' } });
  const refused = await at.master.until('forbidden', 'TASK_ERROR');
  assert.equal(refused.status.reason, 'REASON_TASK_UNAUTHORIZED');
  at.master.command('allowed', 'echo of-the-task; exec sleep 600');
  const { status } = await at.master.until('allowed', 'TASK_RUNNING');
  const parent = status.container_status?.container_id as ContainerID;

  for (const path of ['/containers', '/monitor/statistics', '/metrics/snapshot', '/flags']) {
    assert.equal((await get('p', path)).status, 200, path);
    assert.equal((await get('q', path)).status, 403, path);
    assert.equal((await get(undefined, path)).status, 403, path);
  }
  for (const path of ['/containerizer/debug', '/logging/toggle', '/files/debug']) {
    assert.equal((await get('p', path)).status, 403, path);
  }
  const seen = (text: string) => ['test-0000', 'allowed', '"flags"'].map(each => text.includes(each));
  assert.deepEqual(seen((await get('p', '/state')).text), [true, true, true]);
  assert.deepEqual(seen((await get('q', '/state')).text), [false, false, false]);
  assert.deepEqual(seen((await get('frameworks', '/state')).text), [true, false, false]);
  for (const type of ['GET_STATE', 'GET_FRAMEWORKS', 'GET_EXECUTORS', 'GET_TASKS', 'GET_CONTAINERS'] as const) {
    const message = { type, ...(type === 'GET_CONTAINERS' && { get_containers: { show_nested: true } }) };
    assert.match((await call('p', message)).text, /test-0000/, type);
    assert.doesNotMatch((await call('q', message)).text, /test-0000|allowed/, type);
  }

  const [executor] = [...agent.context.agent.executors()];
  const stdout = `${executor?.directory}/stdout`;
  for (const path of ['/files/read', '/files/browse', '/files/download']) {
    const query = `${path}?path=${path === '/files/browse' ? executor?.directory : stdout}&offset=0`;
    assert.equal((await get('p', query)).status, 200, path);
    assert.equal((await get('q', query)).status, 403, path);
  }
  const read: AgentCall = { type: 'READ_FILE', read_file: { path: stdout, offset: 0 } };
  assert.deepEqual([(await call('p', read)).status, (await call('q', read)).status], [200, 403]);

  const container_id = { value: 'nested', parent };
  const command = { value: 'true' };
  const launch = (user?: string): AgentCall => ({
    type: 'LAUNCH_NESTED_CONTAINER',
    launch_nested_container: { container_id, command: { ...command, ...(user !== undefined && { user }) } },
  });
  assert.equal((await call('q', launch(userName()))).status, 403);
  assert.equal((await call('p', launch('somebody'))).status, 403, 'as another user');
  assert.equal((await call('p', launch())).status, 403, 'no user in particular needs ANY');
  assert.equal((await call('p', launch(userName()))).status, 200);
  const wait: AgentCall = { type: 'WAIT_NESTED_CONTAINER', wait_nested_container: { container_id } };
  assert.deepEqual([(await call('q', wait)).status, (await call('p', wait)).status], [403, 200]);
  const remove: AgentCall = { type: 'REMOVE_NESTED_CONTAINER', remove_nested_container: { container_id } };
  assert.deepEqual([(await call('q', remove)).status, (await call('p', remove)).status], [403, 200]);
  const alone = { container_id: { value: 'alone' }, command };
  assert.equal((await call('p', { type: 'LAUNCH_CONTAINER', launch_container: alone })).status, 403);
  assert.equal((await call('p', { type: 'PRUNE_IMAGES' })).status, 403);
});

test('rules that cannot be read are refused', () => {
  const parse = (flag: string) => () => parseFlags(agentFlags, ['--master=127.0.0.1:5050', '--work_dir=/none', flag]);
  assert.throws(parse('--acls={"access_sandboxes": [{}]}'), /acls.*'access_sandboxes\[0\]\.principals' is missing/);
  assert.throws(parse('--authorizer=local,other'), /authorizer.*several are not supported/);
});
