/** Executors prove by their tokens who they are; none can act for another one. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { signJwt } from '@meseta/daemon';
import {
  type AgentCall,
  type ContainerID,
  RegisterExecutorMessage,
  ReregisterExecutorMessage,
  ReregisterSlaveMessage,
} from '@meseta/protocol';
import { userName } from '@meseta/system';
import { eventually, freePort } from '@meseta/system/testing';
import { AgentCalls } from './testing/agent-calls.ts';
import { frameworkId } from './testing/scripted-master.ts';
import { type Bench, bench, kill, spawnAgent, startTestAgent } from './testing/test-agent.ts';

const key = 'k'.repeat(40);
const ops = { Authorization: `Basic ${Buffer.from('ops:s3cret').toString('base64')}` };
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const framework_id = { value: frameworkId };

function flagsOf({ directory }: Bench): string[] {
  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
  const credentials = write('credentials', '{"credentials":[{"principal":"ops","secret":"s3cret"}]}');
  return [
    ...['--authenticate_http_executors', '--authenticate_http_readonly', '--authenticate_http_readwrite'],
    ...[`--jwt_secret_key=${write('key', key)}`, `--http_credentials=${credentials}`],
  ];
}

interface Claims {
  readonly fid: string;
  readonly eid: string;
  readonly cid: string;
}

/** An agent with two executors, which only wrote down their tokens. */
async function setUp(t: TestContext, ...more: string[]) {
  const at = await bench(t);
  const agent = await startTestAgent(at, ...flagsOf(at), '--executor_shutdown_grace_period=100ms', ...more);
  at.onEnd(() => agent.shutdown());
  const launch = async (id: string) => {
    const file = join(at.directory, `token-${id}`);
    const value = `echo $MESOS_EXECUTOR_AUTHENTICATION_TOKEN >${file}.new; mv ${file}.new ${file}; exec sleep 600`;
    at.master.run({ id, executor: { framework_id, executor_id: { value: id }, command: { value } } });
    const executor = await eventually(
      () => `executor ${id}`,
      () => [...agent.context.agent.executors()].find(each => each.id === id && each.pid !== undefined),
    );
    const token = await eventually(
      () => `the token of ${id}`,
      () => {
        try {
          return readFileSync(file, 'utf8').trim();
        } catch {
          return undefined;
        }
      },
    );
    return { executor, token };
  };
  return { at, agent, one: await launch('one'), two: await launch('two') };
}

test('the executor API takes the token of the executor that a call names', async t => {
  const { at, agent, one, two } = await setUp(t);
  const own: Claims = { fid: frameworkId, eid: 'one', cid: one.executor.containerId };
  assert.deepEqual(JSON.parse(Buffer.from(one.token.split('.')[1] ?? '', 'base64url').toString()), own);
  const sign = (claims: Partial<Claims>, by = key) => bearer(signJwt({ ...own, ...claims }, Buffer.from(by)));
  const [head, , end] = one.token.split('.');
  const changed = Buffer.from(JSON.stringify({ ...own, eid: 'two' })).toString('base64url');
  const of = (executor: string, call: object) => ({ framework_id, executor_id: { value: executor }, ...call });
  const post = (headers: Record<string, string>, call: object) =>
    fetch(`http://127.0.0.1:${agent.port}/slave(1)/api/v1/executor`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...headers },
      body: JSON.stringify(call),
    });
  const refused: { name: string; headers: Record<string, string>; executor?: string; status: number; says: RegExp }[] =
    [
      { name: 'nothing', headers: {}, status: 401, says: /401 Unauthorized/ },
      {
        name: "another executor's token",
        headers: bearer(two.token),
        status: 403,
        says: /'eid' claim with the executor ID one/,
      },
      {
        name: 'its token for another executor',
        headers: bearer(one.token),
        executor: 'two',
        status: 403,
        says: /'eid' claim with the executor ID two/,
      },
      {
        name: 'changed claims',
        headers: bearer(`${head}.${changed}.${end}`),
        executor: 'two',
        status: 401,
        says: /401/,
      },
      { name: 'a token of another agent', headers: sign({}, 'another key'), status: 401, says: /401/ },
      {
        name: 'another framework',
        headers: sign({ fid: 'other' }),
        status: 403,
        says: /'fid' claim with the framework ID test-0000/,
      },
      {
        name: 'an earlier run',
        headers: sign({ cid: 'earlier' }),
        status: 403,
        says: /'cid' claim with the correct active ContainerID/,
      },
      {
        name: 'no claims that matter',
        headers: bearer(signJwt({ sub: 'x' }, Buffer.from(key))),
        status: 403,
        says: /'fid'/,
      },
      {
        name: 'an operator',
        headers: ops,
        status: 403,
        says: /^Authenticated principal 'ops' does not contain an 'fid' claim/,
      },
    ];
  for (const { name, headers, executor = 'one', status, says } of refused) {
    await t.test(`refused: ${name}`, async () => {
      const calls = [
        { type: 'SUBSCRIBE', subscribe: {} },
        { type: 'MESSAGE', message: { data: '' } },
      ];
      for (const call of calls) {
        const answer = await post(headers, of(executor, call));
        assert.equal(answer.status, status);
        assert.match(await answer.text(), says);
      }
    });
  }
  assert.equal(one.executor.state, 'REGISTERING');

  const end_ = new AbortController();
  t.after(() => end_.abort());
  const stream = await post(bearer(one.token), of('one', { type: 'SUBSCRIBE', subscribe: {} }));
  assert.equal(stream.status, 200);
  at.onEnd(async () => stream.body?.cancel());
  assert.equal((await post(bearer(one.token), of('one', { type: 'MESSAGE', message: { data: '' } }))).status, 202);

  await t.test('a driver does not take its place', async () => {
    const ids = { framework_id, executor_id: { value: 'one' } };
    at.master.send(RegisterExecutorMessage, ids);
    at.master.send(ReregisterExecutorMessage, { ...ids, tasks: [], updates: [] });
    await eventually(
      () => 'both refusals',
      () => at.lines.filter(line => line.includes('Refused the registration of an executor')).length >= 2,
    );
    assert.equal(one.executor.connection?.kind, 'http');
  });
});

