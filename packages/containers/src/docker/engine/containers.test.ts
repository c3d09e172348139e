/** Containers of a real engine. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test as testAnywhere } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { busybox, needsDocker, sharedEngine } from '../../testing/docker/index.ts';
import type { CreateRequest } from './create-request.ts';
import type { EngineStream } from './docker-engine.ts';
import type { OutputChunk } from './output.ts';

const need = needsDocker;
const test = (name: string, body: (t: TestContext) => Promise<void>) => void testAnywhere(name, need, body);

describe('containers', () => {
  const engine = sharedEngine();
  let number = 0;

  /** Creates and starts a container of `sh -c script`, which ends at once when it is stopped. */
  async function run(script: string, more: Partial<CreateRequest> = {}) {
    const { client } = await engine();
    const name = `mesos-${++number}`;
    const request = { Image: busybox, Cmd: ['sh', '-c', script], ...more };
    const { id } = await client.containers.create(name, request);
    await client.containers.start(id);
    return { client, id, name };
  }

  test('the engine describes itself', async () => {
    const { client, host } = await engine();
    await client.ping();
    const { version, apiVersion, os } = await client.version();
    assert.match(version, /^\d+\.\d+/);
    assert.equal(os, 'linux');
    assert.equal(client.endpoint, host);
    assert.match(apiVersion, /^1\.\d+$/);
    assert.match(await client.apiVersion(), /^1\.\d+$/);
    const info = await client.info();
    assert.equal(info.storageDriver, 'overlay2');
    assert.ok(info.memory > 0 && info.cpus > 0);
  });

  test('a container from its creation to its removal', async () => {
    const { client } = await engine();
    const { containers } = client;
    const { id, warnings } = await containers.create('mesos-all', {
      Image: busybox,
      Cmd: ['sh', '-c', 'exit 3'],
      Env: ['A=b'],
      Labels: { 'org.example': 'x' },
      HostConfig: { NetworkMode: 'none', Memory: 64 * 1024 * 1024, CpuShares: 512 },
    });
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.deepEqual(warnings, []);
    const created = await containers.inspect('mesos-all');
    assert.equal(created?.id, id);
    assert.equal(created?.name, 'mesos-all');
    assert.equal(created?.state.status, 'created');
    assert.equal(created?.networkMode, 'none');
    assert.deepEqual(created?.labels, { 'org.example': 'x' });
    assert.ok(created?.env.includes('A=b'));
    const ended = containers.wait(id, { condition: 'next-exit' });
    assert.equal(await containers.start(id), true);
    assert.deepEqual(await ended, { exitCode: 3, error: '' });
    const inspected = await containers.inspect(id);
    assert.equal(inspected?.state.exitCode, 3);
    assert.equal(inspected?.json.Id, id);
    await containers.rename(id, 'mesos-renamed');
    const listed = await containers.list({ all: true, filters: { label: ['org.example=x'] } });
    assert.deepEqual(
      listed.map(({ name, state }) => [name, state]),
      [['mesos-renamed', 'exited']],
    );
    assert.deepEqual(await containers.list({ filters: { label: ['org.example=x'] } }), []);
    assert.equal(await containers.remove(id), true);
    assert.equal(await containers.remove(id), false);
    assert.equal(await containers.inspect(id), undefined);
  });

  test('what cannot be done is refused in the words of the engine', async () => {
    const { client } = await engine();
    const { containers, execs, images } = client;
    const { name } = await run('sleep 1000', { StopSignal: 'SIGKILL' });
    const request = { Image: busybox };
    const cases: [call: () => Promise<unknown>, code: string, message: RegExp][] = [
      [() => containers.create(name, request), 'CONFLICT', /Could not create container mesos-\d+ .*already in use/],
      [() => containers.create('a b', request), 'INVALID', /Invalid container name \(a b\)/],
      [() => containers.create('none', { Image: 'nothing:here' }), 'NOT_FOUND', /No such image: nothing:here/],
      [() => containers.create('none', { ...request, HostConfig: { Memory: 1 } }), 'INVALID', /Minimum memory limit/i],
      [() => containers.start('no-such'), 'NOT_FOUND', /Could not start container no-such .*No such container/],
      [() => containers.wait('no-such'), 'NOT_FOUND', /No such container/],
      [() => containers.logs('no-such', { tty: false }), 'NOT_FOUND', /No such container/],
      [() => containers.attach('no-such', { tty: false }), 'NOT_FOUND', /No such container/],
      [() => containers.update('no-such', { CpuShares: 2 }), 'NOT_FOUND', /No such container/],
      [() => containers.kill(name, 'SIGNOTHING'), 'INVALID', /Invalid signal: SIGNOTHING/],
      [() => containers.remove(name), 'CONFLICT', /running container/],
      [() => containers.rename(name, 'a b'), 'INVALID', /Invalid container name|a b/],
      [() => containers.inspect('../images'), 'INVALID', /'\.\.\/images' is no name of a container/],
      [() => containers.kill('a/b'), 'INVALID', /is no name of a container/],
      [() => containers.remove(''), 'INVALID', /is no name of a container/],
      [() => execs.inspect('a/../b'), 'INVALID', /is no id of a command/],
      [() => images.inspect('a/../b'), 'INVALID', /'a\/\.\.\/b' is no name of an image/],
      [() => images.remove('a//b'), 'INVALID', /is no name of an image/],
      [() => images.inspect('a?b'), 'INVALID', /is no name of an image/],
      [() => execs.create('no-such', { cmd: ['true'] }), 'NOT_FOUND', /No such container/],
      [() => execs.start('no-such', { tty: false }), 'NOT_FOUND', /No such exec/],
    ];
    for (const [call, code, message] of cases) await assert.rejects(call, { name: 'EngineError', code, message });
    assert.equal(await execs.inspect('no-such'), undefined);
    assert.equal(await containers.kill('no-such'), false);
    assert.equal(await containers.stop('no-such', 0), false);
    assert.equal(await containers.stats('no-such'), undefined);
    await containers.remove(name, { force: true });
  });

  test('a program that is not there', async () => {
    const { client } = await engine();
    const { id } = await client.containers.create('mesos-none', { Image: busybox, Cmd: ['/no/such'] });
    await assert.rejects(client.containers.start(id), { code: 'INVALID', message: /\/no\/such.*no such file/ });
    assert.equal((await client.containers.inspect(id))?.state.exitCode, 127);
  });

  test('start, kill and stop say whether they did something', async () => {
    const { client, id } = await run('trap "exit 7" TERM; echo up; sleep 1000 & wait');
    const { containers } = client;
    // Without its trap, the first process of a container is deaf.
    const output = async () => (await texts(await containers.logs(id, { tty: false }))).stdout;
    await eventually('its trap', async () => (await output()) === 'up\n');
    assert.equal(await containers.start(id), false);
    assert.equal(await containers.kill(id, 'SIGTERM'), true);
    assert.equal((await containers.wait(id)).exitCode, 7);
    assert.equal(await containers.kill(id), false);
    assert.equal(await containers.stop(id, 1), false);
    assert.equal(await containers.stats(id), undefined);
  });

  test('stop kills after the grace period', async () => {
    const { client, id } = await run('trap "" TERM; while :; do sleep 1; done');
    assert.equal(await client.containers.stop(id, 1), true);
    assert.equal((await client.containers.inspect(id))?.state.exitCode, 137);
  });

  test('usage and limits', async () => {
    const memory = 64 * 1024 * 1024;
    const { client, id } = await run('while :; do :; done', {
      HostConfig: { Memory: memory, CpuPeriod: 100_000, CpuQuota: 10_000 },
    });
    const { containers } = client;
    const stats = await eventually('the usage', async () => {
      const found = await containers.stats(id);
      return found !== undefined && found.cpuTotalNs > 0 && found.throttledPeriods > 0 && found;
    });
    assert.equal(stats.memoryLimit, memory);
    assert.ok(stats.memoryUsage > 0 && stats.pids === 1);
    assert.deepEqual(await containers.update(id, { Memory: 2 * memory, MemorySwap: 4 * memory }), []);
    assert.equal((await containers.stats(id))?.memoryLimit, 2 * memory);
    await assert.rejects(containers.update(id, { Memory: 1 }), { message: /Minimum memory limit/i });
    await containers.kill(id);
  });

  test('a container that needs more memory than it may have', async () => {
    const script = 'tail /dev/zero';
    const limit = 16 * 1024 * 1024;
    const { client, id } = await run(script, { HostConfig: { Memory: limit, MemorySwap: limit } });
    assert.equal((await client.containers.wait(id)).exitCode, 137);
    assert.equal((await client.containers.inspect(id))?.state.oomKilled, true);
  });

  test('output is read afterwards, and followed', async () => {
    const { client, id } = await run('echo one; echo two >&2; sleep 0.2; echo three');
    const followed = await client.containers.logs(id, { tty: false, follow: true });
    assert.deepEqual(await texts(followed), { stdout: 'one\nthree\n', stderr: 'two\n' });
    const last = await client.containers.logs(id, { tty: false, tail: 1, stderr: false });
    assert.deepEqual(await texts(last), { stdout: 'three\n', stderr: '' });
  });

  test('output with times begins after a time', async () => {
    const { client, id } = await run('echo one; sleep 0.1; echo two');
    await client.containers.wait(id);
    const { stdout } = await texts(await client.containers.logs(id, { tty: false, timestamps: true }));
    const [, time = ''] = /^(\S+) two$/m.exec(stdout) ?? [];
    const [, seconds, fraction] = /^(.*)\.(\d{9})Z$/.exec(time) ?? [];
    const sinceNs = BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction ?? 0);
    const later = await client.containers.logs(id, { tty: false, sinceNs });
    assert.deepEqual(await texts(later), { stdout: 'two\n', stderr: '' });
  });

  for (const tty of [false, true]) {
    test(`input and output ${tty ? 'with' : 'without'} a terminal`, async () => {
      const { client } = await engine();
      const name = `mesos-attached-${tty}`;
      const request = { Image: busybox, Cmd: ['cat'], OpenStdin: true, StdinOnce: true, Tty: tty };
      await client.containers.create(name, request);
      const attached = await client.containers.attach(name, { tty, stdin: true });
      const output = texts(attached);
      await client.containers.start(name);
      if (tty) await client.containers.resize(name, 40, 100);
      await attached.write('hello\n');
      if (tty)
        await attached.write(Buffer.from([4])); // the terminal's end of input
      else attached.endInput();
      const { stdout } = await output;
      assert.equal(stdout, tty ? 'hello\r\nhello\r\n' : 'hello\n');
      assert.equal((await client.containers.wait(name)).exitCode, 0);
    });
  }

  test('a command in a container', async () => {
    const { client, id } = await run('sleep 1000');
    const { containers, execs } = client;
    const script = 'cat; echo "$A $PWD" >&2; exit 7';
    const command = { cmd: ['sh', '-c', script], env: ['A=b'], workingDir: '/tmp', stdin: true };
    const exec = await execs.create(id, command);
    const stream = await execs.start(exec, { tty: false });
    await stream.write('in');
    stream.endInput();
    assert.deepEqual(await texts(stream), { stdout: 'in', stderr: 'b /tmp\n' });
    const { running, exitCode } = (await execs.inspect(exec)) ?? {};
    assert.deepEqual([running, exitCode], [false, 7]);
    await containers.kill(id);
    await containers.wait(id);
    await assert.rejects(execs.create(id, command), { code: 'CONFLICT', message: /is not running/ });
  });

  test('a command with a terminal', async () => {
    const { client, id } = await run('sleep 1000');
    const exec = await client.execs.create(id, { cmd: ['sh', '-c', 'read x; stty size'], tty: true, stdin: true });
    const stream = await client.execs.start(exec, { tty: true });
    await client.execs.resize(exec, 33, 77);
    await stream.write('go\n');
    const { stdout } = await texts(stream);
    assert.match(stdout, /33 77/);
    await client.containers.kill(id);
  });

  test('much output to a slow reader makes the engine wait', async () => {
    const total = 200 * 1024 * 1024;
    const { client, id } = await run('sleep 1000');
    const exec = await client.execs.create(id, { cmd: ['head', '-c', String(total), '/dev/zero'] });
    const stream = await client.execs.start(exec, { tty: false });
    let length = 0;
    let highest = 0;
    const before = process.memoryUsage().rss;
    for await (const { data } of stream) {
      length += data.length;
      if (length % (64 * 1024) === 0) await new Promise(setImmediate);
      highest = Math.max(highest, process.memoryUsage.rss());
    }
    assert.equal(length, total);
    assert.ok(highest - before < total / 2, `${highest - before} bytes more`);
    await client.containers.kill(id);
  });

  test('a reader that leaves ends its connection', async () => {
    const { client, id } = await run('while :; do echo x; done');
    const left = await client.containers.logs(id, { tty: false, follow: true });
    for await (const { stream } of left) {
      assert.equal(stream, 'stdout');
      break;
    }
    const closed = await client.containers.attach(id, { tty: false });
    const reading = texts(closed);
    closed.close();
    await reading;
    const controller = new AbortController();
    const aborted = await client.containers.logs(id, { tty: false, follow: true, signal: controller.signal });
    const failing = texts(aborted);
    controller.abort();
    await assert.rejects(failing, { code: 'CANCELLED', message: /not wanted any more/ });
    await client.containers.kill(id);
  });

  test('events of containers, by their label', async () => {
    const { client } = await engine();
    const filters = { type: ['container'], event: ['start', 'die', 'destroy'], label: ['watched'] };
    const events = await client.events({ filters });
    const { id: other } = await run('true');
    const { id } = await run('exit 5', { Labels: { watched: 'yes' } });
    await client.containers.wait(id);
    await client.containers.remove(id);
    const seen: string[] = [];
    let since = 0;
    for await (const event of events) {
      assert.notEqual(event.id, other);
      seen.push(`${event.action} ${event.attributes.exitCode ?? ''} ${event.attributes.watched}`);
      if (event.action === 'die') since = event.timeNs;
      if (event.action === 'destroy') break;
    }
    assert.deepEqual(seen, ['start  yes', 'die 5 yes', 'destroy  yes']);
    const past = await client.events({ filters, since: since - 1000 });
    for await (const { action } of past) {
      assert.equal(action, 'die');
      break;
    }
  });

  test('many calls at once share few connections', async () => {
    const { client, id } = await run('sleep 1000');
    const all = await Promise.all(Array.from({ length: 300 }, () => client.containers.inspect(id)));
    assert.ok(all.every(found => found?.id === id));
    const waits = Array.from({ length: 30 }, () => client.containers.wait(id));
    await client.containers.inspect(id); // they do not hold it up
    await client.containers.kill(id);
    const results = await Promise.all(waits);
    assert.ok(results.every(({ exitCode }) => exitCode === 137));
  });

  test('calls that are aborted or take too long', async () => {
    const { client, id } = await run('sleep 1000');
    const { containers } = client;
    const signal = AbortSignal.abort();
    await assert.rejects(containers.inspect(id, { signal }), { code: 'CANCELLED' });
    await assert.rejects(containers.wait(id, { timeoutMs: 50 }), {
      code: 'TIMEOUT',
      message: /no answer within 0.05 s/,
    });
    const controller = new AbortController();
    const waiting = containers.wait(id, { signal: controller.signal });
    await containers.inspect(id);
    controller.abort();
    await assert.rejects(waiting, { code: 'CANCELLED' });
    await containers.kill(id);
  });
});

async function texts(stream: EngineStream<OutputChunk>): Promise<{ stdout: string; stderr: string }> {
  const all = { stdout: '', stderr: '' };
  for await (const { stream: name, data } of stream) all[name] += data.toString();
  return all;
}
