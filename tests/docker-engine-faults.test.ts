/** What a real Docker engine does when it is slow, full, of another kind of machine, or cannot read logs; and agents killed meanwhile. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  busybox,
  needsDocker,
  needsRegistry,
  sharedEngine,
  startDockerEngine,
  startDockerRegistry,
  type TestEngine,
} from '@meseta/containers/testing/docker';
import { all, eventually } from '@meseta/system/testing';
import { TritonProxy } from './support/docker/triton-proxy.ts';
import { containersOf, dockerScene, inDocker, written } from './support/docker-scene.ts';
import { type Framework, shellTask } from './support/framework.ts';
import { Meseta } from './support/meseta.ts';

const engine = sharedEngine();
const kill = (framework: Framework, id: string) => framework.call({ type: 'KILL', kill: { task_id: { value: id } } });
const kill_policy = { grace_period: { nanoseconds: 100_000_000 } };
const needsPull = all(needsDocker, needsRegistry);

const noneIsLeft = (used: TestEngine) =>
  eventually('that all are removed', async () => (await containersOf(used)).length === 0);

/** An engine behind a proxy that makes faults. */
async function proxied(t: TestContext, flags: Readonly<Record<string, string>> = {}) {
  const used = await engine();
  const proxy = await TritonProxy.start(used.socket);
  t.after(() => proxy.stop());
  const profile = { docker_host: proxy.host, docker_volumes: 'no-sandbox', docker_container_name_case: 'lower' };
  return { ...(await dockerScene(t, used, { ...profile, ...flags })), proxy };
}

