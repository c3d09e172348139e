/** Tasks in containers of a real Docker engine: what they are told of, networks of users, hostile values, and an engine that stands still. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { needsDocker, sharedEngine, type TestEngine } from '@meseta/containers/testing/docker';
import type { Resource, TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { containersOf, dockerScene, inDocker, machineVolumes, written } from './support/docker-scene.ts';
import { executorTask } from './support/executor-task.ts';
import { type Framework, shellTask } from './support/framework.ts';

const engine = sharedEngine({ network: 'own' });

const kill = (framework: Framework, id: string) => framework.call({ type: 'KILL', kill: { task_id: { value: id } } });

const kill_policy = { grace_period: { nanoseconds: 100_000_000 } };

const noneIsLeft = (used: TestEngine) =>
  eventually('that all are removed', async () => (await containersOf(used)).length === 0);

test('addresses are those of the container while it runs, and of the agent before and after', needsDocker, async t => {
  const { framework } = await dockerScene(t, await engine());
  await framework.run({ ...shellTask('bridge', 'sleep 1000'), ...inDocker({ network: 'BRIDGE' }), kill_policy });
  await framework.reaches('bridge', 'TASK_RUNNING');
  await kill(framework, 'bridge');
  await framework.end('bridge');
  const told = framework.statusesOf('bridge').map(({ state, container_status }) => {
    const [address] = container_status?.network_infos?.[0]?.ip_addresses ?? [];
    return `${state} ${address?.ip_address?.replace(/\d+$/, '')}`;
  });
  assert.deepEqual(
    [...new Set(told)],
    ['TASK_STARTING 127.0.0.', 'TASK_RUNNING 172.30.0.', 'TASK_KILLING 127.0.0.', 'TASK_KILLED 127.0.0.'],
  );
});

function withPort(port: number): Pick<TaskInfo, 'resources'> {
  const resources: Resource[] = [
    { name: 'cpus', type: 'SCALAR', scalar: { value: 0.1 } },
    { name: 'mem', type: 'SCALAR', scalar: { value: 32 } },
    { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: port, end: port }] } },
  ];
  return { resources };
}

test('a container is in the network that its user has made', needsDocker, async t => {
  const used = await engine();
  const { cluster, framework } = await dockerScene(t, used);
  execFileSync('docker', ['--host', used.host, 'network', 'create', '--subnet=172.31.7.0/24', 'web']);
  const port_mappings = [{ host_port: 31005, container_port: 80 }];
  const inWeb = inDocker({ network: 'USER', port_mappings }, { network_infos: [{ name: 'web' }] });
  await framework.run({ ...shellTask('user', 'hostname -i; sleep 1000'), ...inWeb, ...withPort(31005) });
  const { container_status } = await framework.reaches('user', 'TASK_RUNNING');
  assert.deepEqual(container_status?.network_infos, [
    { name: 'web', ip_addresses: [{ protocol: 'IPv4', ip_address: '172.31.7.2' }] },
  ]);
  await eventually('its own address', () => written(cluster, 'user') === '172.31.7.2\n');
  await framework.run({ ...shellTask('foreign', 'true'), ...inWeb, ...withPort(31006) });
  assert.match(
    (await framework.end('foreign')).message ?? '',
    /Port 31005 of the host is not among the ports of the task: 31006/,
  );
  const nowhere = inDocker({ network: 'USER' }, { network_infos: [{ name: 'nowhere' }] });
  await framework.run({ ...shellTask('nowhere', 'true'), ...nowhere });
  assert.match(
    (await framework.end('nowhere')).message ?? '',
    /^Failed to launch container: .*network nowhere not found/,
  );
  await kill(framework, 'user');
  await framework.end('user');
  await noneIsLeft(used);
});

test('hostile values harm nothing but their task', needsDocker, async t => {
  const used = await engine();
  const { cluster, framework } = await dockerScene(t, used);
  const given = (...all: readonly (readonly [key: string, value: string])[]) =>
    inDocker({ parameters: all.map(([key, value]) => ({ key, value })) });
  const variables = [{ name: 'A', value: 'x\nB=y' }];
  const cases: readonly (readonly [id: string, line: string, more: Partial<TaskInfo>, end: RegExp, output?: RegExp])[] =
    [
      [
        'option-in-key',
        'true',
        given(['privileged=true --name', 'x']),
        /parameter 'privileged=true --name' is not known/,
      ],
      ['option-in-value', 'id -u; mount -t tmpfs x /tmp', given(['env', 'A=B\n--privileged']), /status 1$/, /^0\n$/],
      ['labels-of-ours', 'true', given(['label', 'meseta.work_dir=x'], ['l', 'meseta.container_id=x']), /status 0$/],
      [
        'prototype',
        'true',
        given(['label', '__proto__=x'], ['constructor', 'x']),
        /parameter 'constructor' is not known/,
      ],
      ['nul', 'true', given(['label', 'a=\0']), /parameter 'label' has a NUL/],
      ['query-in-image', 'true', inDocker({ image: 'busybox?fromSrc=x&tag=' }), /is no name of an image/],
      ['path-in-image', 'true', inDocker({ image: '../../containers' }), /is no name of an image/],
      ['option-in-image', 'true', inDocker({ image: '-v /:/host busybox' }), /is no name of an image/],
      ['status-125', 'exit 125', inDocker(), /^Container exited with status 125$/],
      ['no-program', 'no-such-program', inDocker(), /^Container exited with status 127$/],
      ['long', `true ${'x'.repeat(200_000)}`, inDocker(), /^Container exited with status 1$/],
      ['no-entrypoint', 'true', given(['entrypoint', '/no/such']), /exec: "\/no\/such": .*no such file or directory/],
      ['no-device', 'true', given(['device', '/dev/nosuch']), /"\/dev\/nosuch": no such file or directory/],
      ['no-user', 'true', given(['user', 'nosuch']), /unable to find user nosuch/],
    ];
  for (const [id, line, more, end, output = /^/] of cases) {
    await framework.run({ ...shellTask(id, line), ...more });
    assert.match((await framework.end(id)).message ?? '', end, id);
    assert.match(written(cluster, id), output, id);
  }
  const command = { value: 'echo "$A"; echo "$B"', environment: { variables } };
  await framework.run({ task_id: { value: 'lines' }, command, ...inDocker() });
  await framework.end('lines');
  assert.equal(written(cluster, 'lines'), 'x\nB=y\n\n');
  await noneIsLeft(used);
});

test('an engine that stands still holds up no kill, and nothing is lost or done twice', needsDocker, async t => {
  const used = await engine();
  const { cluster, framework } = await dockerScene(t, used);
  await framework.run({ ...shellTask('before', 'sleep 1000'), ...inDocker(), kill_policy });
  await framework.reaches('before', 'TASK_RUNNING');
  used.pause();
  t.after(() => used.resume());
  await framework.run({ ...shellTask('waits', 'echo once >> /mnt/mesos/sandbox/runs'), ...inDocker() });
  await framework.run({ ...shellTask('unwanted', 'sleep 1000'), ...inDocker() });
  await eventually('both launches', () => cluster.agent.log.includes('unwanted'));
  assert.equal((await kill(framework, 'before')).status, 202);
  assert.equal((await kill(framework, 'unwanted')).status, 202);
  await framework.reaches('before', 'TASK_KILLING');
  assert.equal((await framework.end('unwanted')).state, 'TASK_KILLED'); // without the engine
  used.resume();
  assert.equal((await framework.end('before')).state, 'TASK_KILLED');
  assert.equal((await framework.end('waits')).state, 'TASK_FINISHED');
  assert.equal(written(cluster, 'waits', 'runs'), 'once\n');
  await noneIsLeft(used);
});

/** An engine in the network of the agent. */
const near = sharedEngine({ liveRestore: true });

