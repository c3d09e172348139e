import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactInput, redactWords } from './redact-input.ts';

const input = {
  command_info: {
    environment: {
      variables: [
        { name: 'DB_PASSWORD', type: 'VALUE', value: 'hun"ter2' },
        { name: 'API', type: 'SECRET', secret: { type: 'VALUE', value: { data: 'aHVudGVyMw==' } } },
        { name: 'HOST', type: 'VALUE', value: 'db.example' },
      ],
    },
  },
  labels: { labels: [{ key: 'token', value: 'abc' }] },
};

test('what is logged of an input has no secrets', () => {
  const text = JSON.stringify(redactInput(input));
  assert.match(text, /DB_PASSWORD.*db\.example/);
  assert.doesNotMatch(text, /ter2|aHVudGVyMw|abc/);
});

test('what a command prints of its input has none either, however it prints it', () => {
  for (const text of [JSON.stringify(input), JSON.stringify(input, undefined, 2), 'I was given hun"ter2 and VALUE']) {
    assert.doesNotMatch(redactWords(text, input), /ter2|aHVudGVyMw/);
  }
  assert.equal(
    redactWords('VALUE of DB_PASSWORD at db.example: abc', input),
    'VALUE of DB_PASSWORD at db.example: abc',
  );
});
