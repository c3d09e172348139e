/** A cluster that asks everybody who they are: frameworks, the command line, and the stand-alone executor. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import {
  ask,
  at,
  basic,
  credentials,
  executors,
  file,
  frameworks,
  ops,
  secret,
  subscribe,
} from './support/authentication.ts';
import { Cluster } from './support/cluster.ts';
import { Meseta } from './support/meseta.ts';
import { processesWith } from './support/processes.ts';

const own = file('own', JSON.stringify({ principal: 'ops', secret }));
const wrong = file('wrong', JSON.stringify({ principal: 'ops', secret: 'not-the-secret' }));

const guarded = { authenticate_http_readonly: true, authenticate_http_readwrite: true };
const authenticated = (t: TestContext) =>
  Cluster.start(t, {
    master: { ...guarded, ...frameworks, credentials },
    agents: [{ ...guarded, ...executors, http_credentials: credentials }],
    headers: { Authorization: ops },
  });

test('frameworks belong to the principal that authenticates', async t => {
  const cluster = await authenticated(t);
  const { port } = cluster.master;
  const call = (authorization: string, body: string) =>
    ask(port, '/api/v1/scheduler', { method: 'POST', authorization, body });
  const mismatch = "Authenticated principal 'ops' does not match principal 'root' set in `FrameworkInfo`";
  const other = await call(ops, subscribe('root'));
  assert.deepEqual([other.status, other.headers['meseta-error']], [400, 'CALL_INVALID']);
  assert.ok(other.body.includes(mismatch), other.body);
  const named = await cluster.framework({ principal: 'ops' });
  await cluster.framework();
  const { frameworks: found } = await cluster.get('/frameworks');
  assert.deepEqual(
    found.map(({ principal }: { principal: string }) => principal),
    ['ops', 'ops'],
  );
  const teardown = JSON.stringify({ type: 'TEARDOWN', framework_id: named.info.id });
  const stolen = await call(basic('framework:other-secret'), teardown);
  assert.deepEqual([stolen.status, stolen.headers['meseta-error']], [400, 'PRINCIPAL_MISMATCH']);
  assert.equal(named.isConnected, true);
});

test('the command line works with a credential, and says what is missing without', async t => {
  const cluster = await authenticated(t);
  const to = cluster.master.address;
  const run = (argv: readonly string[], env: Record<string, string> = {}) => new Meseta(argv, { env }).finished;
  const as = (...argv: string[]) => run([...argv, '--master', to, '--credential', own]);

  const without = await run(['tasks', '--master', to]);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /the cluster asks who you are: give --credential or \$MESETA_CREDENTIAL/);
  const refused = await run(['tasks', '--master', to, '--credential', wrong]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /the cluster does not take the credential in '.*wrong' for this/);
  const missing = await run(['tasks', '--master', to], { MESETA_CREDENTIAL: at('missing') });
  assert.match(missing.stderr, /Cannot read the credential file '.*missing'/);
  const open = file('open-own', readFileSync(own, 'utf8'), 0o644);
  const warned = await run(['tasks', '--master', to], { MESETA_CREDENTIAL: open });
  assert.equal(warned.code, 0, warned.stderr);
  assert.match(warned.stderr, /other users may read the credential/);

  const said = await as('run', 'echo hello; echo bye >&2');
  assert.deepEqual([said.code, said.stdout], [0, 'hello\n'], said.stderr);
  const detached = await as('run', '--name', 'web', '--detach', 'touch up; echo started; exec sleep 1000');
  assert.equal(detached.code, 0, detached.stderr);
  await eventually('output of the task', async () => (await as('task', 'logs', 'web')).stdout === 'started\n');
  const works: readonly (readonly [argv: readonly string[], stdout: RegExp])[] = [
    [['agents'], /active/],
    [['frameworks'], /./],
    [['tasks'], /web/],
    [['task', 'inspect', 'web'], /"live_container": \{/],
    [['task', 'stats', '--no-stream', 'web'], /web/],
    [['files', 'ls', 'web'], /up/],
    [['files', 'cat', 'web', 'stdout'], /started/],
    [['version'], /meseta/],
  ];
  for (const [argv, stdout] of works) {
    const done = await as(...argv);
    assert.equal(done.code, 0, `${argv}: ${done.stderr}`);
    assert.match(done.stdout, stdout);
  }
  const executed = await run([
    'task',
    'exec',
    '--master',
    to,
    '--credential',
    own,
    'web',
    '--',
    'sh',
    '-c',
    'echo in; env',
  ]);
  assert.match(executed.stdout, /^in\n/, executed.stderr);
  assert.ok(!executed.stdout.includes('AUTHENTICATION_TOKEN'));
  assert.equal((await as('task', 'kill', 'web')).code, 0);
  await eventually('the end of the detached run', () => processesWith(own).length === 0);
  const logs = `${cluster.master.log}${cluster.agent.log}`;
  assert.ok(!logs.includes(secret) && !logs.includes(ops.slice(6)));
});

test('the stand-alone executor uses its token, which shows nowhere', async t => {
  const cluster = await authenticated(t);
  const framework = await cluster.framework();
  const entry = path.resolve(import.meta.dirname, '../packages/cli/bin/meseta.mjs');
  const told = path.join(cluster.directory, 'told');
  const value = `echo $MESOS_EXECUTOR_AUTHENTICATION_TOKEN > ${told}; chmod 600 ${told}; exec '${process.execPath}' '${entry}' executor -- sh -c 'env; exec sleep 1000'`;
  await framework.run({ task_id: { value: 'a' }, executor: { executor_id: { value: 'own' }, command: { value } } });
  await framework.reaches('a', 'TASK_RUNNING');
  const token = readFileSync(told, 'utf8').trim();
  assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  assert.deepEqual(Object.keys(claims).sort(), ['cid', 'eid', 'fid']);
  assert.equal(claims.eid, 'own');
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  await framework.call({ type: 'KILL', kill: { task_id: { value: 'a' } } });
  await framework.reaches('a', 'TASK_KILLED');

  const texts = [cluster.master.log, cluster.agent.log];
  for (const { port, kind } of [cluster.master, cluster.agent]) {
    for (const url of ['/state', '/flags', ...(kind === 'agent' ? ['/containers'] : ['/tasks'])]) {
      texts.push((await ask(port, url, { authorization: ops })).body);
    }
    for (const type of ['GET_STATE', 'GET_EXECUTORS', 'GET_FLAGS']) {
      const body = JSON.stringify({ type });
      texts.push((await ask(port, '/api/v1', { method: 'POST', authorization: ops, body })).body);
    }
  }
  assert.deepEqual(
    texts.filter(text => text.includes(token)),
    [],
  );
  const found = execFileSync('sh', ['-c', `grep -rlF -- '${token}' '${cluster.directory}' || true`], {
    encoding: 'utf8',
  });
  assert.deepEqual(found.split('\n').filter(Boolean), [told]);
});
