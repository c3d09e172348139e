import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStat } from './proc.ts';

test('stat: a name may look like other fields', () => {
  const stat = parseStat('42 (a) S 1 (b) R 7 8 9 0 -1 64 1 2 3 4 11 12 13 14 20 0 5 0 777 1000 33 18\n');
  assert.deepEqual(stat, {
    ...{ pid: 42, state: 'R', parent: 7, session: 9, start: 777, threads: 5, rssPages: 33 },
    ...{ user: 11, system: 12, childrenUser: 13, childrenSystem: 14 },
  });
});
