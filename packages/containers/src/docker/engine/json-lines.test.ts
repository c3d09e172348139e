/** Streams of JSON. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonLines, LineTooLong } from './json-lines.ts';

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function read(text: string, length = 7): Promise<unknown[]> {
  return Array.fromAsync(jsonLines(pieces(Buffer.from(text), length)));
}

test('every division of every stream reads the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' })),
      fc.integer({ min: 1, max: 50 }),
      async (all, length) => {
        assert.deepEqual(await read(all.map(each => `${JSON.stringify(each)}\r\n`).join(''), length), all);
      },
    ),
  );
});

test('empty lines are skipped, and the last line needs no end', async () => {
  assert.deepEqual(await read('{"a":1}\n\r\n\n{"a":2}'), [{ a: 1 }, { a: 2 }]);
});

test('what is no JSON is an error', async () => {
  await assert.rejects(read('{"a":1}\n<html>'), SyntaxError);
});

test('a line has a limit', async () => {
  await assert.rejects(read(`"${'x'.repeat(2 ** 21)}"`, 2 ** 16), LineTooLong);
});