test(
  'an executor in a container outlives its agent and its engine, and has what its tasks have',
  needsDocker,
  async t => {
    const used = await near();
    const { cluster, framework } = await dockerScene(t, used);
    const task = executorTask(framework, 'first', '../../packages/agent/src/testing/http-executor.ts');
    const resources: Resource[] = [
      { name: 'cpus', type: 'SCALAR', scalar: { value: 0.1 } },
      { name: 'mem', type: 'SCALAR', scalar: { value: 64 } },
    ];
    const executor = { ...task.executor, ...inDocker({ network: 'HOST' }, { volumes: machineVolumes() }), resources };
    const run = async (id: string) => {
      await framework.run({ task_id: { value: id }, executor } as TaskInfo);
      await framework.reaches(id, 'TASK_RUNNING');
    };
    const memory = async () => {
      const [found] = await used.client.containers.list();
      const inspected = found && (await used.client.containers.inspect(found.id));
      return (inspected?.json.HostConfig as { Memory: number } | undefined)?.Memory;
    };
    const hasMemory = (MiB: number) => eventually(`${MiB} MiB`, async () => (await memory()) === MiB * 2 ** 20);
    await run('first');
    await hasMemory(64 + 32);
    await run('second');
    await hasMemory(64 + 2 * 32);
    await cluster.agent.kill();
    await used.kill();
    await used.start();
    await cluster.agent.start();
    await cluster.registered(cluster.agent);
    await run('third');
    await hasMemory(64 + 3 * 32);
    await kill(framework, 'third');
    await hasMemory(64 + 2 * 32);
    for (const id of ['first', 'second']) await kill(framework, id);
    for (const id of ['first', 'second', 'third']) assert.equal((await framework.end(id)).state, 'TASK_KILLED', id);
    const agent_id = framework.updates[0]?.agent_id ?? { value: '' };
    await framework.call({ type: 'SHUTDOWN', shutdown: { executor_id: { value: 'first' }, agent_id } });
    await noneIsLeft(used);
  },
);

