import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { descendants, readProcess } from '@meseta/system';
import { eventually, needs } from '@meseta/system/testing';
import { readCheckpoint } from '../checkpoints.ts';
import { checkpointPath } from '../paths.ts';
import { Harness, id } from './testing/harness.ts';

const forever = 'while :; do sleep 1000; done';
const untilGo = 'while [ ! -e go ]; do sleep 0.01; done';

async function shimOf(harness: Harness, name: string): Promise<number> {
  return (await readCheckpoint(harness.runtimeDirectory, id(name)))!.shim.pid;
}

test('a launcher that is closed leaves what it was to remove to the next one', async context => {
  const harness = await Harness.make(context);
  const first = harness.launcher();
  const { pid } = await first.launch(id('running'), harness.shell('exec sleep 1000'));
  await first.close();
  await first.remove(id('running'));
  const second = harness.launcher();
  assert.deepEqual([...(await second.recover()).values()], [{ pid, running: true }]);
  assert.deepEqual(harness.warnings, []);
  await second.remove(id('running'));
});

async function spawnerOf(harness: Harness, name: string): Promise<number> {
  return readProcess(await shimOf(harness, name))!.parent;
}

test('finds containers again that run and that ended meanwhile', async context => {
  const harness = await Harness.make(context);
  const first = harness.launcher();
  const running = await first.launch(id('running'), harness.shell(`${untilGo}; exit 4`));
  const ended = await first.launch(id('ended'), harness.shell('exec sleep 1000'));
  await first.launch(id('left'), harness.shell('sleep 1000 & exec sleep 1000'));
  await eventually('both', async () => (await first.usage(id('left')))?.processes === 2);
  await first.close();
  process.kill(ended.pid, 'SIGTERM');
  process.kill(first.pid(id('left'))!, 'SIGTERM');
  for (const name of ['ended', 'left']) {
    await eventually('the record', async () => (await readCheckpoint(harness.runtimeDirectory, id(name)))?.status);
  }

  const second = harness.launcher();
  const recovered = await second.recover();
  assert.deepEqual(recovered.get(id('running')), { pid: running.pid, running: true });
  assert.deepEqual(recovered.get(id('ended')), { pid: ended.pid, running: false });
  assert.equal(recovered.get(id('left'))?.running, false);
  assert.deepEqual(await second.wait(id('ended')), { kind: 'signaled', signal: 15, core: false });
  await eventually('what is left', async () => (await second.usage(id('left')))?.processes === 1);
  await second.destroy(id('left'));
  await writeFile(join(harness.directory, 'go'), '');
  assert.deepEqual(await second.wait(id('running')), { kind: 'exited', code: 4 });
  for (const container of recovered.keys()) await second.remove(container);
  assert.deepEqual(await readdir(join(harness.runtimeDirectory, 'launcher')), []);
  await second.close();
  assert.equal((await harness.launcher().recover()).size, 0);
});

test('an agent killed between fork and checkpoint has started nothing', async context => {
  const harness = await Harness.make(context);
  const program = fileURLToPath(new URL('./testing/agent-process.ts', import.meta.url));
  const agent = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      program,
      harness.runtimeDirectory,
      harness.directory,
      id('c'),
      id('held'),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(agent.stdout, 'data');
  agent.kill('SIGKILL');
  await once(agent, 'exit');

  const launcher = harness.launcher();
  const recovered = await launcher.recover();
  assert.equal(recovered.get(id('c'))?.running, true);
  assert.deepEqual(await launcher.wait(id('held')), { kind: 'not-started' });
  await launcher.drained(id('held'));
  await writeFile(join(harness.directory, 'go'), '');
  assert.deepEqual(await launcher.wait(id('c')), { kind: 'exited', code: 7 });
  assert.equal(await harness.stdout(), '');
});

