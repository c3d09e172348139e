/** Pods through master and agent: as frameworks, operators and people at the command line see them. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';
import { localCluster, Meseta, meseta } from './support/meseta.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'pods-'));
after(() => rmSync(directory, { recursive: true }));

const wait = (name: string) => `until [ -e ${directory}/${name} ]; do sleep 0.05; done`;
const go = (name: string) => writeFileSync(path.join(directory, name), '');

test('a framework runs pods; master and agent show them, and account for what they take', async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework();
  // biome-ignore lint/suspicious/noExplicitAny: views are looked at, not typed
  const agentView = async (where: string): Promise<any> => (await fetch(cluster.agent.origin + where)).json();
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const call = async (type: string): Promise<any> => {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${cluster.agent.origin}/api/v1`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ type }),
    });
    return answer.json();
  };
  await framework.runGroup('pod', shellTask('one', `echo out of one; ${wait('one')}`), shellTask('two', 'sleep 600'));
  for (const id of ['one', 'two']) await framework.reaches(id, 'TASK_RUNNING');

  await t.test('in /state of the agent', async () => {
    const [{ executors }] = (await agentView('/state')).frameworks;
    const [pod] = executors;
    assert.deepEqual([pod.id, pod.type, executors.length], ['pod', 'DEFAULT', 1]);
    assert.deepEqual(pod.tasks.map(({ id }: { id: string }) => id).sort(), ['one', 'two']);
    assert.ok(pod.resources.cpus > 0.29 && pod.resources.mem >= 96, JSON.stringify(pod.resources));
    const sandbox = `${pod.directory}/tasks/one`;
    for (const name of [sandbox, `/frameworks/${framework.info.id?.value}/executors/pod/runs/latest/tasks/one`]) {
      const read = () => agentView(`/files/read?path=${encodeURIComponent(`${name}/stdout`)}&offset=0`);
      await eventually(`the output in ${name}`, async () => (await read()).data === 'out of one\n');
    }
  });
  await t.test('in GET_EXECUTORS, GET_TASKS, GET_CONTAINERS and /containers', async () => {
    const [{ executor_info }] = (await call('GET_EXECUTORS')).get_executors.executors;
    assert.deepEqual([executor_info.executor_id.value, executor_info.type], ['pod', 'DEFAULT']);
    const launched = (await call('GET_TASKS')).get_tasks.launched_tasks;
    const executors = launched.map(({ executor_id }: { executor_id: { value: string } }) => executor_id.value);
    assert.deepEqual(executors, ['pod', 'pod']);
    const [container] = await agentView('/containers');
    assert.equal(container.executor_id, 'pod');
    assert.ok((await call('GET_CONTAINERS')).get_containers.containers.length >= 1);
  });
  await t.test('in the metrics of the agent', async () => {
    const metrics = await agentView('/metrics/snapshot');
    assert.deepEqual([metrics['slave/executors_running'], metrics['slave/tasks_running']], [1, 2]);
  });
  await t.test('later groups join the executor', async () => {
    await framework.runGroup('pod', shellTask('later', 'exit 0'));
    await framework.reaches('later', 'TASK_FINISHED');
    assert.deepEqual(framework.statesOf('one'), ['TASK_STARTING', 'TASK_RUNNING']);
  });
  await t.test('over the failover of the master and the agent', async () => {
    await cluster.master.kill('SIGKILL');
    await cluster.agent.kill('SIGKILL');
    await cluster.master.start();
    await cluster.agent.start();
    await cluster.registered(cluster.agent);
    await framework.connected();
    go('one');
    assert.equal((await framework.end('one')).message, 'Command exited with status 0');
  });
  await t.test('SHUTDOWN ends the executor, and nothing is in use any more', async () => {
    const [{ id: agentId = '' } = {}] = await cluster.slaves();
    const shutdown = { executor_id: { value: 'pod' }, agent_id: { value: agentId } };
    await framework.call({ type: 'SHUTDOWN', shutdown });
    await framework.reaches('two', 'TASK_KILLED');
    await eventually('the end of the executor', () => framework.events.some(({ type }) => type === 'FAILURE'));
    await eventually('its resources', async () => (await cluster.slaves())[0]?.used_resources.cpus === 0);
    await eventually('its processes', () => cluster.leftovers().length === 0);
  });
});

test('a pod is run without waiting for its end: its ids are printed', async t => {
  const cluster = await localCluster();
  t.after(() => cluster.stop());
  const at = ['--master', cluster.master];
  const file = path.join(directory, 'detached.json');
  const tasks = ['one', 'two'].map(name => ({ name, command: { value: 'exec sleep 1000' } }));
  writeFileSync(file, JSON.stringify({ tasks }));
  const { code, stdout } = await meseta('run', '-d', ...at, '--task-group', file);
  assert.equal(code, 0);
  const ids = stdout.trim().split('\n').sort();
  assert.match(ids.join(' '), /^one-\w+ two-\w+$/);
  assert.deepEqual((await meseta('tasks', '-q', ...at)).stdout.trim().split('\n').sort(), ids);
  await meseta('task', 'kill', ids[0] as string, ...at);
  await eventually('the end of the pod', async () => (await meseta('tasks', '-q', ...at)).stdout === '');
  const command = { value: 'true', uris: [{ value: '/no/such/file' }] };
  writeFileSync(file, JSON.stringify({ tasks: [{ name: 'wrong', command }] }));
  const failing = await meseta('run', '-d', ...at, '--task-group', file);
  assert.match(failing.stderr, /wrong-\w+: Failed to launch container: Failed to fetch all URIs/);
  assert.notEqual(failing.code, 0);
});

test('the command line runs a pod, and finds its tasks', async t => {
  const cluster = await localCluster();
  t.after(() => cluster.stop());
  const at = ['--master', cluster.master];
  const file = path.join(directory, 'group.json');
  const tasks = [
    { name: 'web', command: { value: `echo serving; ${wait('web')}; printf 'no end of line'` } },
    { name: 'side', command: { value: `echo helping; echo careful >&2; ${wait('web')}` } },
  ];
  writeFileSync(file, JSON.stringify({ tasks }));
  const run = new Meseta(['run', ...at, '--task-group', file]);
  await run.says(/^web \| serving$/m);
  await run.says(/^side \| careful$/m);
  const ids = (await meseta('tasks', '-q', ...at)).stdout.trim().split('\n').sort();
  assert.match(ids.join(' '), /^side-\w+ web-\w+$/);
  const [side = '', web = ''] = ids;
  assert.equal((await meseta('task', 'logs', web, ...at)).stdout, 'serving\n');
  assert.equal((await meseta('task', 'logs', '--stderr', side, ...at)).stdout, 'careful\n');
  const [inspected] = JSON.parse((await meseta('task', 'inspect', web, ...at)).stdout);
  assert.equal(inspected.executor.type, 'DEFAULT');
  assert.match(inspected.sandbox, /\/runs\/latest\/containers\/[0-9a-f-]{36}$/);
  const { container_id, nested_containers } = inspected.live_container;
  assert.deepEqual(
    nested_containers.map(({ container_id: { parent } }: { container_id: { parent: object } }) => parent),
    [container_id, container_id],
  );
  go('web');
  const { code, stdout, stderr } = await run.finished;
  assert.equal(code, 0, stderr);
  assert.deepEqual(stdout.trim().split('\n').sort(), ['side | helping', 'web | no end of line', 'web | serving']);
  assert.equal((await meseta('task', 'logs', web, ...at)).stdout, 'serving\nno end of line');
});

test('the exit code of a group is that of the task that failed first', async t => {
  const cluster = await localCluster();
  t.after(() => cluster.stop());
  const file = path.join(directory, 'failing.json');
  const tasks = [{ command: { value: 'sleep 600' } }, { name: 'fails', command: { value: 'exit 7' } }];
  writeFileSync(file, JSON.stringify({ tasks }));
  const { code, stdout } = await meseta('run', '--json', '--master', cluster.master, '--task-group', file);
  const statuses = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line).status)
    .filter(status => status !== undefined);
  assert.equal(code, 7);
  assert.deepEqual(
    statuses.map(({ state }) => state).filter(state => /FAILED|KILLED/.test(state)),
    ['TASK_FAILED', 'TASK_KILLED'],
  );
});

const mistakes: { name: string; group: unknown; more?: string[]; problem: RegExp }[] = [
  { name: 'no tasks', group: {}, problem: /the group has no task; it is {"tasks":/ },
  {
    name: 'a misspelled field',
    group: { tasks: [{ comand: {} }] },
    problem: /no field tasks\[0\]\.comand in TaskInfo/,
  },
  { name: 'no command', group: { tasks: [{ name: 'x' }] }, problem: /tasks\[0\] has no command/ },
  {
    name: 'an executor',
    group: { tasks: [{ command: { value: 'true' }, executor: { executor_id: { value: 'x' } } }] },
    problem: /tasks\[0\]\.executor must not be set/,
  },
  {
    name: 'an id twice',
    group: { tasks: ['a', 'a'].map(value => ({ task_id: { value }, command: { value: 'true' } })) },
    problem: /two tasks have the id 'a'/,
  },
  {
    name: 'options of one task',
    group: { tasks: [] },
    more: ['--env', 'A=b'],
    problem: /either --task-group or --env/,
  },
];
for (const { name, group, more = [], problem } of mistakes) {
  test(`a group with ${name} is refused, and nothing runs`, async () => {
    const file = path.join(directory, 'wrong.json');
    writeFileSync(file, JSON.stringify(group));
    const { code, stderr } = await meseta('run', '--task-group', file, ...more);
    assert.equal(code, 2);
    assert.match(stderr, problem);
  });
}
