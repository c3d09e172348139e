/** A cluster that speaks TLS, as its operators, users and foreign clients see it. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { Authority, type Issued, tlsVariables } from '@meseta/process/testing';
import { eventually, needs } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { Daemon, freePort } from './support/daemon.ts';
import { command, type Finished, Meseta } from './support/meseta.ts';
import { Terminal } from './support/terminal.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'tls-'));
after(() => rmSync(directory, { recursive: true }));
const authority = new Authority(directory);
const foreign = new Authority(directory, 'foreign');
const own = authority.issue('own');
const mutual = tlsVariables(own, authority.caFile, { REQUIRE_CLIENT_CERT: 'true' });

type Env = Record<string, string>;
const user = (env: Env, ...argv: string[]): Promise<Finished> => new Meseta(argv, { env }).finished;
const httpsOf = ({ address }: Daemon) => `https://${address}`;

/** What a user needs who has a certificate. */
const certified = (cluster: Cluster): Env => {
  const { certFile, keyFile } = authority.issue('user');
  return {
    MESETA_MASTER: httpsOf(cluster.master),
    LIBPROCESS_SSL_CA_FILE: authority.caFile,
    LIBPROCESS_SSL_CERT_FILE: certFile,
    LIBPROCESS_SSL_KEY_FILE: keyFile,
  };
};

/** A task with a custom executor, which ends at once. */
function taskOf(executor: string, environment: Env = {}): string {
  const program = new URL(`../packages/agent/src/testing/${executor}`, import.meta.url).pathname;
  const value = `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${program}'`;
  const variables = Object.entries(environment).map(([name, value]) => ({ name, value }));
  const task = {
    name: 'own',
    data: Buffer.from('end').toString('base64'),
    executor: { executor_id: { value: 'own' }, command: { value, environment: { variables } } },
  };
  const file = path.join(directory, `${executor}.json`);
  writeFileSync(file, JSON.stringify(task));
  return file;
}