test(
  'an agent that is killed at any moment of a launch runs nothing twice, and leaves nothing',
  needsDocker,
  async t => {
    const used = await near();
    const { cluster, framework } = await dockerScene(t, used);
    for (const [index, ms] of [30, 80, 140, 250].entries()) {
      const id = `launch-${index}`;
      await framework.run({ ...shellTask(id, 'echo once >> /mnt/mesos/sandbox/runs; sleep 1'), ...inDocker() });
      await new Promise(resolve => {
        setTimeout(resolve, ms); // any moment will do
      });
      await cluster.agent.kill();
      await cluster.agent.start();
      await cluster.registered(cluster.agent);
      const { state } = await framework.end(id);
      const runs = written(cluster, id, 'runs');
      assert.ok(state === 'TASK_FINISHED' ? runs === 'once\n' : runs === '', `${id}: ${state}, ${runs}`);
    }
    await noneIsLeft(used);
  },
);

test('an agent starts while its engine stands still, and finds its containers afterwards', needsDocker, async t => {
  const used = await near();
  const { cluster, framework } = await dockerScene(t, used);
  for (const id of ['runs', 'ends'])
    await framework.run({ ...shellTask(id, `echo up; sleep ${id === 'runs' ? 1000 : 1}`), ...inDocker(), kill_policy });
  for (const id of ['runs', 'ends']) await framework.reaches(id, 'TASK_RUNNING');
  await cluster.agent.kill();
  used.pause();
  t.after(() => used.resume());
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  used.resume();
  assert.equal((await framework.end('ends')).state, 'TASK_FINISHED');
  await kill(framework, 'runs');
  assert.equal((await framework.end('runs')).state, 'TASK_KILLED');
  assert.equal(written(cluster, 'runs'), 'up\n');
  await noneIsLeft(used);
});

test('all output of a task that writes many short lines is kept', needsDocker, async t => {
  const used = await near();
  const { cluster, framework } = await dockerScene(t, used);
  await framework.run({ ...shellTask('loud', 'seq 100000; echo end >&2'), ...inDocker() });
  assert.equal((await framework.end('loud')).state, 'TASK_FINISHED');
  const numbers = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join('');
  await eventually('the last line', () => written(cluster, 'loud').endsWith('\n100000\n'));
  assert.ok(written(cluster, 'loud') === numbers);
  await eventually('the other output', () => written(cluster, 'loud', 'stderr') === 'end\n');
  await noneIsLeft(used);
});
