/** Tasks on an engine like Triton, which stands for a whole data centre: over TLS, and through a proxy that refuses what it refuses. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { busybox, needsDocker, sharedEngine, type TestEngine } from '@meseta/containers/testing/docker';
import { Authority } from '@meseta/process/testing';
import type { TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { TritonProxy } from './support/docker/triton-proxy.ts';
import { type DockerScene, dockerScene, inDocker, written } from './support/docker-scene.ts';
import { type Framework, scalars, shellTask } from './support/framework.ts';

interface TritonScene extends DockerScene {
  readonly proxy: TritonProxy;
}

const kill = (framework: Framework, id: string) => framework.call({ type: 'KILL', kill: { task_id: { value: id } } });

describe('an agent with --docker_profile=triton', needsDocker, () => {
  const engine = sharedEngine();

  /** An agent whose engine is the proxy, over TLS with a certificate of the agent's. */
  async function scene(t: TestContext, flags: Readonly<Record<string, string>> = {}): Promise<TritonScene> {
    const used: TestEngine = await engine();
    const directory = mkdtempSync(path.join(tmpdir(), 'triton-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const authority = new Authority(directory);
    const [server, client] = [authority.issue('server'), authority.issue('client')];
    const certs = path.join(directory, 'certs');
    mkdirSync(certs);
    copyFileSync(authority.caFile, path.join(certs, 'ca.pem'));
    copyFileSync(client.certFile, path.join(certs, 'cert.pem'));
    copyFileSync(client.keyFile, path.join(certs, 'key.pem'));
    const text = (file: string) => readFileSync(file, 'utf8');
    const tls = { ca: text(authority.caFile), cert: text(server.certFile), key: text(server.keyFile) };
    const proxy = await TritonProxy.start(used.socket, tls);
    t.after(() => proxy.stop());
    const profile = { docker_profile: 'triton', docker_remove_delay: '0', containerizers: 'docker' };
    const engineFlags = { docker_host: proxy.host, docker_tls_verify: 'true', docker_cert_path: certs };
    return { ...(await dockerScene(t, used, { ...profile, ...engineFlags, ...flags })), proxy };
  }

  /** Waits until nothing exists, and each container was removed once. */
  async function nothingLeft(proxy: TritonProxy): Promise<void> {
    await eventually('that no container exists', async () => (await proxy.existing()).length === 0);
    await eventually('each removal', () => proxy.removed.length >= proxy.created.length);
    assert.equal(proxy.removed.length, proxy.created.length);
    assert.equal(new Set(proxy.removed).size, proxy.removed.length);
  }

  test('two tasks have one port of the host, and no sandbox; their output reaches the agent', async t => {
    const { cluster, framework, proxy } = await scene(t);
    for (const id of ['one', 'two']) {
      const offer = await framework.roomyOffer();
      const ports = offer.resources?.find(({ name }) => name === 'ports');
      assert.ok(ports);
      const resources = [
        ...scalars(offer, { cpus: 0.5, mem: 32 }),
        { ...ports, ranges: { range: [{ begin: 31001, end: 31001 }] } },
      ];
      const line = 'echo "sandbox: $MESOS_SANDBOX"; ls -d /mnt; echo end >&2; sleep 1000';
      await framework.launch(offer, [{ ...shellTask(id, line), ...inDocker(), resources }]);
      await framework.reaches(id, 'TASK_RUNNING');
    }
    assert.equal((await proxy.existing()).length, 2);
    for (const id of ['one', 'two']) {
      await eventually('its output', () => written(cluster, id, 'stderr').includes('end'));
      await eventually('the other output', () => written(cluster, id) === 'sandbox: \n');
      await kill(framework, id);
      assert.equal((await framework.end(id)).state, 'TASK_KILLED');
    }
    await nothingLeft(proxy);
    assert.deepEqual(proxy.refusals, []);
  });

  test('whoever asks for a path of the host gets a TASK_ERROR that names it', async t => {
    const { framework, proxy } = await scene(t);
    const parameter = (key: string, value: string) => inDocker({ parameters: [{ key, value }] });
    const volume = (more: object) =>
      inDocker({}, { volumes: [{ container_path: '/in', mode: 'RW' as const, ...more }] });
    const option = { driver_options: { parameter: [{ key: 'device', value: '/etc' }] } };
    const cases: readonly (readonly [string, Partial<TaskInfo>, RegExp])[] = [
      ['host-path', volume({ host_path: '/etc' }), /^The volume '\/etc' at '\/in' asks for a path of the host/],
      ['relative', volume({ host_path: 'data' }), /The volume 'data' at '\/in'/],
      ['source', volume({ source: { type: 'HOST_PATH', host_path: { path: '/etc' } } }), /The volume '\/etc'/],
      [
        'sandbox',
        volume({ source: { type: 'SANDBOX_PATH', sandbox_path: { type: 'SELF', path: 'data' } } }),
        /The volume 'data'/,
      ],
      [
        'option',
        volume({ source: { type: 'DOCKER_VOLUME', docker_volume: { name: 'n', ...option } } }),
        /device=\/etc/,
      ],
      ['volume', parameter('volume', '/etc:/in'), /The parameter 'volume' with the value '\/etc:\/in'/],
      ['v', parameter('-v', '/etc:/in:ro'), /The parameter '-v'/],
      ['mount', parameter('mount', 'type=bind,source=/etc,target=/in'), /The parameter 'mount'/],
    ];
    for (const [id, task, message] of cases) {
      await framework.run({ ...shellTask(id, 'true'), ...task });
      const end = await framework.end(id);
      assert.deepEqual([end.state, end.reason, end.source], ['TASK_ERROR', 'REASON_TASK_INVALID', 'SOURCE_AGENT'], id);
      assert.match(end.message ?? '', message, id);
      assert.match(end.message ?? '', /--docker_volumes=none/);
    }
    const info = { executor_id: { value: 'e' }, command: { value: 'true' }, ...volume({ host_path: '/etc' }) };
    await framework.run({ task_id: { value: 'executor' }, executor: info });
    const end = await framework.end('executor');
    assert.deepEqual([end.state, end.reason], ['TASK_ERROR', 'REASON_TASK_INVALID']);
    assert.match(end.message ?? '', /The volume '\/etc' at '\/in'/);
    // Volumes of the engine are none of the host.
    for (const [id, own] of [
      ['engine-parameter', parameter('v', '/in')],
      ['engine-volume', volume({ source: { type: 'DOCKER_VOLUME', docker_volume: { name: 'data' } } })],
    ] as const) {
      await framework.run({ ...shellTask(id, 'touch /in/a'), ...own });
      assert.equal((await framework.end(id)).state, 'TASK_FINISHED', id);
    }
    assert.deepEqual([proxy.created.length, proxy.refusals], [2, []]);
    await nothingLeft(proxy);
  });

  test('nothing is left after each kind of end, and each container is removed once', async t => {
    const { cluster, framework, proxy } = await scene(t, { docker_remove_delay: '1hrs' });
    const { agent } = cluster;
    await framework.run({ ...shellTask('kept', 'true'), ...inDocker() });
    await framework.end('kept');
    await framework.run({ task_id: { value: 'no-program' }, command: { shell: false, value: '/no' }, ...inDocker() });
    assert.equal((await framework.end('no-program')).state, 'TASK_FAILED');
    await framework.run({ ...shellTask('killed', 'sleep 1000'), ...inDocker() });
    await framework.reaches('killed', 'TASK_RUNNING');
    await kill(framework, 'killed');
    await framework.end('killed');
    await eventually('that only the one that ended itself is left', async () => (await proxy.existing()).length === 1);
    await agent.kill('SIGTERM');
    await agent.start({ docker_remove_delay: '0' });
    await cluster.registered(agent);

    const removes = { method: 'DELETE', path: /^\/containers\// } as const;
    proxy.fault({ ...removes, times: 2, answer: '500' });
    framework.acknowledges = ({ state }) => state !== 'TASK_FINISHED'; // its end is not waited for
    await framework.run({ ...shellTask('finished', 'true'), ...inDocker() });
    await framework.run({ ...shellTask('failed', 'exit 3'), ...inDocker() });
    for (const id of ['finished', 'failed']) await framework.end(id);

    const pull = proxy.fault({ path: /^\/images\/create$/, delayMs: 120_000 });
    await framework.run({ ...shellTask('pulling', 'true'), ...inDocker({ image: 'far/away:1' }) });
    await eventually('that it is pulled', () => pull.met === 1);
    await kill(framework, 'pulling');
    assert.equal((await framework.end('pulling')).state, 'TASK_KILLED');
    pull.end();

    const create = { method: 'POST', path: /^\/containers\/create$/, times: 1 } as const;
    proxy.fault({ ...create, answer: '500 after' });
    await framework.run({ ...shellTask('unanswered', 'sleep 1000'), ...inDocker() });
    assert.equal((await framework.end('unanswered')).state, 'TASK_FAILED');
    const slow = proxy.fault({ ...create, delayMs: 2000 });
    await framework.run({ ...shellTask('creating', 'sleep 1000'), ...inDocker() });
    await eventually('that it is created', () => slow.met === 1);
    await kill(framework, 'creating');
    assert.equal((await framework.end('creating')).state, 'TASK_KILLED');

    await nothingLeft(proxy);
    const metrics = async () => JSON.parse((await agent.ask('/metrics/snapshot')).text);
    const removed = async () => (await metrics())['containerizer/docker/containers_removed'];
    await eventually('that the removals are counted', async () => (await removed()) >= 3);
    assert.equal((await metrics())['containerizer/docker/container_remove_errors'], 2);
  });

  test('containers with older names, made small, are those of this agent after its restart', async t => {
    const { cluster, framework, proxy, engine: used } = await scene(t);
    const id = await cluster.registered(cluster.agent);
    assert.match(id, /[A-Z]/);
    await framework.run({ ...shellTask('known', 'sleep 1000'), ...inDocker() });
    const status = await framework.reaches('known', 'TASK_RUNNING');
    const containerId = status.container_status?.container_id?.value ?? '';
    await cluster.agent.kill();
    const { containers } = used.client;
    await containers.remove(`mesos-${containerId}`, { force: true });
    const make = async (name: string) => {
      const made = await containers.create(name, {
        ...{ Image: busybox, Cmd: ['sleep', '1000'] },
        HostConfig: { NetworkMode: 'none' },
      });
      await containers.start(made.id);
    };
    const known = `mesos-${id}.${containerId}`.toLowerCase();
    const other = 'mesos-328bca70-4268-4e72-b461-8584663be707-s7.old';
    for (const name of [known, other, `mesos-${id}.gone`.toLowerCase(), `mesos-${id}.gone.executor`.toLowerCase()])
      await make(name);
    await cluster.agent.start();
    await cluster.registered(cluster.agent);
    await eventually('that orphans are removed', async () => (await proxy.existing()).length === 2);
    assert.deepEqual(await proxy.existing(), [other, known].sort());
    assert.equal(framework.statesOf('known').at(-1), 'TASK_RUNNING');
    await kill(framework, 'known');
    assert.equal((await framework.end('known')).state, 'TASK_KILLED');
    await eventually('that it is removed', async () => (await proxy.existing()).length === 1);
    assert.deepEqual(await proxy.existing(), [other]);
  });

  test('checks and usage go through the engine', async t => {
    const { cluster, framework, proxy } = await scene(t);
    const command = { value: 'test -e /ready' };
    await framework.run({
      ...shellTask('checked', 'touch /ready; sleep 1000'),
      ...inDocker(),
      health_check: { type: 'COMMAND', command, delay_seconds: 0, interval_seconds: 0.2, grace_period_seconds: 60 },
    });
    await eventually('that it is healthy', () => framework.updates.some(({ healthy }) => healthy));
    const [executor] = JSON.parse((await cluster.agent.ask('/monitor/statistics')).text);
    assert.ok(executor.statistics.mem_rss_bytes > 0);
    const asked = (what: RegExp) => proxy.seen.some(({ path: asks }) => what.test(asks));
    assert.ok(asked(/^\/containers\/[^/]+\/exec$/) && asked(/^\/containers\/[^/]+\/stats$/));
    await kill(framework, 'checked');
    await framework.end('checked');
    await nothingLeft(proxy);
  });
});