test('a cluster in which all have certificates', async t => {
  const cluster = await Cluster.start(t, { env: mutual });
  const env = certified(cluster);

  await t.test('tasks, their output and files', async () => {
    const { code, stdout, stderr } = await user(env, 'run', '-q', 'echo "$LIBPROCESS_SSL_ENABLED"; echo kept > file');
    assert.deepEqual([code, stdout], [0, 'true\n'], stderr);
    const tasks = await user(env, 'tasks', '--all', '--json');
    assert.match(tasks.stdout, /TASK_FINISHED/);
    assert.match((await user(env, 'agents')).stdout, /127\.0\.0\.1/);
  });

  await t.test('the agent through the master', async () => {
    const id = await cluster.registered(cluster.agent);
    const { status, text } = await cluster.master.ask(`/agents/${id}/state`);
    assert.equal(status, 200, text);
    assert.equal(JSON.parse(text).id, id);
  });

  for (const executor of ['driver-executor.ts', 'http-executor.ts']) {
    await t.test(`tasks of ${executor}`, async () => {
      const { code, stderr } = await user(env, 'run', '--task', taskOf(executor));
      assert.equal(code, 0, `${stderr}\n${cluster.agent.log.slice(-3000)}`);
    });
  }

  await t.test('tasks of the stand-alone executor', async () => {
    const words = command.map(word => `'${word}'`).join(' ');
    const task = {
      name: 'alone',
      executor: {
        executor_id: { value: 'alone' },
        command: { value: `exec ${words} executor -- true` },
      },
    };
    const file = path.join(directory, 'alone.json');
    writeFileSync(file, JSON.stringify(task));
    const { code, stderr } = await user(env, 'run', '--task', file);
    assert.equal(code, 0, `${stderr}\n${cluster.agent.log.slice(-3000)}`);
  });

  await t.test('sessions', async t => {
    const running = new Meseta(['run', '-q', '--name', 'long', 'echo up; sleep 1000'], { env });
    t.after(() => running.kill());
    await running.says(/up/);
    const executed = await user(env, 'task', 'exec', 'long', 'sh', '-c', 'echo in; exit 3');
    assert.deepEqual([executed.code, executed.stdout], [3, 'in\n'], executed.stderr);
    const words = command.map(word => `'${word}'`).join(' ');
    const terminal = new Terminal(`${words} task exec -it long sh -c 'read line; echo got $line'`, env);
    t.after(() => terminal.close());
    terminal.type('typed\r');
    await terminal.shows(/got typed/);
    assert.equal((await user(env, 'task', 'kill', 'long')).code, 0);
  });

  await t.test('daemons that are killed come back', async () => {
    const go = path.join(directory, 'go');
    const running = new Meseta(['run', '-q', `echo up; until [ -e ${go} ]; do sleep 0.1; done; echo down`], { env });
    await running.says(/up/);
    await cluster.master.kill('SIGKILL');
    await cluster.master.start();
    await cluster.registered(cluster.agent);
    await cluster.agent.kill('SIGKILL');
    await cluster.agent.start();
    writeFileSync(go, '');
    const { code, stdout, stderr } = await running.finished;
    assert.deepEqual([code, stdout], [0, 'up\ndown\n'], stderr);
  });

  await t.test('how long certificates are valid', async () => {
    for (const daemon of [cluster.master, cluster.agent]) {
      const { text } = await daemon.ask('/metrics/snapshot');
      const left = JSON.parse(text)['process/certificate_valid_secs'];
      assert.ok(left > 24 * 3600 && left <= 48 * 3600, `${left}`);
    }
  });

  await t.test('offers and redirects lead to https', async () => {
    const { certFile, keyFile } = authority.issue('other');
    const curl = (url: string, ...more: string[]) =>
      spawnSync('curl', ['-sS', '--cacert', authority.caFile, '--cert', certFile, '--key', keyFile, ...more, url], {
        encoding: 'utf8',
      });
    assert.match(curl(`${httpsOf(cluster.master)}/redirect`, '-L').stdout, /./);
    assert.match(curl(`${httpsOf(cluster.master)}/redirect`, '-sD', '-').stdout, /^location: \/\/127\.0\.0\.1:\d+/im);
    const version = curl(`${httpsOf(cluster.master)}/version`, '-w', '%{http_version} %{ssl_verify_result}');
    assert.match(version.stdout, /"version".*1\.1 0$/s);
  });

  const refusals: [who: string, env: Env, message: RegExp][] = [
    [
      'whose variables are empty',
      { LIBPROCESS_SSL_CERT_FILE: '', LIBPROCESS_SSL_KEY_FILE: '' },
      /LIBPROCESS_SSL_KEY_FILE='': it is empty/,
    ],
    [
      'who trusts another authority',
      { LIBPROCESS_SSL_CA_FILE: foreign.caFile },
      /is not trusted: no trusted authority has signed the certificate/,
    ],
    [
      'who speaks no TLS',
      { MESETA_MASTER: `http://${cluster.master.address}` },
      /speaks TLS: give its address as https:\/\//,
    ],
  ];
  for (const [who, more, message] of refusals) {
    await t.test(`a user ${who} is told so`, async () => {
      const { code, stderr } = await user({ ...env, ...more }, 'tasks');
      assert.equal(code, 1);
      assert.match(stderr, message);
    });
  }
  await t.test('a user without a certificate is told so, and the master logs it', async () => {
    const { LIBPROCESS_SSL_CA_FILE = '', MESETA_MASTER = '' } = env;
    const { stderr } = await user({ LIBPROCESS_SSL_CA_FILE, MESETA_MASTER }, 'tasks');
    assert.match(stderr, /refuses us \(403: Refused: a certificate of the client is required, and there is none\)/);
    for (const line of [
      /Refused a client from 127\.0\.0\.1 in the TLS handshake: a certificate of the client is required/,
      /Refused a connection from 127\.0\.0\.1, which does not speak TLS/,
    ])
      await eventually(`${line} in the log`, () => line.test(cluster.master.log));
  });
});

