/** Built-in frameworks of a whole master, with simulated agents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAccess } from '@meseta/daemon';
import { decode, KillTaskMessage, RunTaskMessage } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { keepingLogger } from '@meseta/telemetry/testing';
import type { RunningMaster } from '../main.ts';
import { ask, registerAgent, startMasterWith, startRunningMaster } from '../testing/running-master.ts';
import type { SimulatedAgent } from '../testing/simulated-agent.ts';
import { TestScheduler } from '../testing/test-scheduler.ts';
import { maxFrameworks, RunFrameworks } from './run-frameworks.ts';

const quick = '--allocation_interval=20ms';

async function post(master: RunningMaster, path: string, body: object) {
  const { status, text } = await ask(master, path, { method: 'POST', body: JSON.stringify(body) });
  assert.equal(status, 202, text);
  return JSON.parse(text);
}

async function run(
  master: RunningMaster,
  body: object = { command: 'true' },
): Promise<{ id: string; framework: string }> {
  const { framework_id, task_ids } = await post(master, '/tasks/run', body);
  return { id: task_ids[0], framework: framework_id };
}

interface Waiting {
  readonly state: string;
  readonly since: number;
  readonly until: number;
  readonly message?: string;
}

const waiting = async (master: RunningMaster): Promise<Waiting[]> =>
  JSON.parse((await ask(master, '/tasks/waiting')).text);

const launched = async (agent: SimulatedAgent) => decode(RunTaskMessage, (await agent.next('RunTaskMessage')).body);

test('a task that is being launched is killed after its launch', async t => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<boolean>();
  let questions = 0;
  const authorize: typeof openAccess.authorize = (_principal, action) => {
    // The first one is that of the endpoint, the second that of the launch.
    if (action !== 'RUN_TASK' || ++questions < 2) return true;
    asked.resolve();
    return answer.promise;
  };
  const master = await startMasterWith(t, { ...openAccess, authorize }, quick);
  const agent = await registerAgent(t, master);
  const { id, framework } = await run(master);
  await asked.promise;
  assert.deepEqual(
    (await waiting(master)).map(({ state }) => state),
    ['LAUNCHING'],
  );
  const { message } = await post(master, '/tasks/kill', { framework_id: framework, task_id: id });
  assert.equal(message, `Task '${id}' is killed when it is launched`);
  answer.resolve(true);
  assert.equal((await launched(agent)).task.task_id.value, id);
  assert.equal(decode(KillTaskMessage, (await agent.next('KillTaskMessage')).body).task_id.value, id);
});

test('the log says who killed a task: one that waits, that is being launched, that runs', async t => {
  const { log, lines } = keepingLogger();
  const answer = Promise.withResolvers<boolean>();
  const asked = Promise.withResolvers<void>();
  let questions = 0;
  const authorize: typeof openAccess.authorize = (_principal, action) => {
    // The first one is that of the endpoint, the second that of the launch.
    if (action !== 'RUN_TASK' || ++questions !== 2) return true;
    asked.resolve();
    return answer.promise;
  };
  const authenticate: typeof openAccess.authenticate = () => ({ principal: { value: 'night-shift' } });
  const master = await startMasterWith(t, { log, authorize, authenticate }, quick);
  const kill = (task: { id: string; framework: string }) =>
    post(master, '/tasks/kill', { framework_id: task.framework, task_id: task.id });
  const about = (id: string) => lines.filter(line => line.includes(id) && /kill/i.test(line)).join('');

  const agent = await registerAgent(t, master);
  const starts = await run(master);
  await asked.promise;
  await kill(starts);
  assert.match(about(starts.id), /An operator kills a task that is being launched.*principal="?night-shift/);
  answer.resolve(true);
  await launched(agent);

  await kill(starts);
  assert.match(about(starts.id), /An operator kills a task .*principal="?night-shift.*agent_id=/);

  const waits = await run(master, { command: 'true', resources: { cpus: 1000 } });
  await kill(waits);
  assert.match(about(waits.id), /Killed before its launch by 'night-shift'/);
});

test('the tasks of one request have ids of their own, and a name that makes none is refused', async t => {
  const master = await startRunningMaster(t, quick);
  const { task_ids: ids } = await post(master, '/tasks/run', { command: 'true', name: 'many', count: 100 });
  assert.equal(new Set(ids).size, 100);
  for (const name of ['a/b', 'a\nb', 'x'.repeat(256)]) {
    const body = JSON.stringify({ command: 'true', name });
    const { status, text } = await ask(master, '/tasks/run', { method: 'POST', body });
    assert.equal(status, 400, name);
    assert.match(text, /^'name' /);
  }
});

test('a launch that is refused is said, and its resources are free again', async t => {
  let questions = 0;
  const authorize: typeof openAccess.authorize = (_principal, action) => action !== 'RUN_TASK' || ++questions !== 2;
  const master = await startMasterWith(t, { ...openAccess, authorize }, quick);
  const agent = await registerAgent(t, master);
  await run(master);
  await eventually('the refusal', async () => (await waiting(master))[0]?.state === 'REFUSED');
  assert.match((await waiting(master))[0]?.message ?? '', /^The master refused to launch it: .*[Nn]ot authorized/);
  const { id } = await run(master, { command: 'true', resources: { cpus: 4, mem: 4096 } });
  assert.equal((await launched(agent)).task.task_id.value, id);
});

test('a framework has the roles in which it has tasks, and is offered GPUs only for tasks with some', async t => {
  const master = await startRunningMaster(t, quick);
  const agent = await registerAgent(t, master);
  const shown = async () => {
    const [{ roles, capabilities }] = JSON.parse((await ask(master, '/frameworks')).text).frameworks;
    return { roles: roles.sort(), gpus: capabilities.includes('GPU_RESOURCES') };
  };
  await run(master, { command: 'true', role: 'a' });
  assert.equal((await launched(agent)).task.resources?.[0]?.allocation_info?.role, 'a');
  assert.deepEqual(await shown(), { roles: ['a'], gpus: false });
  const waits = await run(master, { command: 'true', role: 'b', resources: { gpus: 1 } });
  assert.deepEqual(await shown(), { roles: ['a', 'b'], gpus: true });
  await post(master, '/tasks/kill', { framework_id: waits.framework, task_id: waits.id });
  await run(master, { command: 'true', role: 'c' });
  assert.deepEqual(await shown(), { roles: ['a', 'c'], gpus: false });
  assert.equal((await launched(agent)).task.resources?.[0]?.allocation_info?.role, 'c');
});

test('a scheduler that subscribes with its id has it, until the next task', async t => {
  const master = await startRunningMaster(t, quick);
  const first = await run(master);
  const other = await TestScheduler.start(t, master.address, { id: { value: first.framework }, roles: ['*'] });
  await eventually('its task to wait', async () => (await waiting(master)).length === 1);
  const second = await run(master);
  assert.equal(second.framework, first.framework);
  await eventually('the other one to be told', () => other.ended);
  assert.equal(other.events.at(-1)?.error?.message, 'Framework failed over');
  const agent = await registerAgent(t, master);
  const ids = [(await launched(agent)).task.task_id.value, (await launched(agent)).task.task_id.value];
  assert.deepEqual(ids.sort(), [first.id, second.id].sort());
});

test('an id that a framework of another principal has is left to that one', async t => {
  const master = await startRunningMaster(t, quick);
  const squatter = await TestScheduler.start(t, master.address, {
    ...{ id: { value: 'meseta-run' }, principal: 'squatter', roles: ['*'] },
  });
  assert.equal((await run(master)).framework, 'meseta-run.2');
  assert.equal(squatter.ended, false);
});

test('frameworks that are gone make room for those of other principals', () => {
  const frameworks = new Map<string, object>();
  const cluster = { frameworks, observe: () => undefined, findFramework: (id: string) => frameworks.get(id) };
  const all = new RunFrameworks({ cluster } as never);
  for (let count = 0; count < maxFrameworks; count++) {
    const { id, principal } = all.of(`p${count}`);
    if (count > 0) frameworks.set(id, { info: { principal } });
  }
  all.of('another');
  assert.equal([...all.all].length, maxFrameworks);
  frameworks.set(all.of('another').id, { info: { principal: 'another' } });
  assert.throws(() => all.of('one more'), { code: 'TASK_REFUSED' });
});

test('a task that waits is shown with the time of day since when it waits, and when it is given up', async t => {
  const master = await startRunningMaster(t, quick);
  const before = Date.now();
  await run(master, { command: 'true', timeout: '90secs' });
  const [{ since = 0, until = 0 } = {}] = await waiting(master);
  // The two clocks of a machine differ by less than a second while a test runs.
  assert.ok(since * 1000 > before - 1000 && since * 1000 < Date.now() + 1000, `${since}`);
  assert.equal(Math.round((until - since) * 1000), 90_000);
});

test('so many tasks of all principals may wait, and no more', async t => {
  const authenticate: typeof openAccess.authenticate = ({ headers }) => ({
    principal: { value: `${headers['x-user']}` },
  });
  const master = await startMasterWith(t, { authenticate }, quick);
  const runAs = (user: number, count: number) =>
    ask(master, '/tasks/run', {
      ...{ method: 'POST', headers: { 'x-user': `u${user}` }, body: JSON.stringify({ command: 'true', count }) },
    });
  for (let user = 0; user < 10; user++) {
    for (let request = 0; request < 10; request++) assert.equal((await runAs(user, 100)).status, 202);
  }
  const { status, text } = await runAs(10, 1);
  assert.deepEqual([status, text], [503, '10000 tasks wait for resources already and 10000 may; 1 more are not taken']);
  assert.equal((await waiting(master)).length, 10_000);
});

test('an id that is in use is refused', async t => {
  const master = await startRunningMaster(t, quick);
  const task = { task: { task_id: { value: 'mine' }, command: { value: 'true' } } };
  await run(master, task);
  const again = await ask(master, '/tasks/run', { method: 'POST', body: JSON.stringify(task) });
  assert.deepEqual([again.status, again.text], [400, "'task.task_id' is 'mine', and there is such a task already"]);
  const agent = await registerAgent(t, master);
  await launched(agent);
  const { tasks } = JSON.parse((await ask(master, '/tasks?task_id=mine')).text);
  assert.equal(tasks[0].state, 'TASK_STAGING');
  assert.equal((await ask(master, '/tasks/run', { method: 'POST', body: JSON.stringify(task) })).status, 400);
});