test('a token of an operator that expires: what is open goes on, and nothing new begins with it', async t => {
  const { at, agent, one } = await setUp(t);
  const claims = { fid: frameworkId, eid: 'one', cid: one.executor.containerId };
  const of = (call: object) => ({ framework_id, executor_id: { value: 'one' }, ...call });
  let token = '';
  const post = (call: object) =>
    fetch(`http://127.0.0.1:${agent.port}/slave(1)/api/v1/executor`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...bearer(token) },
      body: JSON.stringify(of(call)),
    });
  const stream = await eventually('the stream', async () => {
    token = signJwt({ ...claims, exp: Math.floor(Date.now() / 1000) + 2 }, Buffer.from(key));
    const answer = await post({ type: 'SUBSCRIBE', subscribe: {} });
    return answer.status === 200 && answer;
  });
  let received = '';
  let ended = false;
  const reading = (async () => {
    for await (const chunk of stream.body ?? []) received += Buffer.from(chunk).toString();
  })().finally(() => {
    ended = true;
  });
  at.onEnd(async () => void reading.catch(() => undefined));
  await eventually('the subscription', () => received.includes('SUBSCRIBED'));
  const refusal = await eventually('a refusal', async () => {
    const answer = await post({ type: 'MESSAGE', message: { data: '' } });
    await answer.arrayBuffer();
    return answer.status !== 202 && answer;
  });
  assert.equal(refusal.status, 401);
  assert.match(refusal.headers.get('www-authenticate') ?? '', /Token has expired: exp\(\d+\) < now\(\d+\)/);
  at.master.run({ id: 'later', executor: { ...one.executor.info } });
  await eventually('the launch on the open stream', () => received.includes('"later"'));
  assert.equal(ended, false);
  // The executor goes on with a new token.
  token = one.token;
  assert.equal((await post({ type: 'MESSAGE', message: { data: '' } })).status, 202);
});

test('the operator API lets an executor do to containers in its own what Mesos lets it do, and nothing else', async t => {
  const { at, agent, one, two } = await setUp(t);
  const as = (headers: Record<string, string>) => new AgentCalls(`http://127.0.0.1:${agent.port}`, headers);
  at.onEnd(() => as(ops).endAll());
  const parent: ContainerID = { value: one.executor.containerId };
  const nested = { value: 'nested', parent };
  const below = { value: 'below', parent: nested };
  const command = { value: 'exec sleep 600' };
  const nestedCalls = (id: ContainerID): AgentCall[] => [
    { type: 'LAUNCH_NESTED_CONTAINER', launch_nested_container: { container_id: id, command } },
    { type: 'WAIT_NESTED_CONTAINER', wait_nested_container: { container_id: id } },
    { type: 'KILL_NESTED_CONTAINER', kill_nested_container: { container_id: id } },
    { type: 'REMOVE_NESTED_CONTAINER', remove_nested_container: { container_id: id } },
    { type: 'ATTACH_CONTAINER_OUTPUT', attach_container_output: { container_id: id } },
    {
      type: 'LAUNCH_NESTED_CONTAINER_SESSION',
      launch_nested_container_session: { container_id: { value: 'session', parent: id }, command },
    },
  ];
  const statusOf = async (headers: Record<string, string>, call: AgentCall) => (await as(headers).call(call)).status;

  for (const id of [nested, below]) {
    for (const call of nestedCalls(id)) {
      for (const headers of [bearer(two.token), bearer(signJwt({ cid: 'other' }, Buffer.from(key)))]) {
        assert.equal(await statusOf(headers, call), 403, `${call.type} of another executor`);
      }
      assert.equal(await statusOf({}, call), 401, `${call.type} of nobody`);
    }
  }
  const [launch, , end, remove] = nestedCalls(nested);
  assert.equal(await statusOf(bearer(one.token), launch as AgentCall), 200);
  assert.equal(await statusOf(bearer(one.token), end as AgentCall), 200);
  const { reply } = await as(bearer(one.token)).call({
    type: 'WAIT_NESTED_CONTAINER',
    wait_nested_container: { container_id: nested },
  });
  assert.ok(reply?.wait_nested_container);
  assert.equal(await statusOf(bearer(one.token), remove as AgentCall), 200);

  const forbidden: AgentCall[] = [
    { type: 'LAUNCH_CONTAINER', launch_container: { container_id: { value: 'alone' }, command } },
    { type: 'KILL_CONTAINER', kill_container: { container_id: parent } },
    { type: 'GET_FLAGS' },
    { type: 'SET_LOGGING_LEVEL', set_logging_level: { level: 1, duration: { nanoseconds: 1 } } },
    { type: 'PRUNE_IMAGES' },
  ];
  for (const call of forbidden) assert.equal(await statusOf(bearer(one.token), call), 403, `${call.type}`);
  const seen = await as(bearer(one.token)).call({ type: 'GET_EXECUTORS' });
  assert.deepEqual(seen.reply?.get_executors?.executors ?? [], []);
  const all = await as(ops).call({ type: 'GET_EXECUTORS' });
  assert.equal(all.reply?.get_executors?.executors?.length, 2);
});

