import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../usage-error.ts';
import { DetachKeys, defaultDetachKeys, parseDetachKeys } from './detach-keys.ts';

const parsed: [string, number[]][] = [
  [defaultDetachKeys, [16, 17]],
  ['a', [97]],
  ['ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_', [0, 27, 28, 29, 30, 31]],
  ['CTRL-A,x', [1, 120]],
];
for (const [text, bytes] of parsed) test(`keys ${text}`, () => assert.deepEqual([...parseDetachKeys(text)], bytes));

for (const text of ['', 'ctrl-', 'ctrl-1', 'ab', 'ctrl-p,,ctrl-q', 'ä']) {
  test(`no keys: '${text}'`, () => assert.throws(() => parseDetachKeys(text), UsageError));
}

const typed: { name: string; keys: string; pieces: string[]; sent: string; detached: boolean }[] = [
  { name: 'nothing of them', keys: 'x,y', pieces: ['abc'], sent: 'abc', detached: false },
  { name: 'all at once', keys: 'x,y', pieces: ['abxy'], sent: 'ab', detached: true },
  { name: 'one after the other', keys: 'x,y', pieces: ['x', 'y'], sent: '', detached: true },
  { name: 'a beginning, and something else', keys: 'x,y', pieces: ['x', 'a'], sent: 'xa', detached: false },
  { name: 'a beginning twice', keys: 'x,y', pieces: ['x', 'x', 'y'], sent: 'x', detached: true },
  { name: 'what follows is not sent', keys: 'x', pieces: ['axb'], sent: 'a', detached: true },
];
for (const { name, keys, pieces, sent, detached } of typed) {
  test(`typed: ${name}`, () => {
    const looking = new DetachKeys(parseDetachKeys(keys));
    const results = pieces.map(piece => looking.filter(Buffer.from(piece)));
    assert.equal(Buffer.concat(results.map(({ data }) => data)).toString(), sent);
    assert.equal(results.at(-1)?.detached, detached);
  });
}
