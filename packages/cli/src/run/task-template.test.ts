import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeTask } from './task-template.ts';

test('options replace the resources of a file that they name, and no others', t => {
  const directory = mkdtempSync(join(tmpdir(), 'task-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'task.json');
  const scalar = (name: string, value: number) => ({ name, type: 'SCALAR', scalar: { value } });
  const resources = [scalar('cpus', 1), scalar('mem', 32), scalar('constructor', 2)];
  writeFileSync(file, JSON.stringify({ command: { value: 'true' }, resources }));
  assert.deepEqual(describeTask({ task: file, cpus: '4' }, []).resources, [
    ...[scalar('mem', 32), scalar('constructor', 2)],
    scalar('cpus', 4),
  ]);
});
