/** Agents that prove to their master who they are: real daemons, with right, wrong and no credentials. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster, type ClusterOptions } from './support/cluster.ts';
import { Daemon, type Flags, freePort } from './support/daemon.ts';
import { shellTask } from './support/framework.ts';

const secret = 'hunter2-of-agents';

interface Files {
  readonly directory: string;
  readonly credentials: string;
  readonly right: string;
  readonly wrong: string;
}

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'credentials-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function files(t: TestContext): Files {
  const directory = temporaryDirectory(t);
  const write = (name: string, content: string) => {
    const file = path.join(directory, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  };
  return {
    directory,
    credentials: write('credentials', JSON.stringify({ credentials: [{ principal: 'agents', secret }] })),
    right: write('right', JSON.stringify({ principal: 'agents', secret })),
    wrong: write('wrong', `agents ${secret}-no-longer`),
  };
}

const closedTo = ({ credentials }: Files, agents: ClusterOptions['agents'] & object) => ({
  master: { authenticate_agents: true, credentials },
  agents: agents.map(flags => ({ authentication_backoff_factor: '50ms', ...flags })),
});

/** An agent of a cluster that need not register. */
async function strangerOf(cluster: Cluster, flags: Record<string, string>): Promise<Daemon> {
  const { directory, master } = cluster;
  return new Daemon(
    {
      kind: 'agent',
      name: 'stranger',
      directory,
      flags: {
        work_dir: path.join(directory, 'stranger'),
        runtime_dir: path.join(directory, 'stranger-run'),
        master: master.address,
        resources: 'cpus:4;mem:4096;disk:4096',
        registration_backoff_factor: '50ms',
        ...flags,
      },
    },
    await freePort(),
  );
}

test('an agent with the right credential', async t => {
  const made = files(t);
  const cluster = await Cluster.start(t, closedTo(made, [{ credential: made.right }]));
  const { master, agent } = cluster;
  const id = await cluster.registered(agent);
  const framework = await cluster.framework();
  await framework.run(shellTask('stays', 'sleep 1000'));
  await framework.reaches('stays', 'TASK_RUNNING');

  await t.test('authenticates with every new master, and its tasks run on', async () => {
    await master.kill('SIGKILL');
    await master.start();
    await framework.connected();
    assert.equal(await cluster.registered(agent), id);
    const metrics = await cluster.get('/metrics/snapshot');
    assert.ok(metrics['master/authentications/completed'] >= 1);
    assert.equal(framework.statesOf('stays').at(-1), 'TASK_RUNNING');
  });

  await t.test('authenticates when it starts again', async () => {
    await agent.kill('SIGKILL');
    await agent.start();
    assert.equal(await cluster.registered(agent), id);
    await framework.run(shellTask('after', 'true'));
    await framework.reaches('after', 'TASK_FINISHED');
  });

  await t.test('ends when its credential is refused; its tasks run on, and the next agent has them', async () => {
    await agent.kill('SIGTERM');
    agent.spawn({ credential: made.wrong });
    assert.equal(await agent.ended, 'code 1');
    assert.match(agent.log, /Master master@\S+ refused authentication: its --credentials have no principal 'agents'/);
    assert.equal(framework.statesOf('stays').at(-1), 'TASK_RUNNING');
    await agent.start();
    assert.equal(await cluster.registered(agent), id);
    assert.equal(framework.statesOf('stays').at(-1), 'TASK_RUNNING');
  });

  await t.test('secrets are nowhere to be seen', async () => {
    const views = ['/flags', '/state', '/metrics/snapshot'];
    const texts = await Promise.all(
      [master, agent].flatMap(daemon => views.map(async view => (await fetch(daemon.origin + view)).text())),
    );
    assert.ok(
      texts.some(text => text.includes(made.right)),
      'the path of the file is shown',
    );
    for (const text of [...texts, master.log, agent.log]) assert.ok(!text.includes(secret));
    for (const name of readdirSync(cluster.directory)) {
      if (name.endsWith('.log')) assert.ok(!readFileSync(path.join(cluster.directory, name), 'utf8').includes(secret));
    }
  });
});

test('an agent without a credential is not taken in, and says what may be missing', async t => {
  const made = files(t);
  const cluster = await Cluster.start(t, closedTo(made, []));
  const stranger = await strangerOf(cluster, {});
  t.after(() => stranger.kill());
  stranger.spawn();
  await eventually('the refusal', () => cluster.master.log.includes('it is not authenticated'));
  await eventually('the explanation', () => stranger.log.includes('answers agents with a --credential only'));
  assert.deepEqual(await cluster.slaves(), []);
});

test('a master that does not speak of authentication yet is tried again', async t => {
  const made = files(t);
  const port = await freePort();
  const cluster = await Cluster.start(t, { agents: [] });
  const stranger = await strangerOf(cluster, {
    ...{ master: `127.0.0.1:${port}`, credential: made.right },
    ...{ authentication_timeout_min: '500ms', authentication_timeout_max: '1secs' },
  });
  t.after(() => stranger.kill());
  stranger.spawn();
  await eventually('a try', () => /Cannot register with the master/.test(stranger.log));
  const late = new Daemon(
    {
      ...{ kind: 'master', name: 'late', directory: cluster.directory },
      flags: { registry: 'in_memory', authenticate_agents: true, credentials: made.credentials },
    },
    port,
  );
  t.after(() => late.kill());
  await late.start();
  await eventually('registration', () => /Registered with the master/.test(stranger.log));
});

const refusedStarts: readonly { name: string; kind: 'master' | 'agent'; content: string; says: RegExp }[] = [
  {
    name: 'an empty file',
    kind: 'master',
    content: '',
    says: /Credentials file must contain at least one credential.*\(see --credentials flag\)/,
  },
  {
    name: 'a wrong file',
    kind: 'master',
    content: '{"credentials":[{"principal":"a"}]}',
    says: /credentials\[0\] has no 'secret'/,
  },
  { name: 'an empty file', kind: 'agent', content: '', says: /Empty credential file .*\(see --credential flag\)/ },
  { name: 'a wrong file', kind: 'agent', content: `a ${secret} b`, says: /Invalid credential format at line 1/ },
];
for (const { name, kind, content, says } of refusedStarts) {
  test(`${kind}: ${name} keeps it from starting`, async t => {
    const directory = temporaryDirectory(t);
    const file = path.join(directory, 'file');
    writeFileSync(file, content, { mode: 0o604 });
    const flags: Flags =
      kind === 'master'
        ? { registry: 'in_memory', credentials: file }
        : { master: '127.0.0.1:1', work_dir: `${directory}/work`, runtime_dir: `${directory}/run`, credential: file };
    const daemon = new Daemon({ kind, name: kind, directory, flags }, await freePort());
    daemon.spawn();
    assert.equal(await daemon.ended, 'code 1');
    assert.match(daemon.log, says);
    assert.ok(!daemon.log.includes(secret));
    if (content !== '') assert.match(daemon.log, /Permissions on credentials? file '.*' are too open/);
  });
}

test('many agents at once', async t => {
  const made = files(t);
  const cluster = await Cluster.start(
    t,
    closedTo(
      made,
      Array.from({ length: 4 }, () => ({ credential: made.right })),
    ),
  );
  assert.equal((await cluster.slaves()).length, 4);
  assert.equal((await cluster.get('/metrics/snapshot'))['master/authentications/open'], 0);
});
