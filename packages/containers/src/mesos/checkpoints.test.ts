import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCheckpoint } from './checkpoints.ts';

const pids = { shim: { pid: 7, start: 100, userBefore: 30, systemBefore: 4 }, task: { pid: 8, start: 101 } };

const blank = ' '.repeat(64);
const checkpoints: { name: string; text: string; checkpoint: ReturnType<typeof parseCheckpoint> }[] = [
  { name: 'running', text: `7 100 30 4 8 101 boot\n${blank}`, checkpoint: { ...pids, bootId: 'boot' } },
  {
    name: 'exited',
    text: `7 100 30 4 8 101 boot\nexited 768   \n`,
    checkpoint: { ...pids, bootId: 'boot', status: { kind: 'exited', code: 3 } },
  },
  {
    name: 'failed',
    text: `7 100 30 4 8 101 boot\nfailed 2 exec  \n`,
    checkpoint: { ...pids, bootId: 'boot', status: { kind: 'not-started' } },
  },
  { name: 'a torn record', text: `7 100 30 4 8 101 boot\nexited 7`, checkpoint: { ...pids, bootId: 'boot' } },
  { name: 'a torn first line', text: '7 100 30 4 8 101 bo', checkpoint: undefined },
  { name: 'an empty file', text: '', checkpoint: undefined },
];
for (const { name, text, checkpoint } of checkpoints) {
  test(`checkpoint: ${name}`, () => assert.deepEqual(parseCheckpoint(text), checkpoint));
}

test('checkpoint: cut off after any byte, it is what was written, or nothing', () => {
  for (const { text } of checkpoints) {
    const whole = parseCheckpoint(text);
    for (let length = 0; length < text.length; length++) {
      const found = parseCheckpoint(text.slice(0, length));
      if (found === undefined) continue;
      const { status, ...rest } = found;
      assert.deepEqual({ ...rest, ...(whole?.status && { status: whole.status }) }, whole);
      if (status) assert.deepEqual(status, whole?.status);
    }
  }
});
