import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@meseta/system';
import { silentLogger } from '@meseta/telemetry/testing';
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
