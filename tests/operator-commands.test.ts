/** What operators do by the command line, to real daemons: agents, maintenance, quotas, weights, reservations, volumes. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '@meseta/system/testing';
import { Framework, shellTask } from './support/framework.ts';
import { command, Meseta } from './support/meseta.ts';
import { running, sceneOf } from './support/operator-scene.ts';
import { Terminal } from './support/terminal.ts';

test('an agent is drained, and what still runs is shown until it has ended', async t => {
  const { cluster, on, ok, json } = await sceneOf(t);
  const framework = await running(cluster, 'web1', 'drained-task', { name: 'drains' });
  const [agent] = await json('agent', 'inspect', 'web1');
  assert.deepEqual([agent.state, agent.agent_info.hostname], ['active', 'web1.example.org']);
  assert.deepEqual(agent.tasks[0].task_id, { value: 'drained-task' });
  const id: string = agent.agent_info.id.value;

  const refused = await on('agent', 'drain', 'web1', '--follow');
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /Draining \S+-S\d on web1\.example\.org kills 1 task\. There is no terminal to ask on: nothing was done\. .* --yes/,
  );
  assert.equal((await json('agent', 'inspect', id))[0].state, 'active');

  const shown = await ok('agent', 'drain', 'web1', '--max-grace-period', '10m', '--follow', '-y');
  assert.equal(shown, `Agent ${id}: waiting for drained-task\ndrained-task: killed\nAgent ${id} is drained\n`);
  assert.equal((await framework.reaches('drained-task', 'TASK_KILLED')).reason, 'REASON_AGENT_DRAINING');
  assert.match(await ok('agents'), /web1\.example\.org:\d+ +drained /);
  assert.match(
    await ok('why', 'drains', '--agent', 'web1'),
    /role \*, any offer:\n0 of 1 agent[\s\S]*draining or drained[\s\S]*web1\.example\.org/,
  );

  const again = (await ok('agent', 'drain', id, '-f', '--json')).trim().split('\n');
  assert.deepEqual(
    again.map(line => JSON.parse(line).type),
    ['draining', 'drained'],
    'an agent without tasks is drained without a question',
  );
  assert.equal(await ok('agent', 'reactivate', 'web1'), `${id}\n`);
  assert.equal((await json('agent', 'inspect', id))[0].state, 'active');
});

test('followed draining survives another master, and an end without acknowledgement is told', async t => {
  const { cluster, on } = await sceneOf(t);
  const framework = await running(cluster, 'web1', 'kept');
  framework.acknowledges = ({ state }) => state !== 'TASK_KILLED';
  const env = { MESETA_MASTER: cluster.master.address };
  const drain = new Meseta(['agent', 'drain', 'web1', '-f', '-y'], { env });
  t.after(() => drain.kill());
  await drain.says(/its framework has not acknowledged the end of 1 task yet/);
  await cluster.master.kill();
  await drain.says(/The master has closed the connection; asking again/);
  await cluster.master.start();
  framework.acknowledges = () => true;
  await framework.connected();
  const { code, stdout } = await drain.finished;
  assert.equal(code, 0);
  assert.match(stdout, /is drained\n$/);
  assert.equal((await on('agent', 'reactivate', 'web1')).code, 0);
});

test('followed draining ends when the last task ends while the master is away', async t => {
  const { cluster, ok } = await sceneOf(t);
  const framework = await cluster.framework();
  const offer = await framework.offer(({ hostname }) => hostname === 'web1.example.org');
  const [up, ends] = ['up', 'ends'].map(name => path.join(cluster.directory, name)) as [string, string];
  await framework.launch(offer, [
    shellTask('stubborn', `trap '' TERM; touch ${up}; while [ ! -e ${ends} ]; do sleep 0.05; done`, {
      kill_policy: { grace_period: { nanoseconds: 1e12 } },
    }),
  ]);
  await framework.reaches('stubborn', 'TASK_RUNNING');
  await eventually('its trap', () => existsSync(up));
  const drain = new Meseta(['agent', 'drain', 'web1', '-f', '-y'], { env: { MESETA_MASTER: cluster.master.address } });
  t.after(() => drain.kill());
  await drain.says(/waiting for stubborn/); // the order is carried out before it is followed
  await framework.reaches('stubborn', 'TASK_KILLING');
  await cluster.master.kill();
  await drain.says(/asking again/);
  writeFileSync(ends, '');
  const agentState = async () => (await fetch(`${cluster.agent.origin}/state`)).text();
  await eventually('its end', async () => /"state":"TASK_(KILLED|FINISHED)"/.test(await agentState()));
  await cluster.master.start();
  const { code, stdout } = await drain.finished;
  assert.equal(code, 0);
  assert.match(stdout, /is drained\n$/);
  await ok('agent', 'reactivate', 'web1');
});

test('agents are deactivated, reactivated, and gone for good', async t => {
  const { cluster, on, ok, json } = await sceneOf(t);
  await running(cluster, 'web2', 'left');
  const id = (await ok('agent', 'deactivate', 'web2')).trim();
  assert.equal((await json('agent', 'inspect', id))[0].state, 'deactivated');
  assert.equal(await ok('agent', 'reactivate', id), `${id}\n`);
  const twice = await on('agent', 'reactivate', id);
  assert.deepEqual([twice.code, /is not deactivated/.test(twice.stderr)], [1, true]);

  const words = /Marking \S+ on web2\.example\.org gone ends it for good with 1 task\. There is no terminal/;
  assert.match((await on('agent', 'gone', 'web2')).stderr, words);
  const terminal = new Terminal(`${command.join(' ')} agent gone web2 --master ${cluster.master.address}`);
  t.after(() => terminal.close());
  await terminal.shows(/Go on\? \[y\/N\]/);
  terminal.type('n\n');
  assert.equal(await terminal.finished, 1);
  assert.match(terminal.shown, /Nothing was done/);
  assert.equal((await json('agent', 'inspect', id))[0].state, 'active');

  const agreed = new Terminal(`${command.join(' ')} agent gone web2 --master ${cluster.master.address}`);
  t.after(() => agreed.close());
  await agreed.shows(/Go on\? \[y\/N\]/);
  agreed.type('y\n');
  assert.equal(await agreed.finished, 0);
  assert.match((await on('agent', 'inspect', id)).stderr, /There is no agent/);
  assert.equal(await cluster.agents[1]?.ended, 'code 0');
});

test('maintenance is planned, changed, begun, ended and cancelled', async t => {
  const { cluster, on, ok, json } = await sceneOf(t);
  const framework = await running(cluster, 'web1', 'served', { name: 'serves' });
  const web1 = 'web1.example.org/127.0.0.1';
  assert.equal(
    await ok('maintenance', 'schedule', 'web1', 'old/10.0.0.9', '--start', 'in 2h', '--duration', '90m'),
    `${web1}\nold/10.0.0.9\n`,
  );
  assert.match(
    await ok('maintenance', 'show'),
    /web1\S+ +draining +\d{4}-\d\d-\d\d \d\d:\d\d \(in 2h\) +1h30m +\S+-S\d/,
  );
  assert.equal(await ok('maintenance', 'show', '-q'), `${web1}\nold/10.0.0.9\n`);
  const twice = await on('maintenance', 'schedule', 'web1', '--start', 'now');
  assert.match(twice.stderr, /is in the schedule already; 'meseta maintenance update' changes its time/);

  const asked = await eventually('an inverse offer', () => framework.events.find(event => event.inverse_offers));
  const inverse_offer_ids = (asked.inverse_offers?.inverse_offers ?? []).map(({ id }) => id);
  await framework.call({ type: 'DECLINE_INVERSE_OFFERS', decline_inverse_offers: { inverse_offer_ids } });
  await eventually('the answer', async () => /serves declines/.test(await ok('maintenance', 'show')));

  await ok('maintenance', 'update', 'web1', '--start', 'in 1h');
  const { schedule } = await json('maintenance', 'show');
  assert.deepEqual(
    schedule.windows.map((window: { machine_ids: object[]; unavailability: { duration: object } }) => [
      window.machine_ids.length,
      window.unavailability.duration,
    ]),
    [
      [1, { nanoseconds: 5.4e12 }],
      [1, { nanoseconds: 5.4e12 }],
    ],
  );
  // Where this takes long, an inverse offer for the time before may come again.
  await eventually('the answer to the last inverse offer', async () => {
    const last = framework.events.findLast(event => event.inverse_offers);
    const ids = (last?.inverse_offers?.inverse_offers ?? []).map(({ id }) => id);
    await framework.call({ type: 'ACCEPT_INVERSE_OFFERS', accept_inverse_offers: { inverse_offer_ids: ids } });
    return /serves accepts/.test(await ok('maintenance', 'show'));
  });

  assert.match((await on('agent', 'drain', 'web1', '-y')).stderr, /is part of a maintenance schedule/);
  assert.match((await on('maintenance', 'stop', 'web1')).stderr, /web1\S+ is not down; 'meseta maintenance cancel'/);
  assert.match(
    (await on('maintenance', 'start', 'web1')).stderr,
    /down ends 1 agent and 1 task\. There is no terminal/,
  );
  assert.equal(await ok('maintenance', 'start', 'web1', '-y'), `${web1}\n`);
  await framework.reaches('served', 'TASK_LOST', 'TASK_GONE');
  assert.match(await ok('maintenance', 'show'), /web1\S+ +down /);
  assert.match(
    (await on('maintenance', 'cancel', 'web1')).stderr,
    /web1\S+ is down; 'meseta maintenance stop' brings it up/,
  );
  assert.match((await on('maintenance', 'start', 'web1', '-y')).stderr, /web1\S+ is down already\n/);

  await cluster.master.kill();
  await cluster.master.start();
  assert.match(await ok('maintenance', 'show'), /web1\S+ +down /);
  assert.equal(await ok('maintenance', 'stop', 'web1'), `${web1}\n`);
  await ok('maintenance', 'cancel', 'old');
  assert.deepEqual(await json('maintenance', 'show'), { schedule: {}, status: {} });
});

test('quotas and weights of roles are set, shown and removed', async t => {
  const { cluster, on, ok, json } = await sceneOf(t);
  await running(cluster, 'web1', 'counted', { name: 'counts', roles: ['web'] });
  assert.equal(await ok('quota', 'set', 'web', '--guarantee', 'cpus:2;mem:1024', '--limit', 'cpus:4'), 'web\n');
  assert.match(await ok('quota', 'show'), /^web +cpus:2; mem:1024 +cpus:4 +cpus:0\.1; mem:32/m);
  const below = await on('quota', 'set', 'web', '--limit', 'mem:16');
  assert.match(below.stderr, /role 'web' already consumes 'mem:32', which exceeds the limits 'mem:16'.*force/);
  const much = await on('quota', 'set', 'batch', '--guarantee', 'cpus:100');
  assert.match(much.stderr, /guarantees 'cpus:10[02]; mem:1024' exceed cluster capacity 'cpus:8;/);
  assert.equal(await ok('quota', 'show', '-q'), 'web\n', 'a refused quota changes nothing');
  await ok('quota', 'set', 'web', '--limit', 'mem:16', '--force');
  assert.deepEqual((await json('quota', 'show', 'web'))[0].limits, { mem: { value: 16 } });
  assert.match((await on('quota', 'remove', 'web', 'none')).stderr, /Role 'none' has no quota/);
  assert.equal(await ok('quota', 'show', '-q'), 'web\n');
  assert.equal(await ok('quota', 'remove', 'web', 'web'), 'web\n', 'once');
  assert.deepEqual(await json('quota', 'show'), []);

  assert.equal(await ok('weights', 'set', 'web=2', 'batch=0.5'), 'web=2\nbatch=0.5\n');
  assert.match(await ok('weights', 'show'), /^batch +0\.5$/m);
  assert.match(await ok('roles'), /^web +2 /m);
  await cluster.master.kill();
  await cluster.master.start();
  assert.deepEqual(await json('weights', 'show'), [
    { role: 'web', weight: 2 },
    { role: 'batch', weight: 0.5 },
  ]);
});

test('resources are reserved; volumes of them are created, changed, destroyed', async t => {
  const { cluster, on, ok, json } = await sceneOf(t);
  const much = await on('reserve', 'web1', 'cpus:100', '--role', 'db');
  assert.match(much.stderr, /does not contain cpus:100 \(RESOURCES_UNAVAILABLE\)/);
  assert.match(
    await ok('reserve', 'web1', 'cpus:2;mem:512', 'disk:1024', '--role', 'db', '--label', 'owner=ops'),
    /^Reserved cpus:2; mem:512; disk:1024 on \S+ on web1\.example\.org$/m,
  );
  assert.match(
    (await on('volume', 'create', 'v', '--agent', 'web2', '--role', 'db', '--size', '1')).stderr,
    /web2|no disk/,
  );
  const created = ['volume', 'create', 'data-0', '--agent', 'web1', '--role', 'db', '--size', '512', '--path', 'data'];
  assert.equal(await ok(...created), 'data-0\n');
  assert.match((await on(...created)).stderr, /data-0|already/i);
  assert.match(await ok('volume', 'list'), /^data-0 +512 MB +db +\S+-S\d +web1\.example\.org +data +-$/m);
  assert.equal(await ok('volume', 'grow', 'data', '256'), 'data-0: 768 MB\n');
  assert.match((await on('volume', 'grow', 'data', '512')).stderr, /RESOURCES_UNAVAILABLE/);
  assert.equal(await ok('volume', 'shrink', 'data-0', '0.25GB'), 'data-0: 512 MB\n');

  const framework = await cluster.framework({
    roles: ['db'],
    capabilities: [{ type: 'MULTI_ROLE' }, { type: 'RESERVATION_REFINEMENT' }],
  });
  const offer = await framework.offer(({ resources }) => resources?.some(({ disk }) => disk?.persistence) ?? false);
  const volume = offer.resources?.find(({ disk }) => disk?.persistence);
  const cpus = offer.resources?.find(({ name, reservations }) => name === 'cpus' && reservations?.length);
  assert.ok(volume && cpus);
  const resources = [volume, { ...cpus, scalar: { value: 0.1 } }];
  await framework.launch(offer, [{ ...shellTask('writes', 'echo kept >data/file; exec sleep 1000'), resources }]);
  await framework.reaches('writes', 'TASK_RUNNING');
  assert.match(await ok('volume', 'list'), / writes$/m);
  assert.match((await on('volume', 'destroy', 'data-0', '-y')).stderr, /Persistent volumes in use/);
  assert.match((await on('volume', 'grow', 'data-0', '1')).stderr, /RESOURCES_UNAVAILABLE/);
  assert.match((await on('unreserve', 'web1', 'cpus:2', '--role', 'db')).stderr, /RESOURCES_UNAVAILABLE/);
  await framework.teardown();
  await eventually('the end of the task', async () => / -$/m.test(await ok('volume', 'list')));

  await cluster.agents[0]?.kill();
  await cluster.master.kill();
  await cluster.master.start();
  await cluster.agents[0]?.start();
  await eventually('the agent', async () => /data-0 +512 MB/.test(await ok('volume', 'list')));
  const [agent] = await json('agent', 'inspect', 'web1');
  const labels = agent.total_resources.flatMap((each: { reservations?: { labels?: object }[] }) =>
    (each.reservations ?? []).map(({ labels }) => labels),
  );
  assert.deepEqual(labels[0], { labels: [{ key: 'owner', value: 'ops' }] });

  assert.match((await on('volume', 'destroy', 'data-0')).stderr, /removes all files in it\. There is no terminal/);
  assert.equal(await ok('volume', 'destroy', 'data-0', '--yes'), 'data-0\n');
  assert.match((await on('unreserve', 'web1', 'gpus:1', '--role', 'db')).stderr, /has no gpus reserved for role 'db'/);
  assert.match(await ok('unreserve', 'web1', 'cpus:1', '--role', 'db'), /^Unreserved cpus:1 on/);
  assert.match(await ok('unreserve', 'web1', '--role', 'db'), /^Unreserved .*disk:1024/);
  assert.match((await on('unreserve', 'web1', '--role', 'db')).stderr, /has nothing reserved for role 'db'/);
  await ok('operations');
});

test('events and followed output end when their reader has left, also when there is nothing more', async t => {
  const { cluster } = await sceneOf(t);
  const framework = await cluster.framework();
  await framework.run(shellTask('quiet', 'echo one; exec sleep 1000'));
  await framework.reaches('quiet', 'TASK_RUNNING');
  for (const words of [['events'], ['task', 'logs', '-f', 'quiet']]) {
    const argv = [...command, ...words];
    const script = `"$@" | head -n 1`;
    const env = { ...process.env, MESETA_MASTER: cluster.master.address };
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', script, 'sh', ...argv], { env });
    assert.match(stdout, /SUBSCRIBED|one/);
    assert.equal(stderr, '');
  }
});

test('frameworks are inspected and torn down', async t => {
  const { cluster, on, ok, json } = await sceneOf(t);
  const framework = await running(cluster, 'web1', 'torn', { name: 'tears' });
  const [inspected] = await json('framework', 'inspect', 'tears');
  assert.deepEqual(inspected.tasks[0].task_id, { value: 'torn' });
  assert.match(
    (await on('framework', 'teardown', 'tears')).stderr,
    /Tearing down framework tears \(\S+\) kills 1 task\./,
  );
  framework.comesBack = false;
  assert.equal(await ok('framework', 'teardown', 'tears', '--yes'), `${framework.info.id?.value}\n`);
  assert.match(await ok('frameworks', '-a'), /tears +completed/);
  const gone = await new Framework(cluster.master.origin, framework.info).subscribeOnce();
  assert.match(gone.error?.message ?? '', /removed/);
});

test('events, metrics, levels of the log and the leader are shown', async t => {
  const { cluster, on, ok, json } = await sceneOf(t);
  const env = { MESETA_MASTER: cluster.master.address };
  const events = new Meseta(['events'], { env });
  const typed = new Meseta(['events', '--type', 'TASK_UPDATED', '--json'], { env });
  t.after(() => Promise.all([events.kill(), typed.kill()]));
  await events.says(/Z SUBSCRIBED agents: 2, frameworks: 0, tasks: 0\n/);
  await eventually('both streams', async () =>
    /^master\/operator_event_stream_subscribers +2$/m.test(await ok('metrics', 'operator_event_stream_subscribers')),
  );
  await running(cluster, 'web1', 'watched', { name: 'watches' });
  await events.says(/ FRAMEWORK_ADDED \S+ \(watches\): active\n/);
  await events.says(/ TASK_ADDED watched of \S+ on \S+-S\d: TASK_STAGING\n/);
  await events.says(/ TASK_UPDATED watched of \S+: TASK_RUNNING\n/);
  await typed.says(/\n/);
  for (const line of typed.stdout.split('\n').slice(0, -1)) assert.equal(JSON.parse(line).type, 'TASK_UPDATED');
  events.child.kill('SIGINT');
  assert.equal((await events.finished).code, 0);

  assert.match(await ok('metrics', 'slaves_active'), /^master\/slaves_active +2$/m);
  assert.deepEqual(await json('metrics', 'slave/registered', '--agent', 'web1'), { 'slave/registered': 1 });
  assert.equal(await ok('logging', 'level'), '0\n');
  assert.equal(await ok('logging', 'level', '1', '--duration', '1m'), '1\n');
  assert.deepEqual(await json('logging', 'level', '1', '--agent', 'web1'), { level: 1 });
  assert.equal(await ok('leader'), `${cluster.master.address}\n`);
  assert.match(await ok('masters', cluster.master.address), /^127\.0\.0\.1:\d+ +leading +\d\S* +1\.12\.0 /m);
  const absent = await on('masters', '127.0.0.1:1');
  assert.equal(absent.code, 1);
  assert.match(absent.stdout, /^127\.0\.0\.1:1 +unreachable /m);
  assert.match(absent.stderr, /connection refused by 127\.0\.0\.1:1 /);
});
