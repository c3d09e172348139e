import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEvent, type ShimEvent } from './events.ts';

const pids = { shim: { pid: 7, start: 100, userBefore: 30, systemBefore: 4 }, task: { pid: 8, start: 101 } };

const lines: { line: string; event: ShimEvent | undefined }[] = [
  { line: 'ready 7 100 30 4 8 101 my c', event: { id: 'my c', type: 'ready', ...pids } },
  { line: 'moved 8 101 c', event: { id: 'c', type: 'moved', task: { pid: 8, start: 101 } } },
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
