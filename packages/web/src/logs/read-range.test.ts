import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { rangeReader } from './read-range.ts';

/** Makes the agent answer with this. @returns what reads from it. */
function reading(t: TestContext, answer: (range: string | null) => Response) {
  const fetched = (_: unknown, init?: RequestInit) => Promise.resolve(answer(new Headers(init?.headers).get('Range')));
  t.mock.method(globalThis, 'fetch', fetched);
  const read = rangeReader('agent', '/file');
  return async (range: string) => {
    const { bytes, ...piece } = await read(range, new AbortController().signal);
    return { text: Buffer.from(bytes).toString(), ...piece };
  };
}

test('a part of a file is where the agent says', async t => {
  const headers = { 'Content-Range': 'bytes 3-5/10', 'Meseta-File-Id': 'one' };
  const read = reading(t, () => new Response('345', { status: 206, headers }));
  assert.deepEqual(await read('bytes=3-5'), { text: '345', start: 3, size: 10, fileId: 'one' });
});

test('a range is cut out of the whole file, where an agent knows no ranges', async t => {
  const read = reading(t, () => new Response('0123456789'));
  const parts: [range: string, text: string, start: number][] = [
    ['bytes=3-5', '345', 3],
    ['bytes=9-20', '9', 9],
    ['bytes=10-20', '', 10],
    ['bytes=30-40', '', 10],
    ['bytes=0-3', '0123', 0],
    ['bytes=-4', '6789', 6],
    ['bytes=-40', '0123456789', 0],
  ];
  for (const [range, text, start] of parts)
    assert.deepEqual(await read(range), { text, start, size: 10, fileId: undefined }, range);
});

test('a range behind the end of a file is empty', async t => {
  const headers = { 'Content-Range': 'bytes */10' };
  const read = reading(t, () => new Response('', { status: 416, headers }));
  assert.deepEqual(await read('bytes=10-20'), { text: '', start: 10, size: 10, fileId: undefined });
});
