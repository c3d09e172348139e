/** What is particular to external containerizers, besides the contract: the order of commands, failures, recovery. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ContainerizerContainers, ContainerizerTermination } from '@meseta/protocol';
import { type Clock, systemClock } from '@meseta/system';
import { eventually, FakeClock } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { type ContainerId, containerKey } from '../container-id.ts';
import type { ContainerLaunch } from '../containerizer.ts';
import type { LaunchError } from '../errors.ts';
import { id } from '../testing/containerizer-bench.ts';
import { ExternalContainerizer } from './containerizer.ts';
import { programEnvironment } from './environment.ts';
import type { ExternalCommand } from './error.ts';
import { ExternalProgram } from './program.ts';
import { encodeRecord } from './record.ts';
import { ExternalStore } from './store.ts';

/** Waits a twentieth of the time, so that limits are reached soon. */
const hasty: Clock = { ...systemClock, after: (ms, f) => systemClock.after(ms / 20, f) };

/** A shell line that answers with bytes. */
const print = (bytes: Uint8Array) =>
  `printf '${[...bytes].map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('')}'`;
const ends = (termination: ContainerizerTermination) => print(encodeRecord(ContainerizerTermination, termination));
const lists = (...ids: ContainerId[]) =>
  print(encodeRecord(ContainerizerContainers, { containers: ids.map(({ value }) => ({ value })) }));

/** Shell lines of a program by command; they run in `$TEST`. `$1` is the command. */
type Script = Partial<Record<ExternalCommand, string>>;

const untilDestroyed = `until [ -e destroyed ]; do sleep 0.01; done; ${ends({ killed: false, message: '', status: 9 })}`;
const usual: Script = { wait: untilDestroyed, destroy: 'touch destroyed', containers: lists() };

class Bench {
  readonly directory: string;
  readonly #all: ExternalContainerizer[] = [];

