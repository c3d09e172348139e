import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { descendants, readProcess } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { readCheckpoint } from '../checkpoints.ts';
import { type Launcher, pause } from '../launcher.ts';
import { Harness, id } from './testing/harness.ts';

const isGone = (pid: number) => (readProcess(pid)?.state ?? 'Z') === 'Z';

/** Runs a container to its end and lets go of it. @returns the pid of its shim. */
async function runOne(harness: Harness, launcher: Launcher, name: string, script = 'exit 0'): Promise<number> {
  await launcher.launch(id(name), harness.shell(script));
  const shim = await shimOf(harness, name);
  await launcher.wait(id(name));
  await launcher.remove(id(name));
  await eventually('its checkpoint to be gone', async () => (await checkpointOf(harness, name)) === undefined);
  return shim;
}

const checkpointOf = (harness: Harness, name: string) => readCheckpoint(harness.runtimeDirectory, id(name));

async function shimOf(harness: Harness, name: string): Promise<number> {
  return (await checkpointOf(harness, name))!.shim.pid;
}

/** Far longer than a test takes: the shim is still there when the next container comes. */
const patient = { idleSeconds: 600 };

async function withIdleShim(context: TestContext, options: { readonly idleSeconds?: number } = patient) {
  const harness = await Harness.make(context);
  const launcher = harness.launcher(options);
  return { harness, launcher, shim: await runOne(harness, launcher, 'first') };
}

test('a shim takes one container after another, and tells them apart', async context => {
  const { harness, launcher, shim } = await withIdleShim(context);
  await launcher.launch(id('second'), harness.shell('sleep 1000 & kill -9 $$'));
  assert.equal(await shimOf(harness, 'second'), shim);
  assert.deepEqual(await launcher.wait(id('second')), { kind: 'signaled', signal: 9, core: false });
  assert.equal(await launcher.signal(id('first'), 'SIGKILL'), 0);
  await eventually('what it left behind', async () => (await launcher.usage(id('second')))?.processes === 1);
  const third = await runOne(harness, launcher, 'third', 'exit 3');
  assert.notEqual(third, shim, 'that one is busy');
  await launcher.remove(id('second'));
  await launcher.launch(id('fourth'), harness.shell('exit 4'));
  assert.ok([shim, third].includes(await shimOf(harness, 'fourth')));
  assert.deepEqual(await launcher.wait(id('fourth')), { kind: 'exited', code: 4 });
});

test('a shim whose task was killed before it was told to go takes another container', async context => {
  const { harness, launcher, shim } = await withIdleShim(context);
  const checkpoint = async (pid: number) => void process.kill(pid, 'SIGKILL');
  await launcher.launch(id('second'), { ...harness.shell('exit 0'), checkpoint });
  assert.deepEqual(await launcher.wait(id('second')), { kind: 'signaled', signal: 9, core: false });
  await launcher.remove(id('second'));
  await launcher.launch(id('third'), harness.shell('exit 3'));
  assert.equal(await shimOf(harness, 'third'), shim);
  assert.deepEqual(await launcher.wait(id('third')), { kind: 'exited', code: 3 });
});

test('a shim whose container was destroyed while it was launched takes another container, or ends', async context => {
  const { harness, launcher, shim } = await withIdleShim(context, {});
  const destroys: Promise<void>[] = [];
  const checkpoint = async (pid: number) => {
    destroys.push(launcher.destroy(id('second')));
    await eventually('the end of the process that is to run', () => isGone(pid));
  };
  const launching = launcher.launch(id('second'), { ...harness.shell('exit 0'), checkpoint });
  await assert.rejects(launching, { code: 'DESTROYED' });
  await Promise.all(destroys);
  await eventually('its checkpoint to be gone', async () => (await checkpointOf(harness, 'second')) === undefined);
  await eventually('the end of the shim, which has nothing to do', () => isGone(shim));
});

test('a shim stands for the process of a container without a program, and takes another container', async context => {
  const { harness, launcher, shim } = await withIdleShim(context);
  const { pid } = await launcher.launch(id('pod'), { ...harness.shell(''), file: pause, argv: [] });
  assert.equal(pid, shim);
  await launcher.remove(id('pod'));
  assert.equal(await runOne(harness, launcher, 'next'), shim);
});

