import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { decode, KillTaskMessage } from '@meseta/protocol';
import type { RunningMaster } from '../main.ts';
import { recording } from '../testing/recorded-cluster.ts';
import { ask, registerAgent, startRunningMaster } from '../testing/running-master.ts';
import { TestScheduler } from '../testing/test-scheduler.ts';

const form = (fields: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(fields).toString() });
const resources = JSON.stringify([{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }]);

interface Case {
  readonly path: string;
  readonly request?: Parameters<typeof ask>[2];
  readonly status: number;
  readonly text?: string | RegExp;
}

const cases: readonly Case[] = [
  { path: '/nope', status: 404, text: '404 Not Found.' },
  { path: '/health', status: 200, text: '' },
  { path: '/redirect/x', status: 404 },
  { path: '/teardown', status: 405 },
  { path: '/shutdown', status: 405 },
  {
    path: '/teardown',
    request: form({ frameworkId: 'none' }),
    status: recording('error_teardown').status,
    text: recording<string>('error_teardown').body,
  },
  {
    path: '/teardown',
    request: form({}),
    status: 400,
    text: "Missing 'frameworkId' query parameter in the request body",
  },
  {
    path: '/reserve',
    request: form({}),
    status: 400,
    text: "Missing 'slaveId' query parameter in the request body",
  },
  {
    path: '/reserve',
    request: form({ slaveId: 's' }),
    status: 400,
    text: "Missing 'resources' query parameter in the request body",
  },
  {
    path: '/reserve',
    request: form({ slaveId: 's', resources: '{' }),
    status: 400,
    text: /^Error parsing 'resources' query parameter in the request body: /,
  },
  {
    path: '/unreserve',
    request: form({ slaveId: 's', resources: '{}' }),
    status: 400,
    text: /^Error in parsing 'resources' query parameter in the request body: /,
  },
  {
    path: '/reserve',
    request: form({ slaveId: 's', resources }),
    status: 400,
    text: 'No agent found with specified ID',
  },
  {
    path: '/create-volumes',
    request: form({ slaveId: 's' }),
    status: 400,
    text: "Missing 'volumes' query parameter in the request body",
  },
  { path: '/destroy-volumes', request: { method: 'GET' }, status: 405 },
  {
    path: '/weights',
    request: { method: 'PUT', body: '{' },
    status: 400,
    text: /^Failed to parse update weights request JSON '\{': /,
  },
  {
    path: '/weights',
    request: { method: 'PUT', body: '[{}]' },
    status: 400,
    text: /^Failed to convert weights JSON array to protobuf '\[\{\}\]': /,
  },
  { path: '/weights', request: { method: 'POST' }, status: 405 },
  { path: '/quota', request: { method: 'PUT' }, status: 405 },
  {
    path: '/quota',
    request: { method: 'POST', body: 'x' },
    status: 400,
    text: /^Failed to parse set quota request JSON 'x': /,
  },
  {
    path: '/quota/a',
    request: { method: 'DELETE' },
    status: 400,
    text: "Failed to remove quota for path '/quota/a': Role 'a' has no quota set",
  },
  { path: '/quota', request: { method: 'DELETE' }, status: 400, text: /expected 3 tokens, found 2 tokens$/ },
  { path: '/machine/down', request: { method: 'POST', body: '[]' }, status: 400, text: 'List of machines is empty' },
  { path: '/machine/up', request: { method: 'POST', body: '{}' }, status: 400 },
  { path: '/maintenance/status', request: { method: 'POST' }, status: 405 },
];

test('what endpoints refuse', async t => {
  const master = await startRunningMaster(t);
  for (const { path, request, status, text } of cases) {
    const answer = await ask(master, path, request);
    const about = `${request?.method ?? 'GET'} ${path} ${request?.body ?? ''}: ${answer.text}`;
    assert.equal(answer.status, status, about);
    if (typeof text === 'string') assert.equal(answer.text, text);
    else if (text) assert.match(answer.text, text);
  }
});

