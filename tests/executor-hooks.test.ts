/** Lifecycle hooks of command tasks, by `--executor_hooks`, through everything that may come between. */

import assert from 'node:assert/strict';
import { chmodSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FrameworkInfo, TaskInfo } from '@meseta/protocol';
import { eventually, needs } from '@meseta/system/testing';
import { answering, type Call } from './support/answering.ts';
import { Cluster } from './support/cluster.ts';
import { Consul } from './support/consul.ts';
import type { Framework } from './support/framework.ts';
import { processesOf } from './support/processes.ts';

interface Scene {
  readonly cluster: Cluster;
  readonly framework: Framework;
  /** A path below the cluster's directory. */
  at(name: string): string;
  /** Launches a task; its command runs in the shell. */
  launch(id: string, command: string, more?: Partial<TaskInfo>): Promise<void>;
  kill(id: string): Promise<unknown>;
}

/** @param hooks may use `@` for the cluster's directory. */
async function scene(
  t: TestContext,
  hooks: Record<string, unknown>,
  info: Partial<FrameworkInfo> = {},
): Promise<Scene> {
  const cluster = await Cluster.start(t, { agents: [] });
  const flag = JSON.stringify({ HOOK_TIMEOUT: '20s', ...hooks }).replaceAll('@', cluster.directory);
  await cluster.addAgent({ executor_hooks: flag });
  const framework = await cluster.framework(info);
  return {
    cluster,
    framework,
    at: name => path.join(cluster.directory, name),
    async launch(id, command, more) {
      const task = { task_id: { value: id }, command: { value: command }, ...more };
      await framework.run(task);
    },
    kill: id => framework.call({ type: 'KILL', kill: { task_id: { value: id } } }),
  };
}

const web: Partial<TaskInfo> = {
  labels: { labels: [{ key: 'consul', value: 'web' }] },
  discovery: { visibility: 'EXTERNAL', ports: { ports: [{ number: 31000, name: 'http' }] } },
};
/** Those that are there, and whole. */
const lines = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []);
const shown = ({ method, path: target, headers }: Call) =>
  [method, target, headers['x-meseta-event'], headers.authorization].filter(Boolean).join(' ');
/** Runs until the file is there. */
const waitFor = (file: string) => `while [ ! -e ${file} ]; do sleep 0.02; done`;
/** An exec hook that writes down what it is called for. */
const writesDown = 'echo "$1" >> @/events';

/** Waits until the agent has written down that the hooks of an event have run for the task `a`: its successor knows. */
async function recorded({ at }: Scene, event: string): Promise<void> {
  await eventually(`${event} in the record of hooks`, () =>
    globSync(at('agent-1/meta/**/tasks/a/task.hooks')).some(file => readFileSync(file, 'utf8').includes(event)),
  );
}

async function withConsul(t: TestContext, info?: Partial<FrameworkInfo>) {
  const consul = await Consul.start(t);
  return { consul, ...(await scene(t, { CONSUL_HTTP_ADDR: consul.address }, info)) };
}