/** An agent of its own environment, which need not register. */
async function agentOf(t: TestContext, cluster: Cluster, name: string, env: Env): Promise<Daemon> {
  const at = (suffix: string) => path.join(cluster.directory, `${name}-${suffix}`);
  const flags = {
    master: cluster.master.address,
    work_dir: at('work'),
    runtime_dir: at('run'),
    registration_backoff_factor: '10ms',
  };
  const agent = new Daemon({ kind: 'agent', name, directory: cluster.directory, flags, env }, await freePort());
  agent.spawn();
  t.after(() => agent.kill());
  return agent;
}

test('agents that cannot be trusted, or do not trust, do not register, and say why', async t => {
  const cluster = await Cluster.start(t, { agents: [], env: mutual });
  const cases: [name: string, certificate: Issued, ca: string, said: RegExp][] = [
    [
      'stranger',
      foreign.issue('stranger'),
      authority.caFile,
      /Cannot register with the master: .*refuses us \(403: Refused: no trusted authority has signed/,
    ],
    [
      'distrustful',
      authority.issue('distrustful'),
      foreign.caFile,
      /Refused the connection to 127\.0\.0\.1:\d+: no trusted authority has signed/,
    ],
  ];
  for (const [name, certificate, ca, said] of cases) {
    const agent = await agentOf(t, cluster, name, tlsVariables(certificate, ca, { REQUIRE_CLIENT_CERT: 'false' }));
    await eventually(`the words of ${name}`, () => said.test(agent.log));
  }
  const plain = await agentOf(t, cluster, 'plain', {});
  await eventually('the words of one without TLS', () =>
    /speaks TLS: start this agent with LIBPROCESS_SSL_ENABLED=true, a key and a certificate/.test(plain.log),
  );
  assert.deepEqual(await cluster.slaves(), []);
  const words = /no trusted authority has signed the certificate/;
  await eventually('words of the master', () => words.test(cluster.master.log));
});

test('a cluster is moved to TLS, with plain and encrypted daemons side by side', async t => {
  const both = tlsVariables(own, authority.caFile, { SUPPORT_DOWNGRADE: 'true' });
  const cluster = await Cluster.start(t, { agents: [], env: both });
  const env = { LIBPROCESS_SSL_CA_FILE: authority.caFile, LIBPROCESS_SSL_SUPPORT_DOWNGRADE: 'true' };
  for (const [name, variables] of [
    ['plain', {}],
    ['encrypted', both],
  ] as const) {
    const agent = await agentOf(t, cluster, name, variables);
    await cluster.registered(agent);
    for (const MESETA_MASTER of [httpsOf(cluster.master), `http://${cluster.master.address}`]) {
      const { code, stdout, stderr } = await user({ ...env, MESETA_MASTER }, 'run', '-q', 'echo here');
      assert.deepEqual([code, stdout], [0, 'here\n'], stderr);
    }
    // A driver that does not know TLS: the agent that does speaks to it without.
    const task = taskOf('driver-executor.ts', { LIBPROCESS_SSL_ENABLED: 'false' });
    const { code, stderr } = await user({ ...env, MESETA_MASTER: httpsOf(cluster.master) }, 'run', '--task', task);
    assert.equal(code, 0, stderr);
    await agent.kill('SIGTERM');
    await eventually('that it is away', async () => (await cluster.slaves()).every(({ active }) => !active));
  }
});

test('keys and certificates are read again at SIGHUP', async t => {
  const at = (name: string) => path.join(directory, `rotated-${name}`);
  const files: Issued = { certFile: at('cert'), keyFile: at('key') };
  const trusted = at('ca');
  const install = (from: Authority, name: string) => {
    const { certFile, keyFile } = from.issue(name);
    copyFileSync(certFile, files.certFile);
    copyFileSync(keyFile, files.keyFile);
  };
  const trust = (...authorities: Authority[]) =>
    writeFileSync(trusted, authorities.map(({ caFile }) => readFileSync(caFile, 'utf8')).join(''));
  install(authority, 'old');
  trust(authority);
  const cluster = await Cluster.start(t, { env: tlsVariables(files, trusted, { REQUIRE_CLIENT_CERT: 'true' }) });
  const daemons = [cluster.master, cluster.agent];
  const reload = async (said: RegExp) => {
    for (const daemon of daemons) {
      const before = daemon.log.length;
      process.kill(daemon.pid, 'SIGHUP');
      await eventually(`the words of ${daemon.kind}`, () => said.test(daemon.log.slice(before)));
    }
  };
  // With TLS on, an address without a scheme is one of https.
  const env = { ...tlsVariables(files, trusted), MESETA_MASTER: cluster.master.address };
  const running = new Meseta(['run', '-q', '--name', 'turning', 'echo up; until [ -e go ]; do sleep 0.1; done'], {
    env,
  });
  t.after(() => running.kill());
  await running.says(/up/);

  trust(authority, foreign);
  await reload(/Read keys and certificates again/);
  install(foreign, 'new');
  await reload(/Read keys and certificates again/);
  trust(foreign);
  await reload(/Read keys and certificates again/);
  writeFileSync(files.keyFile, 'broken');
  await reload(/Kept the keys and certificates that were read before: The file .*rotated-key .*is no private key/);
  install(foreign, 'newer');

  assert.equal((await user(env, 'tasks')).code, 0);
  assert.match((await user({ ...env, LIBPROCESS_SSL_CA_FILE: authority.caFile }, 'tasks')).stderr, /not trusted/);
  assert.equal((await user(env, 'task', 'exec', 'turning', 'true')).code, 0);
  await user(env, 'task', 'exec', 'turning', 'touch', 'go'); // ends with the task, maybe before it can say how
  assert.equal((await running.finished).code, 0);
  assert.doesNotMatch(cluster.agent.log, /registering anew/);
});

test('a daemon does not start with what it cannot use', async () => {
  const cases: [variables: Env, message: RegExp][] = [
    [{ KEY_FILE: '/none' }, /The file \/none \(LIBPROCESS_SSL_KEY_FILE\) cannot be read/],
    [{ VERIFY_SERVER_CERT: 'maybe' }, /LIBPROCESS_SSL_VERIFY_SERVER_CERT='maybe': allowed: true, 1, false, 0/],
    [{ ENABLE_SSL_V3: '1' }, /LIBPROCESS_SSL_ENABLE_SSL_V3='1': SSL 3 is broken/],
  ];
  for (const [variables, message] of cases) {
    const env = tlsVariables(own, authority.caFile, variables);
    const finished = await user(
      env,
      'master',
      '--ip=127.0.0.1',
      '--port=0',
      '--registry=in_memory',
      `--work_dir=${directory}/x`,
    );
    assert.equal(finished.code, 1);
    assert.match(finished.stderr + finished.stdout, message);
  }
});

test('curl as a client of a cluster without TLS, over TLS', needs.program('curl', 'a foreign client'), async t => {
  const cluster = await Cluster.start(t, { agents: [] });
  const { stderr } = spawnSync('curl', ['-sS', httpsOf(cluster.master)], { encoding: 'utf8' });
  assert.match(stderr, /wrong version number|packet length too long|SSL/);
  await eventually('a line', () =>
    /speaks TLS, which is off here: .*LIBPROCESS_SSL_ENABLED=true/.test(cluster.master.log),
  );
  const { stderr: said } = await user({ MESETA_MASTER: httpsOf(cluster.master) }, 'tasks');
  assert.match(said, /does not speak TLS: give its address as http:\/\//);
});
