/** Tasks that operators run and kill through the master, on real daemons. */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { userName } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { basic, credentials, ops } from './support/authentication.ts';
import { Cluster, soonUnreachable } from './support/cluster.ts';
import { executorTask } from './support/executor-task.ts';
import { shellTask } from './support/framework.ts';
import { Meseta } from './support/meseta.ts';
import { processesOf } from './support/processes.ts';

/** What a master says to a POST. */
interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
}

async function post(cluster: Cluster, url: string, body: unknown, authorization?: string): Promise<Answer> {
  const answer = await fetch(`${cluster.master.origin}${url}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(authorization && { Authorization: authorization }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, code: answer.headers.get('meseta-error') ?? undefined, text: await answer.text() };
}

interface Taken {
  readonly framework_id: string;
  readonly task_ids: readonly string[];
}

async function run(cluster: Cluster, body: object, authorization?: string): Promise<Taken> {
  const { status, text } = await post(cluster, '/tasks/run', body, authorization);
  assert.equal(status, 202, text);
  return JSON.parse(text) as Taken;
}

/** The state of a task as the master knows it; undefined: it does not. */
async function stateOf(cluster: Cluster, { framework_id }: Taken, task: string): Promise<string | undefined> {
  const query = new URLSearchParams({ framework_id, task_id: task });
  return (await cluster.get(`/tasks?${query}`)).tasks[0]?.state;
}

async function reaches(cluster: Cluster, taken: Taken, state: string): Promise<void> {
  for (const task of taken.task_ids) {
    await eventually(`${task} to be ${state}`, async () => (await stateOf(cluster, taken, task)) === state);
  }
}

const waiting = (cluster: Cluster) => cluster.get('/tasks/waiting');
const meseta = (cluster: Cluster, ...argv: string[]) =>
  new Meseta([...argv, '--master', cluster.master.address]).finished;
const sleepers = (cluster: Cluster) =>
  processesOf(cluster.directory).filter(({ command }) => command === 'sleep 1000').length;

test('tasks run for whom they were asked, by a framework that takes nothing when nothing waits', async t => {
  const cluster = await Cluster.start(t, {
    master: { authenticate_http_readonly: true, authenticate_http_readwrite: true, credentials, acls: acls() },
    headers: { Authorization: ops },
  });
  const other = basic('framework:other-secret');
  const own = await run(
    cluster,
    { name: 'own', command: 'echo $WHO; exec sleep 1000', environment: { WHO: 'me' } },
    ops,
  );
  const theirs = await run(cluster, { command: 'sleep 1000', count: 3, role: 'web', labels: { team: 'x' } }, other);
  assert.equal(theirs.task_ids.length, 3);
  assert.match(own.task_ids[0] ?? '', /^own-[0-9a-f]{8}$/);
  await reaches(cluster, own, 'TASK_RUNNING');
  await reaches(cluster, theirs, 'TASK_RUNNING');
  const { frameworks } = await cluster.get('/frameworks');
  const shown = frameworks.map((each: Record<string, unknown>) => [
    each.id,
    each.principal,
    each.roles,
    each.active,
    each.checkpoint,
  ]);
  assert.deepEqual(shown.sort(), [
    [theirs.framework_id, 'framework', ['web'], true, true],
    [own.framework_id, 'ops', ['*'], true, true],
  ]);
  // Offers go to others at once.
  const framework = await cluster.framework({ principal: 'ops' });
  await framework.roomyOffer();
  await eventually('no offers of built-in frameworks', async () => {
    const all = (await cluster.get('/frameworks')).frameworks as { id: string; offers: unknown[] }[];
    return all.every(({ id, offers }) => id === framework.info.id?.value || offers.length === 0);
  });

  const web = await post(cluster, '/tasks/run', { command: 'true', role: 'secret' }, other);
  assert.deepEqual([web.status, web.code], [403, 'NOT_AUTHORIZED']);
  const root = await post(cluster, '/tasks/run', { command: 'true', role: 'web', user: 'forbidden' }, other);
  assert.deepEqual([root.status, root.code], [403, 'NOT_AUTHORIZED']);
  const kill = { framework_id: own.framework_id, task_id: own.task_ids[0] };
  assert.equal((await post(cluster, '/tasks/kill', kill, other)).status, 403);
  assert.equal((await post(cluster, '/tasks/kill', kill)).status, 401);
  assert.equal((await post(cluster, '/tasks/kill', kill, ops)).status, 202);
  await reaches(cluster, own, 'TASK_KILLED');
  assert.match(cluster.master.log, /An operator kills a task.*principal="?ops/);
  // The one who may not see others' tasks does not see what waits, either.
  await run(cluster, { command: 'true', resources: { cpus: 1000 } }, ops);
  assert.equal((await waiting(cluster)).length, 1);
  assert.deepEqual(JSON.parse((await cluster.master.ask('/tasks/waiting', { Authorization: other })).text), []);
});

function acls(): string {
  const users = (...values: string[]) => ({ values });
  const all = { type: 'ANY' };
  return JSON.stringify({
    register_frameworks: [
      { principals: { values: ['ops'] }, roles: all },
      { principals: { values: ['framework'] }, roles: { values: ['web'] } },
      { principals: all, roles: { type: 'NONE' } },
    ],
    run_tasks: [
      { principals: all, users: users(userName()) },
      { principals: all, users: { type: 'NONE' } },
    ],
    kill_tasks: [
      { principals: { values: ['ops'] }, users: all },
      { principals: all, users: { type: 'NONE' } },
    ],
    view_frameworks: [
      { principals: { values: ['ops'] }, users: all },
      { principals: all, users: { type: 'NONE' } },
    ],
  });
}

test('a kill reaches custom executors, tasks of frameworks that are away, and no task that has ended', async t => {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework();
  const frameworkId = framework.info.id?.value ?? '';
  const kill = (task_id: string, more: object = {}) =>
    post(cluster, '/tasks/kill', { framework_id: frameworkId, task_id, ...more });

  await framework.run(executorTask(framework, 'custom', 'probe-executor.mjs'));
  await framework.reaches('custom', 'TASK_RUNNING');
  assert.equal((await kill('custom', { kill_policy: { grace_period: '3secs' } })).status, 202);
  const end = await framework.end('custom');
  assert.deepEqual([end.state, end.message], ['TASK_KILLED', 'probe killed']);
  const [seen = ''] = globSync(path.join(cluster.directory, '**/probe.jsonl'));
  const events = readFileSync(seen, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line).event);
  const [received] = events.filter(event => event?.type === 'KILL');
  assert.equal(received.kill.kill_policy.grace_period.nanoseconds, 3e9);

  const again = await kill('custom');
  assert.deepEqual([again.status, again.code], [409, 'TASK_ENDED']);
  assert.equal(again.text, "Task 'custom' has ended already: TASK_KILLED");
  const unknown = await kill('nothing');
  assert.deepEqual([unknown.status, unknown.code], [404, 'TASK_NOT_FOUND']);
  assert.equal(unknown.text, `Framework '${frameworkId}' has no task 'nothing'`);
  const nobody = await post(cluster, '/tasks/kill', { framework_id: 'no', task_id: 'x' });
  assert.deepEqual([nobody.status, nobody.text], [404, "There is no framework 'no'"]);

  await framework.run(shellTask('away', 'exec sleep 1000'));
  await framework.reaches('away', 'TASK_RUNNING');
  framework.comesBack = false;
  framework.disconnect();
  await eventually('the framework to be away', async () => !(await cluster.get('/frameworks')).frameworks[0].connected);
  assert.equal((await kill('away')).status, 202);
  await eventually('its end', () => sleepers(cluster) === 0);
});

test('what is wrong with a request is said of the field', async t => {
  const cluster = await Cluster.start(t, { agents: [], master: { roles: 'web' } });
  const wrong: readonly (readonly [url: string, body: unknown, words: RegExp])[] = [
    ['/tasks/kill', {}, /^'framework_id' is missing$/],
    ['/tasks/kill', { framework_id: 'f' }, /^'task_id' is missing$/],
    ['/tasks/kill', { framework_id: 7, task_id: 't' }, /^'framework_id' is 7; allowed: a text/],
    ['/tasks/kill', { framework_id: 'f', task_id: 't', grace: 1 }, /^'grace' is not known; known are /],
    [
      '/tasks/kill',
      { framework_id: 'f', task_id: 't', kill_policy: 1 },
      /^'kill_policy' is 1; allowed: a JSON object$/,
    ],
    [
      '/tasks/kill',
      { framework_id: 'f', task_id: 't', kill_policy: { grace_period: '-1secs' } },
      /^'kill_policy.grace_period' is "-1secs"; allowed: a duration/,
    ],
    ['/tasks/kill', [], /^'body' is no JSON object$/],
    ['/tasks/kill', '{', /^The body is no JSON: /],
    ['/tasks/run', '', /^The body is no JSON: /],
    ['/tasks/run', {}, /^'command' is missing/],
    ['/tasks/run', { command: 'true', role: 'other' }, /^'role' is not allowed: Roles .* --roles$/],
  ];
  for (const [url, body, words] of wrong) {
    const { status, text } = await post(cluster, url, body);
    assert.equal(status, 400, text);
    assert.match(text, words);
  }
  const large = await post(cluster, '/tasks/run', { command: 'x'.repeat(300_000) });
  assert.deepEqual([large.status, large.code], [413, 'BODY_TOO_LARGE']);
  await run(cluster, { command: 'true', count: 100 });
  for (let more = 0; more < 9; more++) await run(cluster, { command: 'true', count: 100 });
  const many = await post(cluster, '/tasks/run', { command: 'true' });
  assert.deepEqual([many.status, many.code], [503, 'TASKS_WAITING']);
  assert.match(many.text, /^1000 tasks wait for resources already and 1000 may; 1 more are not taken$/);
});

test('a task without resources waits, is given up in time, killed, or gone with its framework', async t => {
  const cluster = await Cluster.start(t);
  const huge = { command: 'true', resources: { cpus: 1000 } };
  const late = await run(cluster, { ...huge, timeout: '200ms' });
  const about = async (id: string | undefined) =>
    (await cluster.get(`/tasks/waiting?task_id=${id}`))[0] as { state: string; message?: string };
  await eventually('its time to be over', async () => (await about(late.task_ids[0])).state === 'TIMED_OUT');
  assert.match(
    (await about(late.task_ids[0])).message ?? '',
    /^No offer for role '\*' had room for cpus:1000; mem:32 within/,
  );

  const [killed = ''] = (await run(cluster, huge)).task_ids;
  assert.equal((await about(killed)).state, 'WAITING');
  const command = await meseta(cluster, 'task', 'kill', killed.slice(0, -1));
  assert.deepEqual([command.code, command.stdout], [0, `${killed}\n`], command.stderr);
  assert.deepEqual(await about(killed).then(({ state, message }) => [state, message]), [
    'CANCELLED',
    'Killed before its launch by an operator',
  ]);

  const gone = await run(cluster, huge);
  const teardown = await meseta(cluster, 'framework', 'teardown', '--yes', gone.framework_id);
  assert.equal(teardown.code, 0, teardown.stderr);
  assert.equal((await about(gone.task_ids[0])).state, 'CANCELLED');
  const next = await run(cluster, { command: 'true' });
  assert.equal(next.framework_id, `${gone.framework_id}.2`);
  await reaches(cluster, next, 'TASK_FINISHED');
});

test('a task goes on when the master is killed, and the next one has its framework', async t => {
  const cluster = await Cluster.start(t);
  const gate = path.join(cluster.directory, 'gate');
  const taken = await run(cluster, { command: `until test -e ${gate}; do sleep 0.1; done; exit 3` });
  await reaches(cluster, taken, 'TASK_RUNNING');
  await cluster.master.kill();
  await cluster.master.start();
  await cluster.registered(cluster.agent);
  await reaches(cluster, taken, 'TASK_RUNNING');
  writeFileSync(gate, '');
  await reaches(cluster, taken, 'TASK_FAILED');
  // The agent repeats a status until it is acknowledged, and keeps the executor until then.
  await eventually('all statuses to be acknowledged', async () => {
    const { frameworks } = JSON.parse((await cluster.agent.ask('/state')).text) as { frameworks: unknown[] };
    return frameworks.length === 0;
  });
  const next = await run(cluster, { command: 'true', role: 'other' });
  assert.equal(next.framework_id, taken.framework_id);
  await reaches(cluster, next, 'TASK_FINISHED');
});

test('a task that was not launched ends with its master, and the one who waits is told', async t => {
  const cluster = await Cluster.start(t, { agents: [] });
  const command = new Meseta(['run', '-d', '--name', 'early', 'true', '--master', cluster.master.address]);
  t.after(() => command.kill());
  await eventually('the task to wait', async () => (await waiting(cluster)).length === 1);
  await cluster.master.kill();
  await cluster.master.start();
  const { code, stderr } = await command.finished;
  assert.equal(code, 1);
  assert.match(stderr, /Task early-[0-9a-f]{8} was not launched: another master leads since then .*: run it again/);
  assert.deepEqual(await waiting(cluster), []);
});

test('an agent that is away gets the kill when it is back', async t => {
  const cluster = await Cluster.start(t);
  const taken = await run(cluster, { command: 'exec sleep 1000', count: 2 });
  await reaches(cluster, taken, 'TASK_RUNNING');
  const { framework_id } = taken;
  const [first = '', second = ''] = taken.task_ids;
  await cluster.agent.kill();
  await eventually('the agent to be away', async () => !(await cluster.slaves())[0]?.active);
  const away = await post(cluster, '/tasks/kill', { framework_id, task_id: first });
  assert.equal(away.status, 202);
  assert.match(JSON.parse(away.text).message, /is disconnected: it gets the kill of task '.*' when it is back, unless/);
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  await eventually('the end of one', async () => (await stateOf(cluster, taken, first)) === 'TASK_KILLED');
  assert.equal(await stateOf(cluster, taken, second), 'TASK_RUNNING');
});

test('an agent that is unreachable gets no kill', async t => {
  const cluster = await Cluster.start(t, { master: soonUnreachable });
  const taken = await run(cluster, { command: 'exec sleep 1000' });
  const { framework_id } = taken;
  const [task_id = ''] = taken.task_ids;
  // A machine that is slow may lose the agent earlier, too.
  await eventually('the task to be there', async () => (await stateOf(cluster, taken, task_id)) !== undefined);
  await cluster.agent.kill();
  await eventually(
    'the agent to be unreachable',
    async () => (await stateOf(cluster, taken, task_id)) === 'TASK_UNREACHABLE',
  );
  const lost = await post(cluster, '/tasks/kill', { framework_id, task_id });
  assert.deepEqual([lost.status, lost.code], [409, 'TASK_UNREACHABLE']);
  assert.match(lost.text, /which is unreachable and gets no messages: nothing was done\./);
  const command = await meseta(cluster, 'task', 'kill', '--json', task_id);
  assert.deepEqual([command.code, command.stdout], [1, '']);
  assert.match(command.stderr, /^meseta task kill: Task '.*' is on agent .* unreachable/);
});