test('a shim that stands for a process ends when nobody can ask it to: its spawner let go of it, or has ended', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher();
  const many = Array.from({ length: 130 }, (_, index) => `pod-${index}`);
  for (const name of many) await launcher.launch(id(name), { ...harness.shell(''), file: pause, argv: [] });
  const shim = await shimOf(harness, 'pod-0');
  await launcher.destroy(id('pod-0'));
  assert.ok(isGone(shim));
  assert.deepEqual(await launcher.wait(id('pod-0')), { kind: 'signaled', signal: 9, core: false });
  const left = await Promise.all(many.slice(1).map(name => shimOf(harness, name)));
  await launcher.close();
  const next = harness.launcher();
  await next.recover();
  for (const name of many) await next.remove(id(name));
  assert.deepEqual(
    left.filter(pid => !isGone(pid)),
    [],
  );
});

test('the processor time of a container is its own', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher(patient);
  const burn = 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done';
  const shim = await runOne(harness, launcher, 'busy', burn);
  await launcher.launch(id('second'), harness.shell('exec sleep 1000'));
  assert.equal(await shimOf(harness, 'second'), shim);
  const { childrenUser } = readProcess(shim)!;
  assert.ok(childrenUser > 0, 'the kernel counts the first');
  assert.ok((await launcher.usage(id('second')))!.userSeconds * 100 < childrenUser);
  await launcher.close();
  const next = harness.launcher();
  await next.recover();
  assert.ok((await next.usage(id('second')))!.userSeconds * 100 < childrenUser);
});

test('an agent that starts again finds a container of a shim that had others before', async context => {
  const { harness, launcher, shim } = await withIdleShim(context);
  await launcher.launch(id('second'), harness.shell('exec sleep 1000'));
  assert.equal(await shimOf(harness, 'second'), shim);
  await launcher.close();
  const next = harness.launcher();
  assert.deepEqual([...(await next.recover()).keys()], [id('second')]);
  await next.destroy(id('second'));
  assert.deepEqual(await next.wait(id('second')), { kind: 'signaled', signal: 9, core: false });
  await eventually('the end of the shim, which nobody will give another', () => isGone(shim));
});

test('shims without a container end with the spawner, and after a while by themselves', async context => {
  const { launcher, shim } = await withIdleShim(context, {});
  await eventually('its end, with nothing to do', () => isGone(shim));
  const other = await withIdleShim(context);
  await other.launcher.close();
  await eventually('its end', () => isGone(other.shim));
  await launcher.close();
});

test('a shim that is killed while it has no container harms nobody', async context => {
  const { harness, launcher, shim } = await withIdleShim(context);
  process.kill(shim, 'SIGKILL');
  await eventually('its end', () => isGone(shim));
  assert.notEqual(await runOne(harness, launcher, 'second'), shim);
  assert.deepEqual(harness.warnings, []);
});

test('a shim that is killed among hundreds takes its own descendants with it, and nobody else', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher();
  // More than the spawner reads at once of the list of its children, which strays are looked for in.
  const names = Array.from({ length: 900 }, (_, index) => `c${index}`);
  await Promise.all(names.map(name => launcher.launch(id(name), harness.shell('exec sleep 1000'))));
  await launcher.launch(id('last'), harness.shell('setsid env -i sleep 1000 & wait'));
  await eventually('its child', async () => (await launcher.usage(id('last')))?.processes === 2);
  const stray = (await descendants(readProcess(await shimOf(harness, 'last'))!)).find(
    ({ pid }) => pid !== launcher.pid(id('last')),
  )!;
  process.kill(await shimOf(harness, 'last'), 'SIGKILL');
  await launcher.drained(id('last'));
  assert.ok(isGone(stray.pid));
  const alive = names.filter(name => !isGone(launcher.pid(id(name))!));
  assert.equal(alive.length, names.length);
  await Promise.all(names.map(name => launcher.remove(id(name))));
});

test('a checkpoint that the spawner cannot remove is removed when it can be, and its shim gets no other container', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher(patient);
  await launcher.launch(id('first'), harness.shell('exit 0'));
  const shim = await shimOf(harness, 'first');
  await launcher.wait(id('first'));
  await launcher.drained(id('first'));
  const file = join(harness.runtimeDirectory, 'launcher', id('first'));
  rmSync(file);
  mkdirSync(file); // which cannot be removed as a file is
  await launcher.remove(id('first'));
  await eventually('the refusal', () => harness.warnings.some(line => line.startsWith('Cannot remove the checkpoint')));
  await eventually('the end of its shim', () => isGone(shim));
  rmdirSync(file);
  writeFileSync(file, '');
  await eventually('its end', () => !existsSync(file));
});
