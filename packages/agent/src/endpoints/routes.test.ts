import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Containerizer } from '@meseta/containers';
import { checkId, type Task } from '@meseta/protocol';
import { FakeClock } from '@meseta/system/testing';
import { Framework } from '../state/framework.ts';
import { recordedAgent, recordedUsage, recording, serveViews, viewContext } from '../testing/recorded-agent.ts';
import { rateLimited } from './statistics.ts';

const [{ container_id, framework_id, executor_id }] = recording('containers').response.body;

const selections: { query: string; status: number; count?: number }[] = [
  { query: '', status: 200, count: 1 },
  { query: `container_id=${container_id}`, status: 200, count: 1 },
  { query: 'container_id=other', status: 200, count: 0 },
  { query: `framework_id=${framework_id}`, status: 200, count: 1 },
  { query: 'framework_id=other', status: 200, count: 0 },
  { query: `framework_id=${framework_id}&executor_id=${executor_id}`, status: 200, count: 1 },
  { query: `framework_id=${framework_id}&executor_id=other`, status: 200, count: 0 },
  { query: `executor_id=${executor_id}`, status: 400 },
  { query: `container_id=${container_id}&framework_id=${framework_id}`, status: 400 },
  { query: `container_id=${container_id}&executor_id=${executor_id}`, status: 400 },
];

for (const { query, status, count } of selections) {
  test(`/containers?${query.replace(/[0-9a-f]{8}-[0-9a-f-]+/g, '…')}: ${count ?? status}`, async t => {
    const answer = await fetch(`${await serveViews(t, viewContext())}/containers?${query}`);
    assert.equal(answer.status, status);
    if (count === undefined) assert.match(await answer.text(), /^Supported query parameters are /);
    else assert.equal(((await answer.json()) as unknown[]).length, count);
  });
}

