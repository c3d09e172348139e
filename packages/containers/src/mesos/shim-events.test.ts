import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStat } from '@meseta/daemon';
import { parseCheckpoint } from './checkpoints.ts';
import { parseEvent, type ShimEvent } from './shim-events.ts';

const pids = { shim: { pid: 7, start: 100, userBefore: 30, systemBefore: 4 }, task: { pid: 8, start: 101 } };

const lines: { line: string; event: ShimEvent | undefined }[] = [
  { line: 'ready 7 100 30 4 8 101 my c', event: { id: 'my c', type: 'ready', ...pids } },
  { line: 'started c', event: { id: 'c', type: 'started' } },
  { line: 'failed 2 exec c', event: { id: 'c', type: 'failed', errno: 2, step: 'exec' } },
  {
    line: 'exited 36608 busy c',
    event: { id: 'c', type: 'exited', status: { kind: 'exited', code: 143 }, empty: false },
  },
  {
    line: 'exited 15 empty c',
    event: { id: 'c', type: 'exited', status: { kind: 'signaled', signal: 15, core: false }, empty: true },
  },
  {
    line: 'exited 139 empty c',
    event: { id: 'c', type: 'exited', status: { kind: 'signaled', signal: 11, core: true }, empty: true },
  },
  { line: 'drained c', event: { id: 'c', type: 'drained' } },
  { line: 'lost c', event: { id: 'c', type: 'lost' } },
  { line: 'xited 0 empty c', event: undefined },
  { line: '0 empty c', event: undefined },
  { line: 'c', event: undefined },
  { line: '', event: undefined },
];
for (const { line, event } of lines) {
  test(`line '${line}'`, () => assert.deepEqual(parseEvent(line), event));
}

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

test('stat: a name may look like other fields', () => {
  const stat = parseStat('42 (a) S 1 (b) R 7 8 9 0 -1 64 1 2 3 4 11 12 13 14 20 0 5 0 777 1000 33 18\n');
  assert.deepEqual(stat, {
    ...{ pid: 42, state: 'R', parent: 7, session: 9, start: 777, threads: 5, rssPages: 33 },
    ...{ user: 11, system: 12, childrenUser: 13, childrenSystem: 14 },
  });
});