test('what is refused is quoted in part when it is long', async t => {
  const master = await startRunningMaster(t);
  const big = 'x'.repeat(200_000);
  const long: { path: string; method: string; body: string; words: RegExp }[] = [
    { path: '/quota', method: 'POST', body: big, words: /^Failed to parse set quota request JSON 'xxx.*xxx': syntax/ },
    {
      path: '/quota',
      method: 'POST',
      body: JSON.stringify({ role: big, guarantee: 1 }),
      words: /^Failed to validate set quota request JSON '\{"role":"xxx/,
    },
    { path: `/quota/${big.slice(0, 20_000)}`, method: 'DELETE', body: '', words: /^Failed to remove quota for path/ },
    {
      path: '/weights',
      method: 'PUT',
      body: big,
      words: /^Failed to parse update weights request JSON 'xxx.*xxx': syn/,
    },
    {
      path: '/weights',
      method: 'PUT',
      body: JSON.stringify([{ role: big, weight: -1 }]),
      words: /^Failed to validate .* for role 'xxx.*xxx': Invalid weight '-1': Weights must be positive$/,
    },
    { path: '/teardown', method: 'POST', body: `frameworkId=${big}`, words: /^No framework found with specified ID$/ },
    { path: '/maintenance/schedule', method: 'POST', body: big, words: /^syntax error at line 1 near: xxx/ },
  ];
  for (const { path, method, body, words } of long) {
    const { status, text } = await ask(master, path, { method, body });
    assert.equal(status, 400, path);
    assert.match(text, words);
    assert.ok(text.length < 2500, `${path} answers with ${text.length} characters`);
  }
});

const empties = ['maintenance_schedule', 'maintenance_status', 'slaves_slave_id_none'];

test('an empty cluster is shown as recorded', async t => {
  const master = await startRunningMaster(t);
  const paths: Record<string, string> = { slaves_slave_id_none: '/slaves?slave_id=none' };
  for (const name of empties) {
    const { text, headers } = await ask(master, paths[name] ?? `/${name.replace('_', '/')}`);
    assert.deepEqual(JSON.parse(text), recording(name).body);
    assert.equal(headers['content-type'], recording(name).headers['content-type']);
  }
  assert.deepEqual(JSON.parse((await ask(master, '/weights')).text), []);
  assert.deepEqual(JSON.parse((await ask(master, '/quota')).text), {});
});

