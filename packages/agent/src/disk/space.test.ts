import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@meseta/system';
import { eventually, FakeClock, needs } from '@meseta/system/testing';
import { keepingLogger, silentLogger } from '@meseta/telemetry/testing';
import { Disk } from './disk.ts';
import { DiskSpace } from './space.ts';

test('the probe of an agent that was killed while it looked for room is removed', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'mt-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const probe = join(directory, 'room.probe');
  writeFileSync(probe, 'left');
  const disk = new Disk();
  t.after(() => disk.close());
  const space = new DiskSpace({
    ...{ directories: [directory, join(directory, 'none')], disk, clock: systemClock, log: silentLogger() },
    ...{ onFull: assert.fail, onRoom: assert.fail },
  });
  t.after(() => space.stop());
  await space.start();
  assert.equal(existsSync(probe), false);
});

test('a probe that could not be removed is removed at the next look', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'mt-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const real = new Disk();
  t.after(() => real.close());
  let isFailing = false;
  const disk: Pick<Disk, 'perform'> = {
    perform: async operations => {
      if (isFailing && operations[0]?.type === 'remove') throw new Error('EIO');
      return real.perform(operations);
    },
  };
  const clock = new FakeClock();
  const space = new DiskSpace({
    ...{ directories: [directory], disk, clock, log: silentLogger() },
    ...{ onFull: assert.fail, onRoom: assert.fail },
  });
  t.after(() => space.stop());
  await space.start();
  isFailing = true;
  space.suspect(Object.assign(new Error('EIO'), { code: 'EIO' }));
  clock.advance(1000);
  await eventually('the probe', () => existsSync(join(directory, 'room.probe')));
  await eventually('the end of the look', () => clock.pending > 0);
  isFailing = false;
  clock.advance(10_000);
  await eventually('its removal', () => !existsSync(join(directory, 'room.probe')));
});

const troubles: { name: string; begin: (at: string) => void; end: (at: string) => void; says: RegExp }[] = [
  {
    name: 'is mounted read-only',
    begin: at => execFileSync('mount', ['-o', 'remount,ro', at]),
    end: at => execFileSync('mount', ['-o', 'remount,rw', at]),
    says: /The disk of '\S+' is mounted read-only: the agent takes no tasks until that has changed/,
  },
  {
    name: 'has no inodes',
    begin: at => {
      for (let count = 0; count < 190; count++) writeFileSync(join(at, `file-${count}`), '');
    },
    end: at => {
      for (let count = 0; count < 190; count++) rmSync(join(at, `file-${count}`));
    },
    says: /The disk of '\S+' is full \(\d+ inodes free\): the agent takes no tasks until there is room/,
  },
];
for (const { name, begin, end, says } of troubles) {
  test(`a disk that ${name} is found without a task that fails`, needs.mounting('it is a disk of its own'), async t => {
    const at = mkdtempSync(join(tmpdir(), 'mt-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,nr_inodes=200', 'tmpfs', at]);
    t.after(() => {
      execFileSync('umount', ['--lazy', at]);
      rmSync(at, { recursive: true, force: true });
    });
    const disk = new Disk();
    t.after(() => disk.close());
    const clock = new FakeClock();
    const { log, lines } = keepingLogger();
    const told: string[] = [];
    const space = new DiskSpace({
      ...{ directories: [at], disk, clock, log },
      ...{ onFull: () => told.push('full'), onRoom: () => told.push('room') },
    });
    t.after(() => space.stop());
    await space.start();
    const comes = async (word: string) => {
      await eventually('the next look', () => clock.pending > 0);
      clock.advance(10_000);
      await eventually(word, () => told.at(-1) === word);
    };
    begin(at);
    await comes('full');
    assert.match(lines.join(''), says);
    end(at);
    await comes('room');
    assert.deepEqual(told, ['full', 'room']);
  });
}

const suspicious: { code: string; isLookedAt: boolean }[] = [
  { code: 'EROFS', isLookedAt: true },
  { code: 'EIO', isLookedAt: true },
  { code: 'ENOENT', isLookedAt: false },
];
for (const { code, isLookedAt } of suspicious) {
  test(`a write that fails with ${code} ${isLookedAt ? 'lets' : 'does not let'} the agent look at its disk`, async t => {
    const directory = mkdtempSync(join(tmpdir(), 'mt-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const probes: string[] = [];
    const disk = {
      perform: async ([operation]: Parameters<Disk['perform']>[0]) => {
        if (operation?.type === 'write') probes.push(operation.path);
      },
    };
    const clock = new FakeClock();
    const parts = {
      directories: [directory],
      disk,
      clock,
      log: silentLogger(),
      onFull: assert.fail,
      onRoom: assert.fail,
    };
    const space = new DiskSpace(parts);
    t.after(() => space.stop());
    await space.start();
    space.suspect(new Error('no', { cause: Object.assign(new Error(code), { code }) }));
    clock.advance(1000);
    await eventually('the look', () => clock.pending > 0);
    assert.equal(probes.length, isLookedAt ? 1 : 0);
  });
}
