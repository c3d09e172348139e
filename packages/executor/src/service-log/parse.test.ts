import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEntry, wrapLine } from './format.ts';
import { type Entry, parseJsonLine, parseLogfmt } from './parse.ts';
import { RateLimit } from './rate-limit.ts';

const lines: { line: string; entry: Entry | undefined }[] = [
  { line: 'level=info msg=done', entry: { level: 'info', msg: 'done' } },
  { line: '  a=1   b="two words" c= flag ', entry: { a: '1', b: 'two words', c: '', flag: '' } },
  { line: String.raw`msg="say \"hi\"\n"`, entry: { msg: 'say "hi"\n' } },
  { line: 'a=ä b=""', entry: { a: 'ä', b: '' } },
  { line: 'just some words', entry: undefined },
  { line: 'a="no end', entry: undefined },
  { line: 'a=b"c', entry: undefined },
  { line: '=b', entry: undefined },
  { line: '{"a": 1}', entry: undefined },
  { line: '', entry: undefined },
];

for (const { line, entry } of lines) {
  test(`logfmt: ${line}`, () => assert.deepEqual(parseLogfmt(line), entry));
}

for (const { line, entry } of [
  { line: '{"msg": "x", "n": {"a": [1]}}', entry: { msg: 'x', n: { a: [1] } } },
  { line: ' {"a":1}\r', entry: { a: 1 } },
  { line: '[1]', entry: undefined },
  { line: '"text"', entry: undefined },
  { line: '{"a":', entry: undefined },
]) {
  test(`json: ${line}`, () => assert.deepEqual(parseJsonLine(line), entry));
}

test('entries as Logstash wants them', () => {
  const now = new Date(0);
  const fields = { 'instance-id': 'e', scid: 7 };
  const text = formatEntry({ time: 'T', msg: 'm', secret: 'x', scid: 1 }, new Set(['secret']), fields, now);
  assert.equal(text, '{"@timestamp":"T","@version":1,"message":"m","scid":7,"instance-id":"e"}\n');
  assert.equal(
    formatEntry({ a: 1 }, new Set(), {}, now),
    '{"@timestamp":"1970-01-01T00:00:00.000Z","@version":1,"a":1}\n',
  );
  assert.deepEqual(wrapLine('x', now), { time: now.toISOString(), level: 'INFO', logger: 'invalid-format', msg: 'x' });
});

test('a burst may be as large as the rate', () => {
  const limit = new RateLimit(2, 0);
  const taken = [0, 0, 0, 400, 500, 500, 5000, 5000, 5000].map(ms => (limit.take(ms) ? 'y' : 'n')).join('');
  assert.equal(taken, 'yynnynyyn');
  assert.ok(new RateLimit(0, 0).take(0));
});