const paths: { path: string; method?: string; status: number; body?: RegExp; type?: string }[] = [
  { path: '/', status: 200, body: /^Meseta agent \S+-S0, version / },
  { path: '/slave(1)', status: 200, body: /^Meseta agent/ },
  { path: '/slave(1)/health', status: 200, body: /^$/ },
  { path: '/slave%281%29/state', status: 200, body: /^\{"version":/ },
  { path: '/state.json', status: 200, type: 'application/json' },
  { path: '/monitor/statistics.json', status: 200, body: /^\[\{"executor_id":/ },
  { path: '/state?jsonp=f', status: 200, body: /^f\(\{.*\}\);$/, type: 'text/javascript' },
  { path: '/containers?jsonp=f', status: 200, body: /^f\(\[.*\]\);$/, type: 'text/javascript' },
  { path: '/state?jsonp=%3Cscript%3E', status: 400 },
  { path: '/flags', method: 'POST', status: 405 },
  { path: '/containers', method: 'PUT', status: 405 },
  { path: '/monitor/statistics', method: 'POST', status: 405 },
  { path: '/containerizer/debug', status: 200, body: /^\{"pending":\[\]\}$/ },
  { path: '/version', status: 200, body: /"version":"1\.\d+/ },
  { path: '/system/stats.json', status: 200, body: /"cpus_total":/ },
  { path: '/logging/toggle', status: 200, body: /^0\n$/ },
  { path: '/help/slave(1)/containers', status: 200, body: /Shows containers/ },
  { path: '/help', status: 200, body: /\/slave\(1\)\/state/ },
  { path: '/state/../flags', status: 200 },
  { path: '/nope', status: 404 },
];

for (const { path, method = 'GET', status, body, type } of paths) {
  test(`${method} ${path}: ${status}`, async t => {
    const origin = await serveViews(t, viewContext());
    const headers: Record<string, string> = path.includes('jsonp') ? { Referer: `${origin}/` } : {};
    const answer = await fetch(origin + path, { method, headers });
    assert.equal(answer.status, status);
    if (type) assert.equal(answer.headers.get('content-type'), type);
    if (body) assert.match(await answer.text(), body);
  });
}

test('a container whose numbers cannot be read is shown without them', async t => {
  const containerizer: Partial<Containerizer> = {
    status: async id => ({ container_id: id }),
    usage: () => Promise.reject(new Error('gone')),
  };
  const address = await serveViews(t, viewContext(undefined, { containerizer: containerizer as Containerizer }));
  const [container] = (await (await fetch(`${address}/containers`)).json()) as Record<string, unknown>[];
  assert.equal(container?.statistics, undefined);
  assert.deepEqual(container?.status, { container_id: { value: container_id } });
  assert.deepEqual(await (await fetch(`${address}/monitor/statistics`)).json(), []);
});

test('limits of tasks are limits of the container', async t => {
  const agent = recordedAgent();
  const [executor] = [...agent.executors()];
  const [task] = [...(executor?.launchedTasks.values() ?? [])];
  if (!executor || !task) throw new Error('Nothing runs');
  task.limits = { cpus: { value: 2 }, mem: { value: Infinity } };
  const address = await serveViews(t, viewContext(agent));
  const [container] = (await (await fetch(`${address}/containers`)).json()) as { statistics: Record<string, number> }[];
  assert.equal(container?.statistics.cpus_limit, 2.1); // and the executor's own 0.1
  assert.equal(container?.statistics.mem_limit_bytes, undefined);
  assert.equal(container?.statistics.mem_soft_limit_bytes, 96 * 1024 * 1024);
  assert.equal(recordedUsage.mem_rss_bytes, container?.statistics.mem_rss_bytes);
});

test('numbers of containers are read at most twice a second, once for all who wait', async () => {
  const clock = new FakeClock();
  let readings = 0;
  const read = rateLimited(async () => ++readings, clock);
  assert.equal(await read(), 1);
  clock.advance(100);
  const waiting = [read(), read(), read()];
  assert.equal(clock.pending, 1);
  clock.advance(399);
  assert.equal(clock.pending, 1);
  clock.advance(1);
  assert.deepEqual(await Promise.all(waiting), [2, 2, 2]);
  clock.advance(500);
  assert.equal(await read(), 3);
});

const hostile = [
  '"}],',
  '\u2028</script>',
  'a\u0000b',
  '\ud800',
  'constructor',
  '__proto__',
  'é🦥',
  'x'.repeat(100_000),
];

test('whatever frameworks call their things, views stay JSON', async t => {
  const agent = recordedAgent();
  const [framework] = agent.frameworks.values();
  const [executor] = [...agent.executors()];
  if (!framework || !executor) throw new Error('Nothing runs');
  for (const [index, name] of hostile.entries()) {
    const task: Task = {
      name,
      task_id: { value: `task-${index}` },
      framework_id: { value: framework.id },
      agent_id: { value: 'a' },
      state: 'TASK_RUNNING',
      labels: { labels: [{ key: name, value: name }, { key: name }] },
      limits: { [name]: { value: Number.NaN } },
      statuses: [{ task_id: { value: name }, state: 'TASK_RUNNING', timestamp: Number.NaN }],
    };
    executor.launchedTasks.set(checkId(`task-${index}`), task);
  }
  const info = { ...framework.info, name: hostile.join(''), principal: '"', failover_timeout: Infinity };
  const other = new Framework(checkId('__proto__'), info, undefined, 1);
  agent.frameworks.set(other.id, other);
  const address = await serveViews(t, viewContext(agent));
  const text = await (await fetch(`${address}/state`)).text();
  const state = JSON.parse(text);
  assert.equal(state.frameworks.length, 2);
  const names = state.frameworks[0].executors[0].tasks.map(({ name }: Task) => name);
  assert.deepEqual(names.slice(-hostile.length), hostile);
  for (const type of ['GET_STATE', 'GET_TASKS', 'GET_FRAMEWORKS']) {
    const answer = await fetch(`${address}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type }),
    });
    JSON.parse(await answer.text());
  }
  assert.equal((await fetch(`${address}/containers?container_id=${encodeURIComponent('"</script>')}`)).status, 200);
});

test('a large state does not keep others waiting', async t => {
  const agent = recordedAgent();
  const [executor] = [...agent.executors()];
  const [template] = executor?.launchedTasks.values() ?? [];
  if (!executor || !template) throw new Error('Nothing runs');
  for (let id = 0; id < 20_000; id++) executor.launchedTasks.set(checkId(`t-${id}`), template);
  const address = await serveViews(t, viewContext(agent));
  let answered = 0;
  const state = fetch(`${address}/state`).then(answer => answer.text());
  const others = (async () => {
    for (; answered < 3; answered++) await fetch(`${address}/health`);
    return 'others';
  })();
  assert.equal(await Promise.race([state.then(() => 'state'), others]), 'others');
  assert.equal(JSON.parse(await state).frameworks[0].executors[0].tasks.length, 20_001);
});
