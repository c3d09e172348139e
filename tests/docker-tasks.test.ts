/** Tasks in containers of a real Docker engine, through real daemons. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { busybox, needsDocker, sharedEngine } from '@meseta/containers/testing/docker';
import type { TaskInfo, TaskStatus } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { containersOf, dockerScene, inDocker, inNetworkOf, written } from './support/docker-scene.ts';
import { type Framework, shellTask } from './support/framework.ts';
import { Meseta, meseta } from './support/meseta.ts';
import { sandboxOf } from './support/task-scene.ts';

const engine = sharedEngine({ network: 'own' });

const kill = (framework: Framework, id: string) => framework.call({ type: 'KILL', kill: { task_id: { value: id } } });

/** Returns the states that a framework was told; one that was repeated counts once. */
function statesOf(framework: Framework, id: string) {
  const own = framework.updates.filter(({ task_id }) => task_id.value === id);
  return own.filter(({ uuid }, index) => own.findIndex(each => each.uuid === uuid) === index).map(({ state }) => state);
}

function runningOf(framework: Framework, id: string): TaskStatus | undefined {
  return framework.updates.find(({ task_id, state }) => task_id.value === id && state === 'TASK_RUNNING');
}

async function running(framework: Framework, id: string): Promise<TaskStatus> {
  await eventually(`that ${id} runs`, () => runningOf(framework, id) !== undefined);
  return runningOf(framework, id) as TaskStatus;
}