test('nothing runs when the checkpoint fails, or the container is destroyed while it is written', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher();
  const cause = new Error('disk full');
  const failing = harness.shell('echo ran', { checkpoint: () => Promise.reject(cause) });
  await assert.rejects(launcher.launch(id('c'), failing), { code: 'CHECKPOINT', cause });
  const destroying = harness.shell('echo ran', {
    checkpoint: async pid => {
      assert.equal(launcher.pid(id('c')), pid);
      void launcher.destroy(id('c'));
    },
  });
  await assert.rejects(launcher.launch(id('c'), destroying), { code: 'DESTROYED' });
  const early = assert.rejects(launcher.launch(id('c'), harness.shell('echo ran')), { code: 'DESTROYED' });
  await launcher.destroy(id('c'));
  await early;
  assert.equal(await harness.stdout(), '');
  assert.deepEqual(await readdir(join(harness.runtimeDirectory, 'launcher')), []);
});

test('a killed spawner harms no container and is replaced', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher();
  await launcher.launch(id('a'), harness.shell(`${untilGo}; exit 5`));
  await launcher.launch(id('b'), harness.shell(forever));
  const spawner = await spawnerOf(harness, 'a');
  let kill = true;
  const held = launcher.launch(
    id('held'),
    harness.shell('echo ran', {
      checkpoint: async () => {
        if (kill) process.kill(spawner, 'SIGKILL');
        kill = false;
        await eventually('its end', () => readProcess(spawner) === undefined);
      },
    }),
  );
  await assert.rejects(held, { code: 'SPAWNER' });
  await launcher.launch(id('next'), harness.shell('exit 6'));
  assert.deepEqual(await launcher.wait(id('next')), { kind: 'exited', code: 6 });
  await writeFile(join(harness.directory, 'go'), '');
  assert.deepEqual(await launcher.wait(id('a')), { kind: 'exited', code: 5 });
  process.kill(await shimOf(harness, 'b'), 'SIGKILL');
  assert.deepEqual(await launcher.wait(id('b')), { kind: 'unknown' }, 'noticed without a spawner that would tell');
  await launcher.drained(id('b'));
  assert.equal(await harness.stdout(), '');
});

test('launches under way when the spawner is killed have run, or were refused', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher();
  await launcher.launch(id('first'), harness.shell('exec sleep 1000'));
  const spawner = await spawnerOf(harness, 'first');
  const names = Array.from({ length: 150 }, (_, index) => `c${index}`);
  let launched = 0;
  const outcomes = await Promise.all(
    names.map(async name => {
      try {
        await launcher.launch(id(name), harness.shell(`echo ${name}`));
        if (++launched === 20) process.kill(spawner, 'SIGKILL');
        assert.deepEqual(await launcher.wait(id(name)), { kind: 'exited', code: 0 });
        return [name];
      } catch (error) {
        assert.equal((error as { code?: unknown }).code, 'SPAWNER');
        return [];
      }
    }),
  );
  const ran = (await harness.stdout()).split('\n').filter(Boolean);
  assert.deepEqual(ran.sort(), outcomes.flat().sort());
  assert.ok(ran.length >= 20);
});

const wayward = `setsid sleep 1000 & (setsid sh -c '${forever}' &) ; echo up; ${forever}`;

test('a killed shim ends its container, and no other', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher();
  await launcher.launch(id('other'), harness.shell(forever));
  await launcher.launch(id('c'), harness.shell(`(setsid env -i sh -c '(sleep 1000 &) ; ${forever}' &) ; ${wayward}`));
  await eventually('the tree', async () => ((await launcher.usage(id('c')))?.processes ?? 0) >= 8);
  const members = await pidsBelow(await shimOf(harness, 'c'));
  process.kill(await shimOf(harness, 'c'), 'SIGKILL');
  assert.deepEqual(await launcher.wait(id('c')), { kind: 'unknown' });
  await launcher.drained(id('c'));
  assert.deepEqual(
    members.filter(pid => (readProcess(pid)?.state ?? 'Z') !== 'Z'),
    [],
  );
  await eventually('the other, untouched', async () => (await launcher.usage(id('other')))?.processes === 2);
});