/** A registry of whose blobs no more than the beginning comes, and `more` bytes when they are asked for. */
async function slowRegistry(t: TestContext, used: TestEngine, image: string) {
  const registry = await startDockerRegistry(t);
  const [host = '', port] = registry.host.split(':');
  const waiting = new Set<ServerResponse>();
  const server = createServer((incoming, response) => {
    const { method, url, headers } = incoming;
    const outgoing = request({ host, port, method, path: url, headers }, answer => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      if (method !== 'GET' || !url?.includes('/blobs/')) return answer.pipe(response);
      waiting.add(response);
      response.on('close', () => waiting.delete(response));
      return answer.once('data', (piece: Buffer) => {
        answer.pause();
        response.write(piece.subarray(0, 100)); // and no more
      });
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { images } = used.client;
  const name = `${registry.host}/${image}`;
  await images.tag(busybox, name, '1');
  await images.push(`${name}:1`);
  await images.remove(`${name}:1`);
  const { port: slowPort } = server.address() as AddressInfo;
  const more = () => {
    for (const response of waiting) response.write('x');
  };
  return { image: `127.0.0.1:${slowPort}/${image}:1`, waiting, more };
}

test('a kill while an image is pulled ends its task, and no other that waits for the image', needsPull, async t => {
  const used = await startDockerEngine();
  const { framework } = await dockerScene(t, used);
  t.after(() => used.stop());
  const { client } = used;
  const slow = await slowRegistry(t, used, 'slow');
  await client.images.remove(busybox, { force: true }); // its layers are pulled then
  for (const id of ['one', 'two'])
    await framework.run({ ...shellTask(id, 'true'), ...inDocker({ image: slow.image }) });
  await eventually('that a layer is pulled', () => slow.waiting.size > 0);
  await kill(framework, 'one');
  assert.equal((await framework.end('one')).state, 'TASK_KILLED');
  assert.ok(slow.waiting.size > 0); // the other one waits for it
  await kill(framework, 'two');
  assert.equal((await framework.end('two')).state, 'TASK_KILLED');
  // The engine notices that a download is not wanted any more when there is something to read of it.
  await eventually('that the engine ends its download', () => {
    slow.more();
    return slow.waiting.size === 0;
  });
  await noneIsLeft(used);
});

test('meseta run shows that an image is pulled while it is, and an interrupt ends that', needsPull, async t => {
  const used = await startDockerEngine();
  t.after(() => used.stop());
  const slow = await slowRegistry(t, used, 'slow');
  await used.client.images.remove(busybox, { force: true });
  const run = new Meseta(['run', '--local', '--docker-image', slow.image, '--network', 'none', 'true'], {
    env: { DOCKER_HOST: used.host },
  });
  t.after(() => run.kill());
  await eventually('its progress', () => run.stderr.includes(`Pulling ${slow.image}\n`));
  run.child.kill('SIGINT');
  const { code, stderr } = await run.finished;
  assert.equal(code, 130, stderr);
});

test('a kill while a container is started ends the task, and leaves nothing', needsDocker, async t => {
  const { framework, proxy, engine: used } = await proxied(t);
  const slow = proxy.fault({ method: 'POST', path: /^\/containers\/[^/]+\/start$/, times: 1, delayMs: 2000 });
  await framework.run({ ...shellTask('starting', 'sleep 1000'), ...inDocker(), kill_policy });
  await eventually('that it is started', () => slow.met === 1);
  await kill(framework, 'starting');
  assert.equal((await framework.end('starting')).state, 'TASK_KILLED');
  await noneIsLeft(used);
});

test('a container that appears when its agent has been killed is removed by the next one', needsDocker, async t => {
  const { cluster, framework, proxy, engine: used } = await proxied(t);
  const slow = proxy.fault({ method: 'POST', path: /^\/containers\/create$/, times: 1, answer: 'late' });
  await framework.run({ ...shellTask('creating', 'sleep 1000'), ...inDocker() });
  await eventually('that it is created', () => slow.met === 1);
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  await framework.end('creating');
  assert.equal((await containersOf(used)).length, 0);
  slow.release();
  await eventually('that it was made', () => proxy.created.length === 1);
  await noneIsLeft(used);
});

test('the disk of an engine is full: the status has its words, and what to do', needsPull, async t => {
  const disk = mkdtempSync(path.join(tmpdir(), 'full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', disk]);
  const used = await startDockerEngine({ options: [`--data-root=${disk}`] });
  const { framework } = await dockerScene(t, used);
  t.after(async () => {
    await used.stop();
    execFileSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true });
  });
  const registry = await startDockerRegistry(t);
  const image = `${registry.host}/large:1`;
  await used.client.images.tag(busybox, `${registry.host}/large`, '1');
  await used.client.images.push(image);
  await used.client.images.remove(image);
  const other = await startDockerEngine();
  t.after(() => other.stop());
  const large = Buffer.alloc(24 * 2 ** 20);
  const root = mkdtempSync(path.join(tmpdir(), 'large-'));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(path.join(root, 'large'), large);
  const tar = execFileSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 64 * 2 ** 20 });
  await other.client.images.import(tar, image);
  await other.client.images.push(image);
  const full = /no space left on device.*; the engine's disk is full: free some of it on the engine's machine/;
  await framework.run({ ...shellTask('pull', 'true'), ...inDocker({ image }) });
  const pulled = await framework.end('pull');
  assert.equal(pulled.state, 'TASK_FAILED');
  assert.match(pulled.message ?? '', /^Failed to launch container: Could not pull image/);
  assert.match(pulled.message ?? '', full);
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${disk}/fill`, 'bs=4k'], { stdio: 'ignore' });
  } catch {
    // it is full
  }
  await framework.run({ ...shellTask('create', 'true'), ...inDocker() });
  const created = await framework.end('create');
  assert.equal(created.state, 'TASK_FAILED');
  assert.match(created.message ?? '', /^Failed to launch container: Could not create container/);
  assert.match(created.message ?? '', full);
  rmSync(`${disk}/fill`);
  await framework.run({ ...shellTask('again', 'true'), ...inDocker() });
  assert.equal((await framework.end('again')).state, 'TASK_FINISHED');
  await noneIsLeft(used);
});

test('an image for another kind of machine: the status says so', needsDocker, async t => {
  const used = await engine();
  const { cluster, framework } = await dockerScene(t, used);
  const root = mkdtempSync(path.join(tmpdir(), 'foreign-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(path.join(root, 'bin'));
  const shell = path.join(root, 'bin/sh');
  copyFileSync('/bin/busybox', shell);
  const program = readFileSync(shell);
  const isArm = program.readUInt16LE(18) === 183;
  program.writeUInt16LE(isArm ? 62 : 183, 18); // the kind of machine in its head
  writeFileSync(shell, program);
  const tar = (...argv: string[]) => execFileSync('tar', ['-C', root, ...argv]);
  const docker = (...argv: string[]) => execFileSync('docker', ['--host', used.host, ...argv]);
  tar('-cf', path.join(root, 'root.tar'), 'bin');
  docker('import', path.join(root, 'root.tar'), 'foreign:1');
  // An engine does not import images for other machines, but loads them.
  const saved = path.join(root, 'saved.tar');
  docker('save', '-o', saved, 'foreign:1');
  tar('-xf', saved);
  const [{ Config: config }] = JSON.parse(readFileSync(path.join(root, 'manifest.json'), 'utf8'));
  const json = JSON.parse(readFileSync(path.join(root, config), 'utf8'));
  json.architecture = isArm ? 'amd64' : 'arm64';
  const platform = `linux/${json.architecture}`;
  writeFileSync(path.join(root, config), JSON.stringify(json));
  const { Layers: layers } = JSON.parse(readFileSync(path.join(root, 'manifest.json'), 'utf8'))[0];
  tar('-cf', saved, 'manifest.json', config, ...layers);
  docker('load', '-i', saved);
  await framework.run({ ...shellTask('foreign', 'true'), ...inDocker({ image: 'foreign:1' }) });
  const { state, message = '' } = await framework.end('foreign');
  assert.equal(state, 'TASK_FAILED');
  assert.match(message, new RegExp(`: the image foreign:1 is for ${platform}, and the Docker engine for linux/`));
  assert.match(written(cluster, 'foreign', 'stderr'), /exec format error/);
});

test('log drivers of the engine', needsDocker, async t => {
  const { cluster, framework, engine: used } = await dockerScene(t, await engine());
  const driver = (value: string, ...more: readonly string[]) =>
    inDocker({
      parameters: [{ key: 'log-driver', value }, ...more.map(option => ({ key: 'log-opt', value: option }))],
    });
  await framework.run({ ...shellTask('local', 'echo hello'), ...driver('local') });
  assert.equal((await framework.end('local')).state, 'TASK_FINISHED');
  assert.equal(written(cluster, 'local'), 'hello\n');
  const syslog = driver('syslog', 'syslog-address=udp://127.0.0.1:9'); // read from the engine's cache
  await framework.run({ ...shellTask('cached', 'echo hello; echo oh >&2; printf end'), ...syslog });
  assert.equal((await framework.end('cached')).state, 'TASK_FINISHED');
  assert.equal(written(cluster, 'cached'), 'hello\nend');
  assert.equal(written(cluster, 'cached', 'stderr'), 'oh\n');
  await framework.run({ ...shellTask('none', 'echo hello'), ...driver('none') });
  assert.equal((await framework.end('none')).state, 'TASK_FINISHED');
  await eventually('words about it', () => /does not support reading/.test(written(cluster, 'none', 'stderr')));
  assert.match(written(cluster, 'none', 'stderr'), /take json-file, local or journald/);
  await framework.run({ ...shellTask('away', 'true'), ...driver('fluentd') });
  const { state, message = '' } = await framework.end('away');
  assert.equal(state, 'TASK_FAILED');
  assert.match(
    message,
    /Could not start container .*failed to initialize logging driver.*; what the log driver .* start it/,
  );
  await noneIsLeft(used);
});

test('the end of a task whose event is lost is found, without a new connection', needsDocker, async t => {
  const { cluster, framework, proxy, engine: used } = await proxied(t);
  proxy.losesEvents = true;
  await framework.run({ ...shellTask('lost', 'echo up; sleep 2; exit 4'), ...inDocker() });
  assert.equal((await framework.end('lost')).message, 'Container exited with status 4');
  assert.equal(written(cluster, 'lost'), 'up\n');
  assert.equal(proxy.seen.filter(({ path: asked }) => asked === '/events').length, 1);
  await noneIsLeft(used);
});

test('an engine gives output slowly: all of it is there when the task has ended', needsDocker, async t => {
  const { cluster, framework, proxy, engine: used } = await proxied(t);
  const lines = 30_000; // more than a megabyte, as the engine passes it on: ten seconds
  proxy.fault({ method: 'GET', path: /^\/containers\/[^/]+\/logs$/, bytesPerSecond: 128 * 1024 });
  await framework.run({ ...shellTask('much', `seq ${lines}; echo end >&2`), ...inDocker() });
  assert.equal((await framework.end('much')).state, 'TASK_FINISHED');
  assert.equal(written(cluster, 'much').split('\n').at(-2), `${lines}`);
  assert.equal(written(cluster, 'much', 'stderr'), 'end\n');
  await noneIsLeft(used);
});

test('what was killed is removed at once after a restart of the agent, too', needsDocker, async t => {
  const flags = { docker_remove_delay: '1hrs', docker_remove_on_abort: 'true' };
  const { cluster, framework, proxy, engine: used } = await proxied(t, flags);
  await framework.run({ ...shellTask('ended', 'true'), ...inDocker() });
  await framework.end('ended');
  await framework.run({ ...shellTask('killed', 'sleep 1000'), ...inDocker(), kill_policy });
  await framework.reaches('killed', 'TASK_RUNNING');
  await framework.run({
    ...shellTask('ending', 'trap "sleep 4; exit 0" TERM; echo up; while true; do sleep 0.1; done'),
    ...inDocker(),
  });
  await eventually('its output', () => written(cluster, 'ending') === 'up\n');
  const removes = proxy.fault({ method: 'DELETE', path: /^\/containers\//, answer: '500' });
  await kill(framework, 'killed');
  await framework.end('killed');
  await eventually('an attempt to remove it', () => removes.met > 0);
  await kill(framework, 'ending');
  await framework.reaches('ending', 'TASK_KILLING');
  await eventually('its signal', () => proxy.seen.filter(({ path: asked }) => asked.endsWith('/kill')).length >= 2);
  await cluster.agent.kill();
  removes.end();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  assert.equal((await framework.end('ending')).state, 'TASK_KILLED');
  await eventually('that only the one that ended itself is left', async () => (await containersOf(used)).length === 1);
  await eventually('that two removals are counted', async () => {
    const metrics = JSON.parse((await cluster.agent.ask('/metrics/snapshot')).text);
    return metrics['containerizer/docker/containers_removed'] === 2;
  });
});

test(
  '--docker_kill_orphans=false lets orphans run; else they get their stop signal, and their time',
  needsDocker,
  async t => {
    const { cluster, framework, engine: used } = await dockerScene(t, await engine());
    await framework.run({ ...shellTask('known', 'sleep 1000'), ...inDocker() });
    await framework.reaches('known', 'TASK_RUNNING');
    const { containers } = used.client;
    const [known] = await containers.list();
    const identity = known?.labels['meseta.work_dir'] ?? '';
    const shared = mkdtempSync(path.join(tmpdir(), 'orphans-'));
    t.after(() => rmSync(shared, { recursive: true }));
    const orphan = async (name: string, seconds: number) => {
      const line = `trap "sleep ${seconds}; echo bye >/shared/${name}; exit 0" TERM; echo up >/shared/${name}; while true; do sleep 0.1; done`;
      const { id } = await containers.create(`mesos-${name}`, {
        ...{ Image: busybox, Cmd: ['sh', '-c', line] },
        Labels: { 'meseta.work_dir': identity, 'meseta.container_id': name },
        HostConfig: { NetworkMode: 'none', Binds: [`${shared}:/shared`] },
      });
      await containers.start(id);
      const file = path.join(shared, name);
      await eventually('that it runs', () => existsSync(file) && readFileSync(file, 'utf8') === 'up\n');
    };
    await orphan('polite', 0);
    await orphan('slow', 1000);
    await cluster.agent.kill();
    await cluster.agent.start({ docker_kill_orphans: 'false' });
    await cluster.registered(cluster.agent);
    await eventually('a word about them', () => /is not known, and runs on/.test(cluster.agent.log));
    assert.equal((await containers.list()).length, 3);
    await cluster.agent.kill();
    await cluster.agent.start({ docker_kill_orphans: 'true', docker_stop_timeout: '5secs' });
    await eventually('the end of both', async () => (await containersOf(used)).length === 1);
    assert.equal(readFileSync(path.join(shared, 'polite'), 'utf8'), 'bye\n');
    assert.equal(readFileSync(path.join(shared, 'slow'), 'utf8'), 'up\n');
  },
);