test('every view answers under all of its names, wrapped and compressed', async t => {
  const master = await startRunningMaster(t);
  await registerAgent(t, master);
  for (const path of ['/state', '/state-summary', '/slaves', '/frameworks', '/tasks', '/roles', '/weights', '/quota']) {
    const plain = await ask(master, path);
    assert.equal(plain.status, 200);
    const named = (await ask(master, `/master${path}.json`)).text;
    assert.deepEqual(Object.keys(JSON.parse(named)), Object.keys(JSON.parse(plain.text)));
    assert.match((await ask(master, `${path}?jsonp=f`)).text, /^f\(.*\);$/s);
  }
  const packed = await ask(master, '/state', { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal((JSON.parse(gunzipSync(packed.bytes).toString()) as { slaves: unknown[] }).slaves.length, 1);
});

test('the master says what it is, to people and to programs', async t => {
  const master = await startRunningMaster(t);
  assert.match((await ask(master, '/')).text, /<h1>Meseta master<\/h1>/);
  const { text } = await ask(master, '/', { headers: { Accept: 'application/json' } });
  assert.equal((JSON.parse(text) as { pid: string }).pid, master.pid);
  const { status, headers } = await ask(master, '/redirect');
  assert.deepEqual([status, headers.location], [307, `//${master.address}`]);
});

async function launchOne(t: TestContext, master: RunningMaster) {
  const agent = await registerAgent(t, master);
  const scheduler = await TestScheduler.start(t, master.address);
  const offer = await scheduler.nextOffer();
  const share = (name: string, value: number) => ({
    name,
    type: 'SCALAR' as const,
    scalar: { value },
    allocation_info: { role: '*' },
  });
  const task = {
    name: 'sleep',
    task_id: { value: 'task-1' },
    agent_id: offer.agent_id,
    resources: [share('cpus', 1), share('mem', 32)],
    command: { value: 'sleep 1000' },
  };
  const operations = [{ type: 'LAUNCH' as const, launch: { task_infos: [task] } }];
  await scheduler.call({ type: 'ACCEPT', accept: { offer_ids: [offer.id], operations } });
  await agent.next('RunTaskMessage');
  return { agent, scheduler };
}

test('a task is killed and a framework torn down by an operator, and counted', async t => {
  const master = await startRunningMaster(t);
  const { agent, scheduler } = await launchOne(t, master);
  const { frameworkId } = scheduler;
  const kill = (task_id: string) =>
    ask(master, '/tasks/kill', { method: 'POST', body: JSON.stringify({ framework_id: frameworkId, task_id }) });
  assert.match((await kill('other')).text, /^Framework '\S+' has no task 'other'$/);
  assert.equal((await kill('task-1')).status, 202);
  const message = decode(KillTaskMessage, (await agent.next('KillTaskMessage')).body);
  assert.equal(message.task_id.value, 'task-1');

  const metrics = async () => JSON.parse((await ask(master, '/metrics/snapshot')).text) as Record<string, number>;
  const before = await metrics();
  const prefix = `master/frameworks/test/${frameworkId}/`;
  const expected = {
    'master/tasks_staging': 1,
    'master/slaves_active': 1,
    'master/frameworks_active': 1,
    'master/cpus_used': 1,
    'master/cpus_total': 4,
    'master/cpus_percent': 0.25,
    [`${prefix}calls/accept`]: 1,
    [`${prefix}calls/subscribe`]: 1,
    [`${prefix}events/subscribed`]: 1,
    [`${prefix}offers/accepted`]: 1,
    [`${prefix}operations/launch`]: 1,
    [`${prefix}tasks/active/task_staging`]: 1,
    [`${prefix}subscribed`]: 1,
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map(name => [name, before[name]])), expected);

  assert.equal((await ask(master, '/teardown', form({ frameworkId }))).status, 200);
  await agent.next('ShutdownFrameworkMessage');
  assert.equal((await kill('task-1')).text, "Task 'task-1' has ended already: TASK_KILLED");
  const after = await metrics();
  assert.deepEqual(
    ['master/tasks_staging', 'master/tasks_killed', 'master/frameworks_active', `${prefix}calls`].map(
      name => after[name],
    ),
    [0, 1, 0, undefined],
  );
  const { completed_frameworks } = JSON.parse((await ask(master, '/frameworks')).text) as {
    completed_frameworks: { id: string; completed_tasks: { id: string; state: string }[] }[];
  };
  const [completed] = completed_frameworks;
  assert.deepEqual(
    completed?.completed_tasks.map(({ id, state }) => [id, state]),
    [['task-1', 'TASK_KILLED']],
  );
});

test('what operators set is there after a restart', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'operator-'));
  t.after(() => rm(directory, { recursive: true }));
  const put = (method: string, body: unknown) => ({ method, body: JSON.stringify(body) });
  const first = await startRunningMaster(t, `--work_dir=${directory}`);
  const machine = { hostname: 'h', ip: '10.0.0.1' };
  const windows = [{ machine_ids: [machine], unavailability: { start: { nanoseconds: 1e18 } } }];
  const guarantee = [{ name: 'cpus', type: 'SCALAR', scalar: { value: 2 } }];
  for (const [path, request] of [
    ['/weights', put('PUT', [{ role: 'a', weight: 2.5 }])],
    ['/quota', put('POST', { role: 'a', guarantee, force: true })],
    ['/maintenance/schedule', put('POST', { windows })],
    ['/machine/down', put('POST', [machine])],
  ] as const) {
    assert.equal((await ask(first, path, request)).status, 200, path);
  }
  await first.stop();
  const second = await startRunningMaster(t, `--work_dir=${directory}`);
  const json = async (path: string) => JSON.parse((await ask(second, path)).text) as unknown;
  assert.deepEqual(await json('/weights'), [{ role: 'a', weight: 2.5 }]);
  assert.deepEqual(await json('/quota'), {
    infos: [{ role: 'a', guarantee }],
    configs: [{ role: 'a', guarantees: { cpus: { value: 2 } }, limits: { cpus: { value: 2 } } }],
  });
  const metrics = Object.entries((await json('/metrics/snapshot')) as object);
  assert.deepEqual(
    metrics.filter(([name]) => name.startsWith('allocator/mesos/quota/roles/a/resources/cpus/')),
    Object.entries({ consumed: 0, guarantee: 2, limit: 2, offered_or_allocated: 0 }).map(([name, value]) => [
      `allocator/mesos/quota/roles/a/resources/cpus/${name}`,
      value,
    ]),
  );
  assert.deepEqual(await json('/maintenance/schedule'), { windows });
  assert.deepEqual(await json('/maintenance/status'), { down_machines: [machine] });
  assert.deepEqual((await json('/registrar(1)/registry')) as object, {
    ...((await json('/registrar(1)/registry')) as object),
    machines: { machines: [{ info: { id: machine, mode: 'DOWN', unavailability: windows[0]?.unavailability } }] },
    weights: [{ info: { role: 'a', weight: 2.5 } }],
    slaves: { slaves: [] },
  });
  assert.equal((await ask(second, '/machine/up', put('POST', [machine]))).status, 200);
  assert.deepEqual(await json('/maintenance/schedule'), {});
  assert.equal((await ask(second, '/quota/a', { method: 'DELETE' })).status, 200);
  assert.deepEqual(await json('/quota'), {});
});