  constructor(t: TestContext, directory: string) {
    this.directory = directory;
    t.after(async () => {
      await Promise.all(this.#all.map(each => each.close()));
      await rm(directory, { recursive: true });
    });
  }

  static async open(t: TestContext): Promise<Bench> {
    return new Bench(t, await mkdtemp(join(tmpdir(), 'meseta-external-')));
  }

  /** Makes a containerizer whose program is a script. */
  containerizer(script: Script, clock: Clock = systemClock, launchTimeoutMs = 600_000): ExternalContainerizer {
    const path = join(this.directory, 'program');
    const cases = Object.entries({ ...usual, ...script }).map(([command, line]) => `${command}) ${line} ;;`);
    const head = '#!/bin/sh\ncd "$TEST"; cat >"input.$1"; echo "$1" >>log; trap \'echo "$1 ended" >>log\' EXIT\n';
    writeFileSync(path, `${head}case $1 in\n${cases.join('\n')}\nesac\n`);
    chmodSync(path, 0o755);
    const own = { libexecDirectory: '/libexec', workDirectory: this.directory };
    const parts = { clock, log: silentLogger() };
    const made = new ExternalContainerizer({
      ...parts,
      program: new ExternalProgram({
        ...{ path, ...parts },
        environment: { ...programEnvironment({ PATH: '/usr/bin:/bin' }, own), TEST: this.directory },
      }),
      store: new ExternalStore(join(this.directory, 'runtime'), parts.log),
      launchTimeoutMs,
      commandExecutor: '/libexec/mesos-executor',
      defaultImage: 'debian',
      toOldFormat: (_, message) => message,
    });
    this.#all.push(made);
    return made;
  }

  launch(container: ContainerId): ContainerLaunch {
    const directory = join(this.directory, containerKey(container));
    mkdirSync(directory, { recursive: true });
    for (const name of ['stdout', 'stderr']) writeFileSync(join(directory, name), '');
    const executor_info = { executor_id: { value: 'e' } };
    return { config: { directory, command_info: { value: 'true' }, executor_info }, environment: {} };
  }

  /** The commands that were begun, and those that have ended. */
  get log(): string[] {
    const path = join(this.directory, 'log');
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  }

  touch(name: string): void {
    writeFileSync(join(this.directory, name), '');
  }
}

test('until launch has returned, nothing else is sent to its container', async t => {
  const bench = await Bench.open(t);
  const containerizer = bench.containerizer({ launch: 'until [ -e go ]; do sleep 0.01; done' });
  const c = id('c');
  const launch = containerizer.launch(c, bench.launch(c));
  await eventually('the launch', () => bench.log.includes('launch'));
  const update = containerizer.update(c, []);
  assert.equal(await containerizer.usage(c), undefined);
  const destroyed = containerizer.destroy(c);
  bench.touch('go');
  await assert.rejects(launch, (error: LaunchError) => error.code === 'DESTROYED');
  await Promise.all([update, destroyed]);
  assert.deepEqual(bench.log.slice(0, 2), ['launch', 'launch ended']);
  assert.deepEqual(new Set(bench.log.slice(2)), new Set(['wait', 'destroy', 'destroy ended', 'wait ended']));
});

test('a container that has ended gets no further command', async t => {
  const bench = await Bench.open(t);
  const containerizer = bench.containerizer({ wait: ends({ killed: false, message: '', status: 3 << 8 }) });
  const c = id('c');
  await containerizer.launch(c, bench.launch(c));
  assert.deepEqual(await containerizer.wait(c), { exit: { kind: 'exited', code: 3 } });
  await containerizer.update(c, []);
  await containerizer.usage(c);
  await containerizer.remove(c);
  assert.deepEqual(bench.log, ['launch', 'launch ended', 'wait', 'wait ended']);
});

const limited = { message: 'too much', reason: 'REASON_CONTAINER_LIMITATION' };
const terminations: { name: string; said: ContainerizerTermination; end: object }[] = [
  {
    name: 'a limit',
    said: { killed: true, message: 'too much', status: 9 },
    end: {
      exit: { kind: 'signaled', signal: 9, core: false },
      ...{ limitation: limited, message: 'too much', destroyed: true },
    },
  },
  { name: 'no status', said: { killed: false, message: '' }, end: { exit: { kind: 'unknown' } } },
  {
    name: 'a message',
    said: { killed: false, message: 'The image has gone', status: 256 },
    end: { exit: { kind: 'exited', code: 1 }, message: 'The image has gone' },
  },
];
for (const { name, said, end } of terminations) {
  test(`an end with ${name}`, async t => {
    const bench = await Bench.open(t);
    const containerizer = bench.containerizer({ wait: ends(said) });
    const c = id('c');
    await containerizer.launch(c, bench.launch(c));
    assert.deepEqual(await containerizer.wait(c), end);
  });
}

test('a launch that fails leaves nothing, and its message is that of the program', async t => {
  const bench = await Bench.open(t);
  const containerizer = bench.containerizer({ launch: 'exit 3' });
  const c = id('c');
  await assert.rejects(containerizer.launch(c, bench.launch(c)), (error: LaunchError) => {
    assert.equal(error.code, 'EXEC');
    assert.match(error.message, /'launch' of the external containerizer program '.*' failed: it exited with status 3;/);
    return true;
  });
  assert.deepEqual([...containerizer.containers()], []);
  assert.deepEqual(bench.log, ['launch', 'launch ended']);
});

test('a launch that does not return is killed, and what it left is destroyed', async t => {
  const bench = await Bench.open(t);
  const clock = new FakeClock();
  const containerizer = bench.containerizer({ launch: 'exec sleep 1000' }, clock, 10_000);
  const c = id('c');
  const refused = assert.rejects(
    containerizer.launch(c, bench.launch(c)),
    /did not end within 10 seconds and was killed/,
  );
  await eventually('the launch', () => bench.log.includes('launch'));
  clock.advance(10_000);
  await refused;
  assert.deepEqual(bench.log, ['launch', 'destroy', 'destroy ended']);
});

test('when wait fails, the container is ended, and its end says why', async t => {
  const bench = await Bench.open(t);
  const containerizer = bench.containerizer({ wait: 'echo garbage' });
  const c = id('c');
  await containerizer.launch(c, bench.launch(c));
  const end = await containerizer.wait(c);
  assert.deepEqual(end?.exit, { kind: 'unknown' });
  assert.match(end?.message ?? '', /^'wait' of the external containerizer program '.*' failed: its answer would have/);
  assert.ok(bench.log.includes('destroy ended'));
});

test('a destroy that fails is tried again; then the container is given up', async t => {
  const bench = await Bench.open(t);
  const containerizer = bench.containerizer({ destroy: 'exit 1' }, hasty);
  const c = id('c');
  await containerizer.launch(c, bench.launch(c));
  await containerizer.destroy(c);
  assert.deepEqual(await containerizer.wait(c), { exit: { kind: 'unknown' }, destroyed: true });
  assert.equal(bench.log.filter(line => line === 'destroy').length, 3);
});

test('the image for tasks without one is a variable of launch alone', async t => {
  const bench = await Bench.open(t);
  const environment = 'env | grep ^MESOS_ | sort >"env.$1"';
  const containerizer = bench.containerizer({ launch: environment, wait: `${environment}; ${untilDestroyed}` });
  const c = id('c');
  await containerizer.launch(c, { ...bench.launch(c), environment: { MESOS_SANDBOX: '/here' } });
  await containerizer.destroy(c);
  const of = (command: string) =>
    readFileSync(join(bench.directory, `env.${command}`), 'utf8')
      .trimEnd()
      .split('\n');
  const always = ['MESOS_LIBEXEC_DIRECTORY=/libexec', `MESOS_WORK_DIRECTORY=${bench.directory}`];
  assert.deepEqual(of('wait'), always);
  assert.deepEqual(of('launch'), ['MESOS_DEFAULT_CONTAINER_IMAGE=debian', always[0], 'MESOS_SANDBOX=/here', always[1]]);
});

test('the next agent waits for a launch that is under way, and kills the wait of the last one', async t => {
  const bench = await Bench.open(t);
  const first = bench.containerizer({ launch: 'until [ -e go ]; do sleep 0.01; done' });
  const [c, d] = [id('c'), id('d')];
  bench.touch('go');
  await first.launch(d, bench.launch(d));
  await rm(join(bench.directory, 'go'));
  const launch = first.launch(c, bench.launch(c));
  await eventually('the launch', () => bench.log.filter(line => line === 'launch').length === 2);
  await first.close();
  await assert.rejects(launch, (error: LaunchError) => error.code === 'SPAWNER');
  const second = bench.containerizer({ containers: lists(c, d) });
  const known = [c, d].map(each => ({ id: each, directory: join(bench.directory, containerKey(each)) }));
  const recovery = second.recover(known);
  bench.touch('go');
  const { containers, orphans } = await recovery;
  assert.ok(bench.log.lastIndexOf('launch ended') < bench.log.indexOf('recover'));
  assert.deepEqual(orphans, []);
  assert.deepEqual([...containers.values()], Array(2).fill({ pid: undefined, running: true }));
  await Promise.all([second.remove(c), second.remove(d)]);
  assert.deepEqual([...second.containers()], []);
});

test('containers that the agent does not know are waited for and destroyed', async t => {
  const bench = await Bench.open(t);
  const stray = id('stray');
  const containerizer = bench.containerizer({ containers: lists(stray) });
  const { containers, orphans } = await containerizer.recover([]);
  assert.deepEqual([containers.size, orphans], [0, [stray]]);
  await eventually('its wait', () => bench.log.includes('wait'));
  await containerizer.remove(stray);
  assert.deepEqual(
    bench.log.filter(line => line === 'destroy'),
    ['destroy'],
  );
});

test('a container that the program does not know any more was never started, or its end is lost', async t => {
  const bench = await Bench.open(t);
  const first = bench.containerizer({});
  const c = id('c');
  await first.launch(c, bench.launch(c));
  await first.close();
  const second = bench.containerizer({ wait: 'exit 1', destroy: 'exit 1' });
  const { containers, orphans } = await second.recover([{ id: c, directory: join(bench.directory, containerKey(c)) }]);
  assert.deepEqual([containers.size, orphans.length], [0, 0]);
  assert.equal(second.wait(c), undefined);
  await second.remove(c);
  const third = bench.containerizer({});
  assert.deepEqual((await third.recover([])).orphans, []);
});

const refused: { name: string; script: Script; message: RegExp }[] = [
  {
    name: 'recover',
    script: { recover: 'exit 1' },
    message: /^ExternalProgramError: 'recover' of .* exited with status 1/,
  },
  {
    name: 'containers',
    script: { containers: 'echo none' },
    message: /'containers' of .* failed: its answer would have/,
  },
];
for (const { name, script, message } of refused) {
  test(`an agent does not start when ${name} fails`, async t => {
    const bench = await Bench.open(t);
    await assert.rejects(bench.containerizer(script).recover([]), message);
  });
}

test('an id that could be no directory is ignored', async t => {
  const bench = await Bench.open(t);
  const containers = print(encodeRecord(ContainerizerContainers, { containers: [{ value: '../x' }, { value: '' }] }));
  assert.deepEqual((await bench.containerizer({ containers }).recover([])).orphans, []);
});

test('a task without an executor is refused, because nothing could signal it', async t => {
  const bench = await Bench.open(t);
  const containerizer = bench.containerizer({});
  const c = id('c');
  const launch = bench.launch(c);
  const task_info = { name: 't', task_id: { value: 't' }, agent_id: { value: 'a' } };
  const result = await containerizer.launch(c, { ...launch, config: { ...launch.config, task_info } });
  assert.deepEqual(result, { unsupported: 'Commands without an executor are not possible in external containers' });
});