test('Consul: registered while it runs, deregistered before SIGTERM', async t => {
  const { consul, framework, at, launch, kill } = await withConsul(t);
  const traps = `trap '${waitFor(at('go'))}; exit 0' TERM; echo > ${at('up')}`;
  await launch('a', `${traps}; while :; do sleep 0.02; done`, web);
  await eventually('registration', () => consul.services.has('a_web_31000') && existsSync(at('up')));
  await kill('a');
  await eventually('deregistration', () => consul.services.size === 0);
  await framework.reaches('a', 'TASK_KILLING');
  assert.deepEqual(framework.statesOf('a'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING']);
  writeFileSync(at('go'), '');
  await framework.reaches('a', 'TASK_KILLED');
  assert.deepEqual(consul.log, ['+a_web_31000', '-a_web_31000']);
});

test('Consul: a task that ended while the agent was down is deregistered', async t => {
  const { consul, ...all } = await withConsul(t);
  const { cluster, framework, at, launch } = all;
  await launch('a', `${waitFor(at('go'))}; echo > ${at('over')}`, web);
  await eventually('registration', () => consul.services.size === 1);
  await recorded(all, 'AfterTaskHealthy');
  await cluster.agent.kill();
  writeFileSync(at('go'), '');
  await eventually('the end of the task', () => existsSync(at('over')));
  await cluster.agent.start();
  await framework.reaches('a', 'TASK_FINISHED');
  assert.deepEqual(consul.log, ['+a_web_31000', '-a_web_31000']);
});

test('Consul: hooks that died with the agent run again, those that had run do not', async t => {
  const { consul, ...all } = await withConsul(t);
  const { cluster, framework, launch, kill } = all;
  consul.stalls = true;
  await launch('a', 'exec sleep 1000', web);
  await eventually('registration', () => consul.log.length === 1);
  await framework.reaches('a', 'TASK_RUNNING');
  await cluster.agent.kill();
  consul.stalls = false;
  await cluster.agent.start();
  await eventually('second registration', () => consul.services.size === 1);
  await recorded(all, 'AfterTaskHealthy');
  await cluster.agent.kill('SIGTERM');
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  consul.stalls = true;
  await kill('a');
  await eventually('deregistration', () => consul.log.length === 3);
  await cluster.agent.kill();
  consul.stalls = false;
  await cluster.agent.start();
  await framework.reaches('a', 'TASK_KILLED');
  assert.deepEqual(consul.log, ['+a_web_31000', '+a_web_31000', '-a_web_31000', '-a_web_31000']);
  assert.deepEqual(consul.services.size, 0);
});

test('Consul: a task that does not survive the agent is deregistered', async t => {
  const { cluster, consul, launch } = await withConsul(t, { checkpoint: false });
  await launch('a', 'exec sleep 1000', web);
  await eventually('registration', () => consul.services.size === 1);
  await cluster.agent.kill('SIGTERM');
  assert.deepEqual(consul.log, ['+a_web_31000', '-a_web_31000']);
});

test('VaaS and a webhook: from the start, over a restart of the agent, to the end', async t => {
  const vaas = { director: '/api/v0.1/director/', dc: '/api/v0.1/dc/', backend: '/api/v0.1/backend/' };
  const dc = { symbol: 'here', resource_uri: '/api/v0.1/dc/3/' };
  const { address, calls } = await answering(t, {
    [vaas.director]: { objects: [{ id: 4, name: 'shop' }] },
    [vaas.dc]: { objects: [dc] },
    [vaas.backend]: { id: 5 },
    '/hook': { env: { HOOK: 'of the web' } },
  });
  const all = await scene(t, {
    ...{ VAAS_HOST: `http://${address}`, VAAS_USERNAME: 'me', VAAS_TOKEN: 'hush', CLOUD_DC: 'here' },
    ...{ WEBHOOK_URL: `http://${address}/hook`, WEBHOOK_TOKEN: 'hush', CLOUD_PUBLIC_IP: '10.1.2.3' },
  });
  const { at, cluster, framework, launch, kill } = all;
  const labels = { labels: [{ key: 'director', value: 'shop' }] };
  const ports = { visibility: 'EXTERNAL' as const, ports: { ports: [{ number: 31000 }] } };
  await launch('a', `echo "$HOOK" > ${at('variable')}; exec sleep 1000`, { labels, discovery: ports });
  const call = (event: string) => `POST /hook ${event} Bearer hush`;
  const registered = [
    ...[call('BeforeTaskStart'), call('AfterTaskStart'), call('AfterTaskHealthy')],
    ...[`GET ${vaas.director}`, `GET ${vaas.dc}`, `POST ${vaas.backend}`],
  ];
  await recorded(all, 'AfterTaskHealthy');
  assert.deepEqual(calls.map(shown), registered);
  const [posted] = calls.filter(({ path }) => path === vaas.backend);
  assert.deepEqual(posted?.body, {
    ...{ address: '10.1.2.3', port: 31000, director: `${vaas.director}4/`, dc, inherit_time_profile: true },
  });
  assert.deepEqual(posted?.query, { username: 'me', api_key: 'hush' });
  await eventually('its variable', () => lines(at('variable')).join() === 'of the web');
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  await kill('a');
  await framework.reaches('a', 'TASK_KILLED');
  const end = [`DELETE ${vaas.backend}5/`, call('BeforeTerminate')];
  assert.deepEqual(calls.map(shown), [...registered, ...end]);
  assert.doesNotMatch(cluster.agent.log, /hush/);
});

test('a command: its variables, its place, and none of the secrets', async t => {
  const command = `${writesDown}; [ "$1" != BeforeTaskStart ] || { env > hook.env; printf 'HOOK=1\\nOWN=hook\\n'; }`;
  const { at, framework, launch } = await scene(t, { EXEC_HOOK_COMMAND: command, CONSUL_TOKEN: 'hush' });
  const environment = { variables: [{ name: 'OWN', value: 'task' }] };
  const health_check: TaskInfo['health_check'] = {
    type: 'COMMAND',
    command: { value: `test "$HOOK" = 1 && test "$OWN" = task` },
    delay_seconds: 0,
    interval_seconds: 0.02,
  };
  const value = `echo "$HOOK $OWN"; cp hook.env ${at('hook.env')}; ${waitFor(at('go'))}`;
  await launch('a', '', { command: { value, environment }, health_check });
  await eventually('health', () => framework.statusesOf('a').some(({ healthy }) => healthy));
  writeFileSync(at('go'), '');
  await framework.reaches('a', 'TASK_FINISHED');
  assert.deepEqual(lines(at('events')), ['BeforeTaskStart', 'AfterTaskStart', 'AfterTaskHealthy', 'BeforeTerminate']);
  const seen = readFileSync(at('hook.env'), 'utf8');
  assert.match(seen, /MESOS_SANDBOX=/);
  assert.doesNotMatch(seen, /hush/);
});

test('each task of a pod has hooks, in its own sandbox', async t => {
  const command =
    'echo "$1" >> events; [ "$1" != BeforeTaskStart ] || { pwd > place; echo "$MESOS_SANDBOX" >> place; }';
  const { cluster, framework, at } = await scene(t, { EXEC_HOOK_COMMAND: command });
  const tasks = ['a', 'b'].map(id => ({ task_id: { value: id }, command: { value: waitFor(at('go')) } }));
  await framework.runGroup('pod', ...tasks);
  for (const id of ['a', 'b']) await framework.reaches(id, 'TASK_RUNNING');
  const sandbox = (id: string) =>
    globSync(path.join(cluster.directory, `agent-1/slaves/*/**/runs/latest/tasks/${id}`))[0] ?? '';
  const file = (id: string, name: string) => lines(path.join(sandbox(id), name));
  for (const id of ['a', 'b']) await eventually('the hooks', () => file(id, 'events').length === 3);
  writeFileSync(at('go'), '');
  for (const id of ['a', 'b']) {
    await framework.reaches(id, 'TASK_FINISHED');
    assert.deepEqual(framework.statesOf(id), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED']);
    assert.deepEqual(file(id, 'events'), ['BeforeTaskStart', 'AfterTaskStart', 'AfterTaskHealthy', 'BeforeTerminate']);
    const [place, variable] = file(id, 'place');
    assert.ok(place?.includes('/containers/') && place === variable, `${place} ${variable}`);
  }
});

test('a command runs as the user of the task', needs.root('a task runs as another user'), async t => {
  const { cluster, framework, launch } = await scene(t, { EXEC_HOOK_COMMAND: 'id -un > who; echo > /dev/stderr' });
  chmodSync(cluster.directory, 0o755);
  const value = 'test "$(cat who) $(stat -c %U who)" = "nobody nobody"';
  await launch('a', '', { command: { value, user: 'nobody' } });
  await framework.reaches('a', 'TASK_FINISHED');
});

/** A module whose hook for an event of the task `bad` hangs. */
function hangingModule(t: TestContext, hangs: 'BeforeTaskStart' | 'AfterTaskStart'): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'hook-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const module = path.join(directory, 'hook.mjs');
  writeFileSync(
    module,
    `export default { name: 'mine', async handle(event, task) {
       console.log('hook of', task.name);
       if (event === '${hangs}' && task.name === 'bad') while (true);
       if (event === 'BeforeTaskStart') return ['WHO=' + task.name];
     } };`,
  );
  return module;
}

test('a module that hangs holds up no other task', async t => {
  const { cluster, at, framework, launch } = await scene(t, {
    HOOKS: [hangingModule(t, 'AfterTaskStart')],
    HOOK_TIMEOUT: '10m',
  });
  await launch('bad', 'exec sleep 1000');
  await framework.reaches('bad', 'TASK_STARTING');
  await launch('good', `echo $WHO > ${at('who')}`);
  await framework.reaches('good', 'TASK_FINISHED');
  assert.deepEqual(framework.statesOf('bad'), ['TASK_STARTING']);
  assert.deepEqual(lines(at('who')), ['good']);
  // What a module prints has a way of its own to the log.
  await eventually('what the module prints', () => cluster.agent.log.includes('hook of good'));
});

test('a module that hangs for too long costs its task, and leaves no process', async t => {
  const module = hangingModule(t, 'BeforeTaskStart'); // the first event: others would have to be in time
  const { cluster, framework, launch } = await scene(t, { HOOKS: [module], HOOK_TIMEOUT: '1s' });
  await launch('bad', 'exec sleep 1000');
  const { message } = await framework.reaches('bad', 'TASK_FAILED');
  assert.equal(message, "Hook 'mine' failed on BeforeTaskStart: not done after 1 s");
  assert.deepEqual(framework.statesOf('bad'), ['TASK_STARTING', 'TASK_FAILED']);
  await eventually('the end of the modules', () => !cluster.leftovers().some(command => command.includes(module)));
});

test('an agent with a bad module does not start', async t => {
  const cluster = await Cluster.start(t, { agents: [] });
  const flag = JSON.stringify({ HOOKS: path.join(cluster.directory, 'none.mjs') });
  await assert.rejects(cluster.addAgent({ executor_hooks: flag }), /Hook module '.*none\.mjs': /);
});

test('a kill cuts BeforeTaskStart short', async t => {
  const command = `${writesDown}; [ "$1" != BeforeTaskStart ] || sleep 1000`;
  const { cluster, at, framework, launch, kill } = await scene(t, { EXEC_HOOK_COMMAND: command });
  await launch('a', 'exec sleep 1000');
  await eventually('the hook', () => lines(at('events')).length > 0);
  await kill('a');
  await framework.reaches('a', 'TASK_KILLED');
  assert.deepEqual(framework.statesOf('a'), ['TASK_STARTING', 'TASK_KILLED']);
  assert.deepEqual(lines(at('events')), ['BeforeTaskStart', 'BeforeTerminate']);
  const hooks = () => processesOf(cluster.directory).filter(each => each.command.includes('exec-hook'));
  await eventually('the end of the hook', () => hooks().length === 0);
});

test('the agent dies while BeforeTaskStart runs: BeforeTerminate, and the task has failed', async t => {
  const command = `${writesDown}; [ "$1" != BeforeTaskStart ] || sleep 1000`;
  const { cluster, at, framework, launch } = await scene(t, { EXEC_HOOK_COMMAND: command });
  await launch('a', `echo > ${at('ran')}`);
  await eventually('the hook', () => lines(at('events')).length > 0);
  await cluster.agent.kill();
  await cluster.agent.start();
  await framework.reaches('a', 'TASK_FAILED');
  assert.deepEqual(lines(at('events')), ['BeforeTaskStart', 'BeforeTerminate']);
  assert.equal(existsSync(at('ran')), false);
});

test('a hook that fails', async t => {
  const command = `${writesDown}; [ "$1" != AfterTaskHealthy ] || { echo no >&2; exit 3; }`;
  const { at, framework, launch } = await scene(t, { EXEC_HOOK_COMMAND: command });
  await launch('a', 'exec sleep 1000');
  const { message } = await framework.reaches('a', 'TASK_FAILED');
  assert.equal(message, "Hook 'exec' failed on AfterTaskHealthy: exit status 3: no");
  assert.deepEqual(framework.statesOf('a'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_FAILED']);
  assert.deepEqual(lines(at('events')), ['BeforeTaskStart', 'AfterTaskStart', 'AfterTaskHealthy', 'BeforeTerminate']);
});

test('what ends a task is not forgotten when the agent dies meanwhile: a hook that failed, its health', async t => {
  const command = `${writesDown}; [ "$1 $MESOS_EXECUTOR_ID" != "AfterTaskHealthy hook" ] || { echo no >&2; exit 3; }; [ "$1" != BeforeTerminate ] || ${waitFor('@/go')}`;
  const { cluster, at, framework, launch } = await scene(t, { EXEC_HOOK_COMMAND: command });
  const health_check: TaskInfo['health_check'] = {
    ...{ type: 'COMMAND', command: { value: 'false' }, delay_seconds: 0, grace_period_seconds: 0 },
    consecutive_failures: 1,
  };
  await launch('hook', 'exec sleep 1000');
  await launch('health', 'exec sleep 1000', { health_check });
  await eventually('both ends', () => lines(at('events')).filter(event => event === 'BeforeTerminate').length === 2);
  for (const id of ['hook', 'health']) await framework.reaches(id, 'TASK_KILLING');
  await cluster.agent.kill();
  writeFileSync(at('go'), '');
  await cluster.agent.start();
  const failed = await framework.reaches('hook', 'TASK_FAILED');
  assert.equal(failed.message, "Hook 'exec' failed on AfterTaskHealthy: exit status 3: no");
  const unhealthy = await framework.reaches('health', 'TASK_KILLED');
  assert.equal(unhealthy.healthy, false);
});
