import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundedJson, maximumJsonDepth } from './bounded-json.ts';
import { DecodeError } from './errors.ts';
import { parseJson } from './parse-json.ts';

const arrays = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

const cases: { name: string; text: string; taken: boolean }[] = [
  { name: '150 arrays', text: arrays(150), taken: true },
  { name: 'as many arrays as may be', text: arrays(maximumJsonDepth), taken: true },
  { name: 'one array more', text: arrays(maximumJsonDepth + 1), taken: false },
  { name: '300 objects', text: objects(300), taken: false },
  { name: '150 objects', text: objects(150), taken: true },
  { name: '100,000 objects in a field', text: `{"type":"X","unknown":${objects(100_000)}}`, taken: false },
  { name: 'a million brackets without end', text: '['.repeat(1_000_000), taken: false },
  { name: 'many, side by side', text: `[${Array(1000).fill('[[]]').join()}]`, taken: true },
  { name: 'brackets in strings', text: JSON.stringify({ a: '['.repeat(1000) }), taken: true },
  {
    name: 'brackets in strings with quotes',
    text: JSON.stringify(Array(10).fill('"\\"[{\\'.repeat(100))),
    taken: true,
  },
  { name: 'brackets behind such strings', text: `["a\\\\", ${arrays(300)}]`, taken: false },
  { name: 'brackets behind an escaped quote', text: `["a\\"", ${arrays(300)}]`, taken: false },
];
for (const { name, text, taken } of cases) {
  test(`${name}: ${taken ? 'taken' : 'refused'}`, () => {
    for (const parse of [boundedJson, parseJson]) {
      if (taken) assert.deepEqual(parse(text), JSON.parse(text));
      else
        assert.throws(
          () => parse(text),
          (error: Error) => error instanceof DecodeError && /200 levels/.test(error.message),
        );
    }
  });
}

test('what is no JSON is told as by JSON.parse', () => {
  for (const text of [`${' '.repeat(300)}"x`, `${' '.repeat(300)}]`])
    assert.throws(() => boundedJson(text), SyntaxError);
});
