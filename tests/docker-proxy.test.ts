/** The proxy of tests that makes an engine like Triton of a real one. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createDockerEngine, type DockerEngine, engineEndpoint } from '@meseta/containers/docker-engine';
import { busybox, needsDocker, sharedEngine } from '@meseta/containers/testing/docker';
import { Authority } from '@meseta/process/testing';
import { eventually } from '@meseta/system/testing';
import { TritonProxy } from './support/docker/triton-proxy.ts';

describe('an engine like Triton', needsDocker, () => {
  const engine = sharedEngine();

  /** The proxy in front of an engine without containers, and a client of the proxy. */
  async function setUp(t: TestContext): Promise<{ proxy: TritonProxy; client: DockerEngine }> {
    const { socket } = await engine();
    const proxy = await TritonProxy.start(socket);
    const client = createDockerEngine(engineEndpoint({ docker_host: proxy.host }, {}));
    t.after(async () => {
      await client.close();
      await proxy.stop();
      await (await engine()).empty();
    });
    return { proxy, client };
  }

  const sleeper = { Image: busybox, Cmd: ['sh', '-c', 'trap "exit 0" TERM; sleep 1000 & wait'] };

  test('host volumes and capitals in names are refused, and nothing is created then', async t => {
    const { proxy, client } = await setUp(t);
    const { containers } = client;
    const binds = { ...sleeper, HostConfig: { Binds: ['/tmp:/data'] } };
    await assert.rejects(containers.create('one', binds), /host volumes are not supported: \/tmp:\/data/);
    const mounts = { ...sleeper, HostConfig: { Mounts: [{ Type: 'bind' as const, Source: '/tmp', Target: '/data' }] } };
    await assert.rejects(containers.create('one', mounts), /host volumes are not supported: \/tmp/);
    await assert.rejects(containers.create('mesos-S0', sleeper), /Invalid container name \(mesos-S0\)/);
    assert.deepEqual(await proxy.existing(), []);
    const { id } = await containers.create('mesos-s0', sleeper);
    await assert.rejects(containers.rename(id, 'B'), /Invalid container name/);
    assert.equal(proxy.refusals.length, 4);
    assert.deepEqual(proxy.created, [id]);
  });

  test('containers are counted until they are removed', async t => {
    const { proxy, client } = await setUp(t);
    const { containers } = client;
    const { id } = await containers.create('one', sleeper);
    await containers.create('two', sleeper);
    await containers.start(id);
    assert.deepEqual(await proxy.existing(), ['one', 'two']);
    assert.equal(await containers.remove(id, { force: true }), true);
    assert.equal(await containers.remove(id), false);
    assert.deepEqual(await proxy.existing(), ['two']);
    assert.deepEqual(proxy.removed, [id]);
  });

  test('faults are made on demand, before the engine sees a request and after it', async t => {
    const { proxy, client } = await setUp(t);
    const { containers } = client;
    const first = proxy.fault({ method: 'POST', path: /^\/containers\/create$/, times: 1, answer: '500' });
    await assert.rejects(containers.create('one', sleeper), /ordered by the test/);
    assert.deepEqual([first.met, await proxy.existing()], [1, []]);
    proxy.fault({ method: 'POST', path: /^\/containers\/create$/, times: 1, answer: '500 after' });
    await assert.rejects(containers.create('one', sleeper), /ordered by the test/);
    assert.deepEqual(await proxy.existing(), ['one']);
    assert.equal(proxy.created.length, 1);
    const broken = proxy.fault({ method: 'DELETE', path: /^\/containers\//, answer: 'cut' });
    await assert.rejects(containers.remove('one', { force: true }), { code: 'BROKEN' });
    await assert.rejects(containers.remove('one', { force: true }), { code: 'BROKEN' });
    assert.deepEqual(await proxy.existing(), ['one']);
    broken.end();
    proxy.fault({ method: 'DELETE', path: /^\/containers\//, times: 1, answer: 'cut after' });
    await assert.rejects(containers.remove('one', { force: true }), { code: 'BROKEN' });
    assert.deepEqual([broken.met, await proxy.existing(), proxy.removed], [2, [], ['one']]);
    proxy.fault({ path: /^\/_ping$/, times: 1, delayMs: 60_000 });
    await assert.rejects(client.ping({ timeoutMs: 200 }), { code: 'TIMEOUT' });
    await client.ping();
  });

  test('events can be lost, and their stream can end', async t => {
    const { proxy, client } = await setUp(t);
    const seen: string[] = [];
    const events = await client.events();
    const ended = (async () => {
      for await (const event of events) seen.push(`${event.action} ${event.attributes.name}`);
    })().then(
      () => 'ended',
      error => String(error.code),
    );
    const { id } = await client.containers.create('seen', sleeper);
    await eventually('an event', () => seen.includes('create seen'));
    proxy.losesEvents = true;
    await client.containers.remove(id);
    await client.containers.create('unseen', sleeper);
    proxy.losesEvents = false;
    await client.containers.create('seen-too', sleeper);
    await eventually('another event', () => seen.includes('create seen-too'));
    assert.ok(!seen.includes('create unseen') && !seen.includes('destroy seen'), seen.join());
    proxy.endEvents();
    assert.match(await ended, /^(ended|BROKEN)$/);
  });

  test('attached input and output, and commands, pass in both directions', async t => {
    const { client } = await setUp(t);
    const { containers, execs } = client;
    const { id } = await containers.create('cat', { Image: busybox, Cmd: ['cat'], OpenStdin: true, StdinOnce: true });
    const attached = await containers.attach(id, { tty: false, stdin: true, stdout: true, stderr: true });
    await containers.start(id);
    await attached.write('hello\n');
    attached.endInput();
    let output = '';
    for await (const { data } of attached) output += data;
    assert.equal(output, 'hello\n');

    const running = await containers.create('run', sleeper);
    await containers.start(running.id);
    const exec = await execs.create(running.id, {
      cmd: ['sh', '-c', 'read line; echo "got $line"; exit 4'],
      stdin: true,
    });
    const stream = await execs.start(exec, { tty: false });
    await stream.write('this\n');
    let got = '';
    for await (const { data } of stream) got += data;
    assert.equal(got, 'got this\n');
    assert.equal((await execs.inspect(exec))?.exitCode, 4);
  });

  test('TLS with certificates of clients', async t => {
    const directory = mkdtempSync(join(tmpdir(), 'triton-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const authority = new Authority(directory);
    const server = authority.issue('server');
    const mine = authority.issue('client');
    const [ca, cert, key] = [authority.caFile, mine.certFile, mine.keyFile].map(file => readFileSync(file, 'utf8'));
    assert.ok(ca && cert && key);
    const { socket } = await engine();
    const text = (file: string) => readFileSync(file, 'utf8');
    const proxy = await TritonProxy.start(socket, { ca, cert: text(server.certFile), key: text(server.keyFile) });
    t.after(() => proxy.stop());
    const tls = { ca, cert, key, directory };
    const client = createDockerEngine({ kind: 'tcp', host: '127.0.0.1', port: proxy.port, basePath: '', tls });
    t.after(() => client.close());
    await client.ping();
    const { id } = await client.containers.create('tls', { Image: busybox, Cmd: ['echo', 'over TLS'] });
    const attached = await client.containers.attach(id, { tty: false, stdout: true });
    await client.containers.start(id);
    let output = '';
    for await (const { data } of attached) output += data;
    assert.equal(output, 'over TLS\n');
    await client.containers.remove(id, { force: true });
    const stranger = Promise.withResolvers<unknown>();
    get(`${proxy.origin}/_ping`, { ca }, stranger.resolve).on('error', stranger.reject);
    await assert.rejects(stranger.promise);
  });
});
