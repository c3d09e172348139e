/** A cluster in which everything that keeps strangers out is on at once, as its users, operators and attackers see it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { needsZooKeeper } from '@meseta/storage/testing';
import { eventually } from '@meseta/system/testing';
import type { Daemon } from './support/daemon.ts';
import { bytesOf, filesBelow } from './support/files-below.ts';
import { command, Meseta } from './support/meseta.ts';
import { SecuredCluster, secrets } from './support/secured-cluster.ts';

/** Every secret that is found in a text, by whose it is. */
const secretsIn = (text: string) =>
  Object.entries(secrets).flatMap(([name, secret]) => {
    const encoded = Buffer.from(`${name}:${secret}`).toString('base64');
    return text.includes(secret) || text.includes(encoded) ? [name] : [];
  });

test('everything at once', needsZooKeeper, async t => {
  const cluster = await SecuredCluster.start(t);
  const first = await cluster.leader();
  const agent = await cluster.addAgent('agent');
  await cluster.registered(first);
  const as = cluster.as.bind(cluster);
  const succeeds = async (argv: string[], stdout: RegExp, who = 'ops') => {
    const done = await as(who, ...argv);
    assert.equal(done.code, 0, `${argv.join(' ')}: ${done.stderr}\n${agent.log.slice(-2000)}`);
    assert.match(done.stdout, stdout, argv.join(' '));
  };
  const taskFile = (name: string, task: object) => {
    const file = path.join(cluster.directory, `${name}.json`);
    writeFileSync(file, JSON.stringify(task));
    return file;
  };

  await t.test('tasks, with their output, files and input', async () => {
    await succeeds(['run', '-q', 'echo from a task'], /^from a task\n$/);
    await succeeds(['run', '-q', '--role', 'web', 'echo of web'], /^of web\n$/, 'web');
    const fed = new Meseta(['run', '-q', '--stdin', 'cat'], { env: cluster.userEnv(), input: 'private input' });
    const { code, stdout, stderr } = await fed.finished;
    assert.deepEqual([code, stdout], [0, 'private input'], stderr);
  });

  await t.test('the environment of a task has no secret', async () => {
    const { stdout } = await as(
      'ops',
      'run',
      '-q',
      'env; tr "\\0" "\\n" </proc/$PPID/environ; cat /proc/$PPID/cmdline',
    );
    assert.deepEqual(secretsIn(stdout), []);
    assert.doesNotMatch(stdout, /EXECUTOR_AUTHENTICATION_TOKEN/);
  });

  await t.test('custom executors with a token', async () => {
    const program = new URL('../packages/agent/src/testing/http-executor.ts', import.meta.url).pathname;
    const value = `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${program}'`;
    const data = Buffer.from('end').toString('base64');
    const own = { name: 'own', data, executor: { executor_id: { value: 'own' }, command: { value } } };
    await succeeds(['run', '--task', taskFile('own', own)], /^/);
    const words = command.map(word => `'${word}'`).join(' ');
    const alone = {
      name: 'alone',
      executor: { executor_id: { value: 'alone' }, command: { value: `exec ${words} executor -- true` } },
    };
    await succeeds(['run', '--task', taskFile('alone', alone)], /^/);
  });

  await t.test('pods', async () => {
    const resources = [
      { name: 'cpus', type: 'SCALAR', scalar: { value: 0.1 } },
      { name: 'mem', type: 'SCALAR', scalar: { value: 32 } },
    ];
    const task = (name: string) => ({ name, resources, command: { value: `echo ${name} of the pod` } });
    const pod = { tasks: [task('one'), task('two')] };
    const { code, stdout, stderr } = await as('ops', 'run', '--task-group', taskFile('pod', pod));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /one of the pod/);
    assert.match(stdout, /two of the pod/);
  });

  await t.test('operators', async () => {
    await succeeds(['agents'], /active/);
    await succeeds(['masters'], /leads|leader|leading/i);
    await succeeds(['weights', 'set', 'web=2'], /^/);
    await succeeds(['weights', 'show'], /web/);
    await succeeds(['quota', 'set', 'web', '--limit', 'cpus:3'], /^/);
    await succeeds(['quota', 'show'], /web/);
    await succeeds(['metrics'], /master/);
    await succeeds(['roles'], /web/);
    const all = cluster.masters.map(({ address }) => address).join();
    await succeeds(['agents', '--master', all], /active/);
    for (const { origin } of cluster.masters) await succeeds(['agents', '--master', origin], /active/);
  });

  const running = new Meseta(
    ['run', '-q', '--name', 'long', 'echo up; until [ -e go ]; do sleep 0.1; done; echo down'],
    {
      env: cluster.userEnv(),
    },
  );
  t.after(() => running.kill());
  await running.says(/up/);

  await t.test('sessions, files and numbers of a task', async () => {
    await succeeds(['task', 'exec', 'long', 'sh', '-c', 'echo in'], /^in\n$/);
    await succeeds(['task', 'logs', 'long'], /^up\n$/);
    await succeeds(['files', 'ls', 'long'], /stdout/);
    await succeeds(['task', 'stats', '--no-stream', 'long'], /long/);
    await succeeds(['task', 'inspect', 'long'], /"live_container"/);
  });

  await t.test('a leader that is killed: what follows goes on with the next', async t => {
    const env = cluster.userEnv();
    const logs = new Meseta(['task', 'logs', '-f', 'long'], { env });
    const top = new Meseta(['top', '--json', '--interval', '0.5'], { env });
    const events = new Meseta(['events'], { env });
    t.after(() => Promise.all([logs, top, events].map(each => each.kill())));
    await logs.says(/up/);
    await top.says(/long/);
    await events.says(/./);
    await first.kill('SIGKILL');
    const second = await cluster.leader(first);
    await cluster.registered(second);
    const shown = top.stdout.length;
    await eventually('top of the next leader', () => /long/.test(top.stdout.slice(shown)));
    await eventually('events of the next leader', () => (events.stdout.match(/SUBSCRIBED/g) ?? []).length > 1);
    await succeeds(['task', 'exec', 'long', 'touch', 'go'], /^/).catch(() => undefined); // may end with its task
    const { code, stdout, stderr } = await running.finished;
    assert.deepEqual([code, stdout], [0, 'up\ndown\n'], stderr);
    const followed = await logs.finished;
    assert.deepEqual([followed.code, followed.stdout], [0, 'up\ndown\n'], followed.stderr);
    await cluster.startAgain(first);
  });

  const everyDaemon = (): Daemon[] => [...cluster.masters, agent];

  await t.test('who is not known, or may not, is refused everywhere', async () => {
    const leader = await cluster.leader();
    for (const daemon of [leader, agent]) {
      for (const url of ['/state', '/flags', '/metrics/snapshot', '/files/debug']) {
        assert.equal((await cluster.ask(daemon, undefined, url)).status, 401, `${daemon.kind} ${url}`);
      }
      for (const url of ['/flags', '/metrics/snapshot']) {
        assert.equal((await cluster.ask(daemon, 'guest', url)).status, 403, `${daemon.kind} ${url}`);
      }
      for (const master of cluster.masters) {
        assert.equal((await cluster.ask(master, undefined, '/flags')).status, 401, 'also of one that stands by');
        assert.equal((await cluster.ask(master, 'guest', '/flags')).status, 403);
      }
      const { frameworks } = JSON.parse((await cluster.ask(daemon, 'guest', '/state')).text);
      assert.deepEqual(frameworks, []);
    }
    const refusals: [who: string, argv: string[], said: RegExp][] = [
      ['wrong', ['tasks'], /the cluster does not take the credential/],
      ['guest', ['run', 'true'], /not authorized|is not allowed|may not|refuse/i],
      ['web', ['run', '--role', 'other', 'true'], /not authorized|is not allowed|may not|refuse/i],
      [
        'guest',
        ['weights', 'set', 'web=3'],
        /rules of the cluster do not allow this to the principal in '.*guest' \(NOT_AUTHORIZED\)/,
      ],
      ['web', ['agent', 'drain', 'S0', '--yes'], /./],
    ];
    for (const [who, argv, said] of refusals) {
      const { code, stderr } = await as(who, ...argv);
      assert.notEqual(code, 0, argv.join(' '));
      assert.match(stderr, said, argv.join(' '));
    }
    const {
      LIBPROCESS_SSL_CERT_FILE: _,
      LIBPROCESS_SSL_KEY_FILE: __,
      LIBPROCESS_SSL_ENABLED: ___,
      ...uncertified
    } = cluster.userEnv();
    const bare = { ...uncertified, MESETA_MASTER: leader.origin };
    const { stderr } = await new Meseta(['tasks'], { env: bare }).finished;
    assert.match(stderr, /a certificate of the client is required/);
    const stranger = await cluster.addAgent('stranger', { credential: cluster.at('wrong-agents') });
    assert.equal(await stranger.ended, 'code 1');
    assert.match(stranger.log, /agents/);
    const unproven = await cluster.addAgent('unproven', { credential: cluster.at('ops') });
    await eventually('the refusal of one with another principal', () =>
      cluster.masters.some(({ log }) => /Refused|not authorized|NOT_AUTHORIZED/i.test(log)),
    );
    await unproven.kill();
  });

  await t.test('no secret is where others can read it', async () => {
    for (const daemon of everyDaemon()) {
      const urls = [
        '/flags',
        '/state',
        '/metrics/snapshot',
        '/master/slaves',
        '/containers',
        '/help',
        '/logging/toggle',
      ];
      for (const url of urls) {
        const answer = await cluster.ask(daemon, 'ops', url).catch(() => ({ text: '' }));
        assert.deepEqual(secretsIn(answer.text), [], `${daemon.kind} ${url}`);
      }
      const [arguments_, environment] = ['cmdline', 'environ'].map(name =>
        readFileSync(`/proc/${daemon.pid}/${name}`, 'utf8'),
      );
      assert.deepEqual(secretsIn(`${arguments_}${environment}`), [], daemon.kind);
    }
    assert.deepEqual(secretsIn(execFileSync('ps', ['axww', '-o', 'args'], { encoding: 'utf8' })), []);
    const problems: string[] = [];
    for (const file of filesBelow(cluster.directory)) {
      if (file.startsWith(cluster.at(''))) continue;
      const found = secretsIn(bytesOf(file).toString('latin1'));
      if (found.length > 0) problems.push(`${file} (${(statSync(file).mode & 0o777).toString(8)}) has ${found.join()}`);
    }
    assert.deepEqual(problems, []);
  });
});
