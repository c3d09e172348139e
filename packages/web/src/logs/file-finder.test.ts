import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../requests/request.ts';
import { FileFinder, MOST_FOUND, neighbour } from './file-finder.ts';
import type { Piece, ReadRange } from './log-reader.ts';

/** Serves a file by ranges, as agents do. */
function reader(bytes: Buffer, change: (piece: Piece, reads: number) => Piece = piece => piece): ReadRange {
  let reads = 0;
  return async range => {
    const { length: size } = bytes;
    const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
    const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
    const end = first === '' ? size : Math.min(size, Number(last) + 1);
    return change({ bytes: bytes.subarray(start, end), start, size, fileId: 'one' }, ++reads);
  };
}

async function find(bytes: Buffer, text: string) {
  const finder = new FileFinder(reader(bytes), text);
  await finder.run();
  return finder.state;
}

/** Where lines with the text begin, by looking at the whole file. */
function expected(text: string, needle: string): number[] {
  const places: number[] = [];
  let offset = 0;
  for (const line of text.split(/(?<=\n)/)) {
    if (line.toLowerCase().includes(needle.toLowerCase())) places.push(offset);
    offset += Buffer.byteLength(line);
  }
  return places;
}

describe('looking for a text in a file', () => {
  test('finds every line that contains it, over all slices', async () => {
    const lines = Array.from({ length: 300_000 }, (_, index) =>
      index % 9973 === 0 ? `an ERROR é ${index}\n` : `line ${index}\n`,
    );
    const text = lines.join('');
    assert.ok(text.length > 3 * 1024 * 1024);
    const { found, phase, searched, size } = await find(Buffer.from(text), 'error É');
    assert.deepEqual(found, expected(text, 'error é'));
    assert.deepEqual([phase, searched, size], ['complete', Buffer.byteLength(text), Buffer.byteLength(text)]);
  });

  test('is right for any short file', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'é', '漢'), maxLength: 40 });
    const needle = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(text, needle, async (file, wanted) => {
        assert.deepEqual((await find(Buffer.from(file), wanted)).found, expected(file, wanted));
      }),
    );
  });

  test('finds text between whose letters colours change', async () => {
    const file = Buffer.from('one\n\x1b[31mERROR\x1b[0m: no such file\n');
    assert.deepEqual((await find(file, 'error: no')).found, [4]);
  });

  test('finds it in a line of megabytes, also across slices', async () => {
    const before = 'x'.repeat(1_500_000);
    const bytes = Buffer.from(`first\n${before}needle${'y'.repeat(1_048_573)}\nlast needle\n`);
    const { found } = await find(bytes, 'needle');
    assert.ok(found.includes(bytes.indexOf('last needle')));
    const place = bytes.indexOf('needle');
    assert.ok(
      found.some(at => Math.abs(at - place) <= 1024 * 1024),
      String(found),
    );
  });

  test('keeps so many and no more, those at the end of the file', async () => {
    const bytes = Buffer.from('here\n'.repeat(MOST_FOUND + 5));
    const { found, phase } = await find(bytes, 'here');
    assert.deepEqual([found.length, found.at(-1), phase], [MOST_FOUND, bytes.length - 5, 'enough']);
  });

  test('says when the file changes under it, cannot be read, or is not wanted any more', async () => {
    const bytes = Buffer.alloc(3 * 1024 * 1024, 'line\n');
    const rotated = new FileFinder(
      reader(bytes, (piece, reads) => (reads > 1 ? { ...piece, fileId: 'two' } : piece)),
      'no',
    );
    await rotated.run();
    assert.equal(rotated.state.phase, 'changed');
    const failing = new FileFinder(async () => {
      throw new RequestError('gone', { status: 404 });
    }, 'x');
    await failing.run();
    assert.deepEqual([failing.state.phase, failing.state.problem?.status], ['failed', 404]);
    const cancelled: FileFinder = new FileFinder(
      reader(bytes, (piece, reads) => {
        if (reads === 2) cancelled.cancel();
        if (reads === 2) throw new Error('aborted');
        return piece;
      }),
      'no',
    );
    await cancelled.run();
    assert.equal(cancelled.state.phase, 'cancelled');
    assert.equal((await find(Buffer.alloc(0), 'x')).phase, 'complete');
  });

  test('goes from place to place, and around', () => {
    const found = [10, 20, 30];
    assert.deepEqual(
      [neighbour(found, undefined, 'previous'), neighbour(found, 30, 'previous'), neighbour(found, 10, 'previous')],
      [30, 20, 30],
    );
    assert.deepEqual(
      [neighbour(found, undefined, 'next'), neighbour(found, 15, 'next'), neighbour(found, 30, 'next')],
      [10, 20, 10],
    );
  });
});