test('an executor launches commands as other users only when its framework may run tasks as them', async t => {
  const all = { type: 'ANY' };
  const stranger = userName() === 'nobody' ? 'bin' : 'nobody';
  const run_tasks = [
    { principals: all, users: { values: [userName(), 'daemon'] } },
    { principals: { type: 'NONE' }, users: all },
  ];
  const { at, agent, one } = await setUp(t, `--acls=${JSON.stringify({ run_tasks })}`);
  const calls = new AgentCalls(`http://127.0.0.1:${agent.port}`, bearer(one.token));
  at.onEnd(() => new AgentCalls(`http://127.0.0.1:${agent.port}`, ops).endAll());
  const launchAs = async (user: string, isSession: boolean) => {
    const container_id = { value: `as-${user}-${isSession}`, parent: { value: one.executor.containerId } };
    const launch = { container_id, command: { value: 'true', user } };
    const call: AgentCall = isSession
      ? { type: 'LAUNCH_NESTED_CONTAINER_SESSION', launch_nested_container_session: launch }
      : { type: 'LAUNCH_NESTED_CONTAINER', launch_nested_container: launch };
    return (await calls.call(call)).status;
  };
  for (const isSession of [false, true]) {
    for (const user of [stranger, '0', '']) assert.equal(await launchAs(user, isSession), 403, `as '${user}'`);
  }
  assert.equal(await launchAs(userName(), false), 200);
  assert.notEqual(await launchAs('daemon', false), 403);
});

test('a command task has no token, and nor has a command in the container of an executor', async t => {
  const { at, agent, one } = await setUp(t);
  const file = join(at.directory, 'environment');
  at.master.command('plain', `env >${file}`);
  await at.master.until('plain', 'TASK_FINISHED');
  assert.ok(!readFileSync(file, 'utf8').includes('AUTHENTICATION_TOKEN'));
  const answer = await fetch(`http://127.0.0.1:${agent.port}/api/v1`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/recordio',
      'Message-Accept': 'application/json',
      ...ops,
    },
    body: JSON.stringify({
      type: 'LAUNCH_NESTED_CONTAINER_SESSION',
      launch_nested_container_session: {
        container_id: { value: 'session', parent: { value: one.executor.containerId } },
        command: { value: `env >${file}.session` },
      },
    } satisfies AgentCall),
  });
  assert.equal(answer.status, 200);
  await answer.text();
  const environment = readFileSync(`${file}.session`, 'utf8');
  assert.ok(environment.includes('MESOS_SANDBOX') && !environment.includes('AUTHENTICATION_TOKEN'));
});

test('an executor keeps its token when the agent is killed and comes back', async t => {
  const at = await bench(t);
  const { master } = at;
  const flags = [...flagsOf(at), `--port=${await freePort()}`, '--executor_reregistration_timeout=15secs'];
  let agent = spawnAgent(at, ...flags);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  const program = fileURLToPath(new URL('./testing/http-executor.ts', import.meta.url));
  const value = `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${program}'`;
  const run = (id: string, data: string) => {
    const executor = { framework_id, executor_id: { value: 'real' }, command: { value } };
    master.run({ id, executor, data: Buffer.from(data).toString('base64') });
  };
  run('stays', '');
  await master.until('stays', 'TASK_RUNNING');
  await kill(agent, 'SIGKILL');
  agent = spawnAgent(at, ...flags);
  await master.untilReceived(ReregisterSlaveMessage);
  run('after', 'end');
  await master.until('after', 'TASK_FINISHED');
  assert.deepEqual(master.states('stays'), ['TASK_RUNNING']);
});
