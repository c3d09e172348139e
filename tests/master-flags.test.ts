/** Flags of a master as its operator gives them, in the environment too, and what they change for agents and frameworks. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster, soonUnreachable } from './support/cluster.ts';
import { Daemon, type Flags, freePort } from './support/daemon.ts';
import { severities, startFlagged } from './support/flagged-daemon.ts';
import { Framework, shellTask } from './support/framework.ts';
import { Meseta, meseta } from './support/meseta.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are looked at by the test, not typed here
type View = any;

test('a master is set up by its environment, and the command line takes precedence', async t => {
  const environment = { MESOS_CLUSTER: 'environment', MESOS_HOSTNAME: 'master.example.org', MESOS_WEIGHTS: 'web=2.5' };
  const { ask } = await startFlagged(t, 'master', ['--cluster=arguments'], environment);
  const state = await ask('/state');
  assert.deepEqual(
    [state.cluster, state.hostname, state.flags.weights],
    ['arguments', 'master.example.org', 'web=2.5'],
  );
  assert.deepEqual(await ask('/weights'), [{ role: 'web', weight: 2.5 }]);
});

test('--weights counts while the registry has none; then those of the registry do', async t => {
  const cluster = await Cluster.start(t, { master: { weights: 'web=2,batch=3' }, agents: [] });
  const weights = async () =>
    Object.fromEntries((await cluster.get('/weights')).map((each: View) => [each.role, each.weight]));
  assert.deepEqual(await weights(), { web: 2, batch: 3 });
  assert.deepEqual(
    (await cluster.get('/roles')).roles.map(({ name, weight }: View) => [name, weight]),
    [
      ['batch', 3],
      ['web', 2],
    ],
  );
  await cluster.master.kill();
  await cluster.master.start({ weights: 'web=5' });
  assert.deepEqual(await weights(), { web: 2, batch: 3 });
  assert.match(cluster.master.log, /Ignored --weights: the registry has the weights of an earlier start/);
});

test('a mistake in the environment is named by its variable', async t => {
  const argv = ['master', `--work_dir=${temporaryDirectory(t, 'flags')}`];
  const { code, stderr } = await new Meseta(argv, { env: { MESOS_OFFER_TIMEOUT: '1min' } }).finished;
  assert.equal(code, 1);
  assert.match(stderr, /MESOS_OFFER_TIMEOUT='1min': not a duration; allowed: /);
});

const texts: [flag: string, text: RegExp][] = [
  ['--version', /^meseta \d+\.\d+\.\d+ \(mesos 1\.12\.0\)\n$/],
  ['--help', /--agent_reregister_timeout=DURATION/],
];
for (const [flag, text] of texts) {
  test(`${flag} starts nothing`, async () => {
    const { code, stdout } = await meseta('master', flag);
    assert.equal(code, 0);
    assert.match(stdout, text);
  });
}

test('--logging_level leaves lines of lower severity out', async t => {
  // A daemon may answer before the test has read what it has written.
  const all = await startFlagged(t, 'master', []);
  await eventually('both severities', () => severities(all.process.stderr) === 'IW');
  const warnings = await startFlagged(t, 'master', ['--logging_level=WARNING']);
  await eventually('a warning', () => severities(warnings.process.stderr) !== '');
  assert.equal(severities(warnings.process.stderr), 'W');
});

test('--quiet leaves standard error alone; --log_dir has the log, line by line, by severity', async t => {
  const logs = path.join(temporaryDirectory(t, 'flags'), 'logs');
  const { process, ask } = await startFlagged(t, 'master', ['--quiet', `--log_dir=${logs}`, '--logbufsecs=600']);
  const file = (severity: string) => readFileSync(path.join(logs, `meseta-master.${severity}`), 'utf8');
  await eventually('both severities in the log', () => severities(file('INFO')) === 'IW');
  const hasWarnings = () => existsSync(path.join(logs, 'meseta-master.WARNING')) && file('WARNING') !== '';
  await eventually('the log of warnings', hasWarnings);
  assert.equal(severities(file('WARNING')), 'W');
  assert.equal(process.stderr, '');
  const { data } = await ask('/files/read?path=/master/log&offset=0&length=4000');
  assert.ok(data.length > 0 && file('INFO').startsWith(data));
  assert.equal((await ask('/state')).log_dir, logs);
});

test('--logging_level of a --quiet master is that of its files', async t => {
  const logs = path.join(temporaryDirectory(t, 'flags'), 'logs');
  await startFlagged(t, 'master', ['--quiet', `--log_dir=${logs}`, '--logging_level=WARNING']);
  const names = await eventually('a log file', () => {
    const found = readdirSync(logs).filter(name => /^meseta-master\.[A-Z]+$/.test(name));
    return found.length > 0 && found;
  });
  assert.deepEqual(names, ['meseta-master.WARNING']);
});

test('--roles closes the list of roles, for frameworks, weights and quotas', async t => {
  const cluster = await Cluster.start(t, { master: { roles: 'web,batch/low', weights: 'web=2' }, agents: [] });
  await cluster.framework({ roles: ['*', 'web', 'batch/low'] });
  const stranger = new Framework(cluster.master.origin, { roles: ['web', 'other'] });
  const { error } = await stranger.subscribeOnce();
  assert.match(error?.message ?? '', /other/);
  const put = await fetch(`${cluster.master.origin}/weights`, {
    method: 'PUT',
    body: JSON.stringify([{ role: 'other', weight: 2 }]),
  });
  assert.deepEqual([put.status, /Unknown role 'other'/.test(await put.text())], [400, true]);
});

test('the roles of --roles are listed, with the one that is always allowed', async t => {
  const cluster = await Cluster.start(t, { master: { roles: 'web,dev' }, agents: [] });
  const { roles } = await cluster.get('/roles');
  assert.deepEqual(
    roles.map(({ name }: { name: string }) => name),
    ['*', 'dev', 'web'],
  );
});

test('--offer_timeout takes an offer back that is not answered, and it is offered again', async t => {
  const cluster = await Cluster.start(t, { master: { offer_timeout: '100ms' } });
  const framework = await cluster.framework();
  const rescinded = () => framework.events.find(({ rescind }) => rescind)?.rescind?.offer_id.value;
  const first = await eventually('a rescinded offer', rescinded);
  const offered = () => framework.events.flatMap(({ offers }) => offers?.offers ?? []);
  await eventually('another offer', () => offered().find(({ id }) => id.value !== first));
});

test('--whitelist is read again: agents that it names from then on are offered', async t => {
  const whitelist = path.join(temporaryDirectory(t, 'flags'), 'hosts');
  writeFileSync(whitelist, 'none\n');
  const cluster = await Cluster.start(t, { master: { whitelist } });
  const framework = await cluster.framework();
  const why = async () => (await cluster.get(`/unoffered?framework_id=${framework.info.id?.value}`)).frameworks;
  await eventually('why it is not offered', async () => /NOT_WHITELISTED/.test(JSON.stringify(await why())));
  writeFileSync(whitelist, '127.0.0.1\n');
  await framework.offer(() => true);
});

const histories: Flags = {
  max_completed_frameworks: 1,
  max_completed_tasks_per_framework: 2,
  max_unreachable_tasks_per_framework: 1,
  ...soonUnreachable,
};

async function finish(framework: Framework, ...ids: string[]): Promise<void> {
  for (const id of ids) {
    await framework.run(shellTask(id, 'true'));
    await framework.reaches(id, 'TASK_FINISHED');
  }
}

test('histories have the lengths of their flags; /tasks pages through all of them', async t => {
  const cluster = await Cluster.start(t, { master: histories });
  const framework = await cluster.framework();
  await finish(framework, 'a', 'b', 'c');
  const ids = (tasks: { id: string }[]) => tasks.map(({ id }) => id);
  const completed = async () => ids((await cluster.get('/state')).frameworks[0].completed_tasks);
  await eventually('the newest two', async () => (await completed()).join() === 'b,c');

  // One after the other: tasks that begin in the same millisecond have no order.
  for (const id of ['x', 'y']) {
    await framework.run(shellTask(id, 'sleep 1000'));
    await framework.reaches(id, 'TASK_RUNNING');
  }
  const page = async (query: string) => ids((await cluster.get(`/tasks?${query}`)).tasks);
  const all = await page('order=asc');
  assert.deepEqual(all, ['b', 'c', 'x', 'y']);
  assert.deepEqual(await page(''), all.toReversed());
  assert.deepEqual(await page('order=des'), all.toReversed());
  assert.deepEqual(await page('order=asc&limit=2&offset=1'), all.slice(1, 3));
  assert.deepEqual(await page('order=asc&limit=0'), []);
  assert.deepEqual(await page('order=asc&offset=4'), []);
  assert.deepEqual(await page('order=asc&limit=many&offset=-1'), all, 'numbers that are none count as absent');
  assert.deepEqual(await page('task_id=c'), ['c']);
  assert.deepEqual(await page(`framework_id=${framework.info.id?.value}&limit=1`), all.slice(-1));
  assert.deepEqual(await page('framework_id=none'), []);

  await cluster.agent.kill('SIGSTOP');
  t.after(() => cluster.agent.kill('SIGCONT'));
  for (const id of ['x', 'y']) await framework.reaches(id, 'TASK_UNREACHABLE');
  await eventually('one of them remains', async () => {
    const [{ unreachable_tasks: unreachable }] = (await cluster.get('/state')).frameworks;
    return unreachable.length === 1;
  });
  const second = await cluster.framework({ name: 'second' });
  await framework.teardown();
  await second.teardown();
  await eventually('the newest one', async () => {
    const { completed_frameworks: frameworks } = await cluster.get('/state');
    return frameworks.length === 1 && frameworks[0].id === second.info.id?.value;
  });
});

test('a start script of 2014 has its effects: its names, its file of credentials, its rules, its endpoint', async t => {
  const directory = temporaryDirectory(t, 'flags');
  const file = (name: string, text: string) => {
    const at = path.join(directory, name);
    writeFileSync(at, text, { mode: 0o600 });
    return at;
  };
  const acls = { shutdown_frameworks: [{ principals: { type: 'ANY' }, framework_principals: { type: 'NONE' } }] };
  const cluster = await Cluster.start(t, {
    master: {
      authenticate: true,
      authenticate_slaves: true,
      authenticators: 'crammd5',
      credentials: `file://${file('credentials', 'agents secret-of-agents\n')}`,
      acls: file('acls', JSON.stringify(acls)),
      registry: 'replicated_log',
      quorum: 1,
      log_auto_initialize: true,
      registry_strict: false,
      slave_reregister_timeout: '10mins',
      recovery_slave_removal_limit: '50%',
      user_sorter: 'drf',
      whitelist: '*',
      webui_dir: '/usr/local/share/mesos/webui',
    },
    agents: [{ credential: file('credential', 'agents secret-of-agents') }],
  });
  const { master, agent } = cluster;
  const { flags } = await cluster.get('/flags');
  assert.deepEqual([flags.slave_reregister_timeout, flags.user_sorter], ['10mins', 'drf'], 'shown as they were given');

  const stranger = new Daemon(
    {
      ...{ kind: 'agent', name: 'stranger', directory },
      flags: {
        work_dir: path.join(directory, 'stranger'),
        runtime_dir: path.join(directory, 'stranger-run'),
        master: master.address,
        registration_backoff_factor: '50ms',
      },
    },
    await freePort(),
  );
  t.after(() => stranger.kill());
  await stranger.start();
  await eventually('the refusal', () => /it is not authenticated/.test(master.log));
  assert.deepEqual(
    (await cluster.slaves()).map(({ pid }) => pid.split(':')[1]),
    [String(agent.port)],
  );

  const framework = await cluster.framework({ principal: 'someone' });
  await framework.run(shellTask('kept', 'exec sleep 1000'));
  await framework.reaches('kept', 'TASK_RUNNING');
  const body = new URLSearchParams({ frameworkId: framework.info.id?.value ?? '' });
  const ended = await fetch(`${master.origin}/master/shutdown`, { method: 'POST', body });
  assert.equal(ended.status, 403, await ended.text());
});