test('a shim killed while no agent is there ends its container at recovery', async context => {
  const harness = await Harness.make(context);
  const first = harness.launcher();
  await first.launch(id('c'), harness.shell(wayward));
  await eventually('the tree', async () => ((await first.usage(id('c')))?.processes ?? 0) >= 5);
  await first.close();
  const shim = await shimOf(harness, 'c');
  const members = await pidsBelow(shim);
  process.kill(shim, 'SIGKILL');
  await eventually('its end', () => (readProcess(shim)?.state ?? 'Z') === 'Z');
  const second = harness.launcher();
  assert.equal((await second.recover()).get(id('c'))?.running, false);
  assert.deepEqual(await second.wait(id('c')), { kind: 'unknown' });
  await second.drained(id('c'));
  assert.deepEqual(
    members.filter(pid => (readProcess(pid)?.state ?? 'Z') !== 'Z'),
    [],
  );
});

test('checkpoints of another boot, torn ones and other files are no processes of ours', async context => {
  const harness = await Harness.make(context);
  await mkdir(join(harness.runtimeDirectory, 'launcher'), { recursive: true });
  const own = readProcess(process.pid)!;
  const lineOf = (start: number) => `${own.pid} ${start} 0 0 ${process.ppid} ${start}`;
  const line = lineOf(own.start);
  const write = (name: string, text: string) => writeFile(checkpointPath(harness.runtimeDirectory, id(name)), text);
  await write('torn', line);
  await write('empty', '');
  await write('rebooted', `${line} 00000000-0000-0000-0000-000000000000\n${' '.repeat(64)}`);
  await write('rebooted-ended', `${line} 00000000-0000-0000-0000-000000000000\nexited 256${' '.repeat(53)}\n`);
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  await write('recycled', `${lineOf(own.start + 1)} ${bootId}\n${' '.repeat(64)}`);
  const launcher = harness.launcher();
  const recovered = await launcher.recover();
  assert.equal(recovered.size, 5);
  const statusOf = (name: string) => launcher.wait(id(name));
  assert.deepEqual(await statusOf('empty'), { kind: 'not-started' });
  assert.deepEqual(await statusOf('rebooted'), { kind: 'unknown' });
  assert.deepEqual(await statusOf('rebooted-ended'), { kind: 'exited', code: 1 });
  assert.deepEqual(await statusOf('recycled'), { kind: 'unknown' });
  assert.deepEqual(await statusOf('torn'), { kind: 'not-started' });
  for (const name of recovered.keys()) await launcher.remove(name);
});

const mounting = needs.mounting('a file system is soon full');
test('a full disk loses no exit status, and launches on it fail cleanly', mounting, async context => {
  const harness = await Harness.make(context);
  const disk = harness.runtimeDirectory;
  await mkdir(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]);
  harness.beforeRemoval = () => execFileSync('umount', ['--lazy', disk]);
  const first = harness.launcher();
  await first.launch(id('c'), harness.shell(`${untilGo}; exit 9`));
  await assert.rejects(writeFile(join(disk, 'filler'), Buffer.alloc(64 * 1024)), { code: 'ENOSPC' });
  const refused = first.launch(id('d'), harness.shell('echo ran'));
  await assert.rejects(refused, { code: 'EXEC', step: 'runtime', errno: 'ENOSPC' });
  await first.close();
  await writeFile(join(harness.directory, 'go'), '');
  await eventually('the record', async () => (await readCheckpoint(disk, id('c')))?.status);
  const second = harness.launcher();
  await second.recover();
  assert.deepEqual(await second.wait(id('c')), { kind: 'exited', code: 9 });
  assert.equal(await harness.stdout(), '');
});

async function pidsBelow(pid: number): Promise<number[]> {
  return (await descendants(readProcess(pid)!)).map(member => member.pid);
}

test('a container that is removed just when the spawner is killed leaves no record', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher();
  await launcher.recover();
  await launcher.launch(id('over'), harness.shell('exit 0'));
  await launcher.drained(id('over'));
  process.kill(await spawnerOf(harness, 'over'), 'SIGSTOP');
  await launcher.remove(id('over'));
  const records = join(harness.runtimeDirectory, 'launcher');
  assert.equal((await readdir(records)).length, 1);
  process.kill(await spawnerOf(harness, 'over'), 'SIGKILL');
  await eventually('no record', async () => (await readdir(records)).length === 0);
  await launcher.launch(id('next'), harness.shell('exit 4'));
  assert.deepEqual(await launcher.wait(id('next')), { kind: 'exited', code: 4 });
  await launcher.remove(id('next'));
});