test('a command task runs in a container, as Apache Mesos does it', needsDocker, async t => {
  const { cluster, framework, engine: used } = await dockerScene(t, await engine());
  const label = { key: 'label', value: 'a=b' };
  await framework.run({
    ...shellTask('host', 'env | sort; echo err >&2; sleep 3'),
    ...inDocker({ network: 'HOST', parameters: [label] }),
  });
  const end = await framework.end('host');
  const { state, message, source, reason } = end;
  assert.deepEqual(
    { state, message, source, reason },
    { state: 'TASK_FINISHED', message: 'Container exited with status 0', source: 'SOURCE_EXECUTOR', reason: undefined },
  );
  assert.deepEqual(statesOf(framework, 'host'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED']);
  const status = await running(framework, 'host');
  assert.deepEqual(status.container_status?.network_infos, [
    { ip_addresses: [{ protocol: 'IPv4', ip_address: '127.0.0.1' }] },
  ]);
  assert.equal(status.container_status?.executor_pid, undefined);
  const data = Buffer.from(status.data ?? '', 'base64').toString();
  assert.match(data, /^\[\n {4}\{\n {8}"Id": "[\da-f]{64}",\n/);
  const [inspected] = JSON.parse(data);
  const name = `mesos-${status.container_status?.container_id?.value}`;
  assert.equal(inspected.Name, `/${name}`);
  const { Binds, CpuShares, Memory, NetworkMode } = inspected.HostConfig;
  const shown = { Binds, NetworkMode, isLimited: CpuShares > 0 && Memory > 0, label: inspected.Config.Labels.a };
  const sandbox = sandboxOf(cluster, 'host');
  assert.deepEqual(shown, {
    Binds: [`${sandbox}:/mnt/mesos/sandbox`],
    NetworkMode: 'host',
    isLimited: true,
    label: 'b',
  });
  const variables = written(cluster, 'host').split('\n');
  for (const each of ['MESOS_ALLOCATION_ROLE=*', `MESOS_CONTAINER_NAME=${name}`, 'MESOS_SANDBOX=/mnt/mesos/sandbox'])
    assert.ok(variables.includes(each), each);
  assert.deepEqual(
    variables.filter(each => /^(MESOS_(FRAMEWORK|EXECUTOR|SLAVE)|LIBPROCESS)/.test(each)),
    [],
  );
  assert.equal(written(cluster, 'host', 'stderr'), 'err\n');
  await eventually('that it is removed', async () => (await containersOf(used)).length === 0);
});

test('how containers end is told as Apache Mesos tells it', needsDocker, async t => {
  const { cluster, framework } = await dockerScene(t, await engine());
  const fill = 'x=a; while true; do x=$x$x; done';
  const cases: readonly (readonly [id: string, task: Partial<TaskInfo>, state: string, message: RegExp])[] = [
    ['exit-9', { ...shellTask('exit-9', 'exit 9'), ...inDocker() }, 'TASK_FAILED', /^Container exited with status 9$/],
    ['oom', { ...shellTask('oom', fill), ...inDocker() }, 'TASK_FAILED', /^Container exited with status 137$/],
    [
      'no-image',
      { ...shellTask('no-image', 'true'), ...inDocker({ image: 'no/such:img' }) },
      'TASK_FAILED',
      /^Failed to launch container: Could not pull image no\/such:img/,
    ],
    [
      'no-program',
      { task_id: { value: 'no-program' }, command: { shell: false, value: '/no/such' }, ...inDocker() },
      'TASK_FAILED',
      /^Failed to launch container: .*\/no\/such.*no such file/,
    ],
    [
      'arguments',
      {
        task_id: { value: 'arguments' },
        command: { shell: false, value: 'sh', arguments: ['-c', 'exit 4'] },
        ...inDocker(),
      },
      'TASK_FAILED',
      /^Container exited with status 4$/,
    ],
    [
      'own-command',
      { task_id: { value: 'own-command' }, command: { shell: false }, ...inDocker() },
      'TASK_FINISHED',
      /^Container exited with status 0$/,
    ],
    [
      'parameter',
      { ...shellTask('parameter', 'true'), ...inDocker({ parameters: [{ key: 'restart', value: 'always' }] }) },
      'TASK_FAILED',
      /^Failed to launch container: The parameter 'restart' is not possible: /,
    ],
  ];
  for (const [id, task, state, message] of cases) {
    await framework.run(task);
    const end = await framework.end(id);
    assert.equal(end.state, state, `${id}: ${end.message}`);
    assert.match(end.message ?? '', message);
    const failed = message.source.includes('launch');
    assert.equal(end.source, failed ? 'SOURCE_AGENT' : 'SOURCE_EXECUTOR', id);
    assert.equal(end.reason, failed ? 'REASON_CONTAINER_LAUNCH_FAILED' : undefined, id);
    const before = failed ? [] : ['TASK_STARTING', 'TASK_RUNNING'];
    assert.deepEqual(statesOf(framework, id), [...before, state], id);
  }
  assert.match(written(cluster, 'oom', 'stderr'), /memory/i);
});

test('a kill gives a container its grace', needsDocker, async t => {
  const { cluster, framework } = await dockerScene(t, await engine());
  const kill_policy = { grace_period: { nanoseconds: 500_000_000 } };
  const deaf = { ...shellTask('deaf', 'echo up; sleep 1000'), ...inDocker(), kill_policy };
  const polite = {
    ...shellTask('polite', 'trap "echo bye; exit 7" TERM; echo up; sleep 1000 & wait'),
    ...inDocker(),
    kill_policy: { grace_period: { nanoseconds: 60_000_000_000 } },
  };
  for (const [id, task, status] of [
    ['deaf', deaf, 137],
    ['polite', polite, 7],
  ] as const) {
    await framework.run(task);
    await eventually('its output', () => written(cluster, id) === 'up\n');
    await kill(framework, id);
    const end = await framework.end(id);
    assert.equal(end.state, 'TASK_KILLED');
    assert.equal(end.message, `Container exited with status ${status}`);
    assert.deepEqual(statesOf(framework, id), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED']);
  }
  assert.equal(written(cluster, 'polite'), 'up\nbye\n');
});

test('ports of the host reach a container in a bridge, and none that are not its own', needsDocker, async t => {
  const used = await engine();
  const { framework } = await dockerScene(t, used);
  const ports = (begin: number): Partial<TaskInfo> => ({
    resources: [
      { name: 'cpus', type: 'SCALAR', scalar: { value: 0.1 } },
      { name: 'mem', type: 'SCALAR', scalar: { value: 32 } },
      { name: 'ports', type: 'RANGES', ranges: { range: [{ begin, end: begin }] } },
    ],
  });
  const mapping = { host_port: 31005, container_port: 80 };
  const serve = 'mkdir /www; echo hello > /www/index.html; exec httpd -f -p 80 -h /www';
  const bridge = inDocker({ network: 'BRIDGE', port_mappings: [mapping] }, { hostname: 'web' });
  await framework.run({ ...shellTask('web', serve), ...bridge, ...ports(31005) });
  const status = await running(framework, 'web');
  const [address] = status.container_status?.network_infos?.[0]?.ip_addresses ?? [];
  assert.match(address?.ip_address ?? '', /^172\./);
  await eventually('an answer', () => {
    try {
      return inNetworkOf(used, 'busybox', 'wget', '-q', '-O', '-', 'http://127.0.0.1:31005/') === 'hello\n';
    } catch {
      return false; // it does not listen yet
    }
  });
  await kill(framework, 'web');
  await framework.end('web');
  await framework.run({ ...shellTask('foreign', 'true'), ...bridge, ...ports(31006) });
  const foreign = await framework.end('foreign');
  assert.match(foreign.message ?? '', /Port 31005 of the host is not among the ports of the task: 31006/);
  await framework.run({ ...shellTask('hostnet', 'true'), ...inDocker({ network: 'HOST', port_mappings: [mapping] }) });
  assert.match(
    (await framework.end('hostnet')).message ?? '',
    /cannot be mapped in network HOST: only BRIDGE and USER/,
  );
});

test('volumes of the host and of the sandbox are seen, and URIs are fetched', needsDocker, async t => {
  const { cluster, framework } = await dockerScene(t, await engine());
  const host = path.join(cluster.directory, 'host');
  mkdirSync(host);
  writeFileSync(path.join(host, 'given'), 'given\n');
  const file = path.join(cluster.directory, 'fetched.txt');
  writeFileSync(file, 'fetched\n');
  const line =
    'cat /in/given $MESOS_SANDBOX/fetched.txt; touch /in/x 2>/dev/null || echo read-only; echo new > /out/new; echo mine > data/mine';
  await framework.run({
    task_id: { value: 'volumes' },
    command: { value: line, uris: [{ value: file }] },
    ...inDocker(
      { parameters: [{ key: 'workdir', value: '/mnt/mesos/sandbox' }] },
      {
        volumes: [
          { host_path: host, container_path: '/in', mode: 'RO' },
          { host_path: host, container_path: '/out', mode: 'RW' },
          { host_path: 'data', container_path: 'data', mode: 'RW' },
        ],
      },
    ),
  });
  const end = await framework.end('volumes');
  assert.equal(end.state, 'TASK_FINISHED', written(cluster, 'volumes', 'stderr'));
  assert.equal(written(cluster, 'volumes'), 'given\nfetched\nread-only\n');
  assert.equal(readFileSync(path.join(host, 'new'), 'utf8'), 'new\n');
  assert.equal(written(cluster, 'volumes', 'data/mine'), 'mine\n');
});

test('containers go on without their agent, and none of their output is lost', needsDocker, async t => {
  const used = await engine();
  const { cluster, framework } = await dockerScene(t, used);
  const count =
    'i=0; while [ ! -e /mnt/mesos/sandbox/stop ]; do i=$((i+1)); echo $i; sleep 0.01; done; echo end; exit 6';
  const numbers = (id: string) => written(cluster, id).trim().split('\n');
  for (const id of ['one', 'two', 'three']) await framework.run({ ...shellTask(id, count), ...inDocker() });
  for (const id of ['one', 'two', 'three']) await eventually(`the output of ${id}`, () => numbers(id).length > 50);
  const stop = (id: string) => writeFileSync(path.join(sandboxOf(cluster, id), 'stop'), '');
  await cluster.agent.kill();
  stop('two'); // it ends while there is no agent
  await eventually('its end', async () => (await used.client.containers.list()).length === 2);
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  const two = await framework.end('two');
  assert.deepEqual([two.state, two.message], ['TASK_FAILED', 'Container exited with status 6']);
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  stop('one');
  assert.equal((await framework.end('one')).message, 'Container exited with status 6');
  await kill(framework, 'three');
  assert.equal((await framework.end('three')).state, 'TASK_KILLED');
  for (const id of ['one', 'two']) {
    const lines = numbers(id);
    assert.equal(lines.at(-1), 'end', id);
    assert.deepEqual(
      lines.slice(0, -1),
      lines.slice(0, -1).map((_, index) => String(index + 1)),
      id,
    );
    assert.deepEqual(statesOf(framework, id), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FAILED'], id);
  }
  await eventually('that all are removed', async () => (await containersOf(used)).length === 0);
});

test("an agent removes its own containers that it does not know, and no other agent's", needsDocker, async t => {
  const used = await engine();
  const { cluster, framework } = await dockerScene(t, used);
  await framework.run({ ...shellTask('known', 'sleep 1000'), ...inDocker() });
  await running(framework, 'known');
  const { client } = used;
  const [known] = await client.containers.list();
  const identity = known?.labels['meseta.work_dir'] ?? '';
  const make = async (name: string, labels: Record<string, string>) => {
    const { id } = await client.containers.create(name, {
      ...{ Image: 'busybox', Cmd: ['sleep', '1000'], Labels: labels },
      HostConfig: { NetworkMode: 'none' },
    });
    await client.containers.start(id);
  };
  await make('mesos-orphan', { 'meseta.work_dir': identity, 'meseta.container_id': 'orphan' });
  await make('mesos-other', { 'meseta.work_dir': 'another', 'meseta.container_id': 'other' });
  const stranger = 'mesos-328bca70-4268-4e72-b461-8584663be707-S0';
  const claimed = known?.labels['meseta.container_id'] ?? '';
  await make(`${stranger}.old`, {});
  await make(`${stranger}.${claimed}`, {});
  await make('mesos-claims', { 'meseta.work_dir': 'another', 'meseta.container_id': claimed });
  await make('web', {});
  await cluster.agent.kill();
  await cluster.agent.start();
  await eventually('the end of the orphan', async () => !(await containersOf(used)).includes('mesos-orphan'));
  const others = [`${stranger}.old`, `${stranger}.${claimed}`, 'mesos-claims', 'mesos-other', 'web'];
  assert.deepEqual((await containersOf(used)).sort(), [...others, known?.name ?? ''].sort());
  await cluster.registered(cluster.agent);
  await kill(framework, 'known');
  assert.equal((await framework.end('known')).state, 'TASK_KILLED');
  await eventually(
    'that its own container is removed',
    async () => (await containersOf(used)).length === others.length,
  );
  assert.deepEqual((await containersOf(used)).sort(), others.sort());
});

test('checks run in the container, and connect to it', needsDocker, async t => {
  const { cluster, framework } = await dockerScene(t, await engine());
  const command = { value: 'echo checked; test -e /mnt/mesos/sandbox/ready' };
  const health_check = { type: 'COMMAND' as const, command, delay_seconds: 0, interval_seconds: 0.2 };
  await framework.run({
    ...shellTask('checked', 'sleep 1000'),
    ...inDocker(),
    health_check: { ...health_check, grace_period_seconds: 0, consecutive_failures: 1_000_000 },
  });
  const healths = () => framework.updates.map(({ healthy }) => healthy).filter(healthy => healthy !== undefined);
  await eventually('that it is not healthy', () => healths().at(-1) === false);
  const ready = path.join(sandboxOf(cluster, 'checked'), 'ready');
  writeFileSync(ready, '');
  await eventually('that it is healthy', () => healths().at(-1) === true);
  rmSync(ready);
  await eventually('that it is not healthy again', () => healths().at(-1) === false);
  assert.match(written(cluster, 'checked', 'stderr'), /^(checked\n)+$/);
  await kill(framework, 'checked');
  assert.equal((await framework.end('checked')).state, 'TASK_KILLED');
});

test('tasks of other kinds go to the containerizer mesos', needsDocker, async t => {
  const { cluster, framework } = await dockerScene(t, await engine());
  await framework.run(shellTask('plain', 'echo plain'));
  assert.equal((await framework.end('plain')).message, 'Command exited with status 0');
  assert.equal(written(cluster, 'plain'), 'plain\n');
  assert.ok(existsSync(sandboxOf(cluster, 'plain')));
});

test("the command line's own clusters run containers: that of a command, and one for many", needsDocker, async t => {
  const used = await engine();
  t.after(() => used.empty());
  const env = { DOCKER_HOST: used.host };
  const words = ['--docker-image', busybox, '--network', 'none', 'echo in $MESOS_CONTAINER_NAME; exit 3'];
  const alone = await new Meseta(['run', '--quiet', '--local', ...words], { env }).finished;
  assert.deepEqual([alone.code, /^in mesos-\S+\n$/.test(alone.stdout)], [3, true], alone.stderr);
  const local = new Meseta(['local', '--docker', '--port=0', '--json'], { env });
  t.after(() => local.kill());
  await local.says(/\n/);
  const { master } = JSON.parse(local.stdout);
  const ran = await meseta('run', '--quiet', '--master', master, ...words);
  assert.deepEqual([ran.code, /^in mesos-\S+\n$/.test(ran.stdout)], [3, true], ran.stderr);
  local.child.kill('SIGINT');
  assert.equal((await local.finished).code, 0);
  await eventually('that nothing is left', async () => (await containersOf(used)).length === 0);
});
