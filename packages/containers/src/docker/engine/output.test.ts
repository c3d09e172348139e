/** Frames of output, however the connection divides them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { demultiplexed, OutputDamaged, undivided } from './output.ts';

type Frame = readonly [stream: number, data: Buffer];

function framed(frames: readonly Frame[]): Buffer {
  return Buffer.concat(
    frames.flatMap(([stream, data]) => {
      const header = Buffer.alloc(8);
      header.writeUInt8(stream, 0);
      header.writeUInt32BE(data.length, 4);
      return [header, data];
    }),
  );
}

/** Cuts bytes into pieces of these lengths, and a rest. */
async function* pieces(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const length of lengths) {
    yield bytes.subarray(at, at + length);
    at += length;
  }
  yield bytes.subarray(at);
}

async function read(bytes: Buffer, lengths: readonly number[] = []): Promise<{ stdout: string; stderr: string }> {
  const texts = { stdout: '', stderr: '' };
  for await (const { stream, data } of demultiplexed(pieces(bytes, lengths))) texts[stream] += data.toString('latin1');
  return texts;
}

const bytes = fc.uint8Array({ maxLength: 100 }).map(data => Buffer.from(data));

test('every division of every output reads the same', async () => {
  const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), bytes), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(frames, fc.array(fc.nat(30)), async (all, lengths) => {
      const of = (stream: number) =>
        Buffer.concat(all.filter(([each]) => each === stream).map(([, data]) => data)).toString('latin1');
      assert.deepEqual(await read(framed(all), lengths), { stdout: of(1), stderr: of(2) });
    }),
  );
});

test('the first piece of each frame is marked', async () => {
  const all = framed([
    [1, Buffer.from('abc')],
    [2, Buffer.from('d')],
  ]);
  const marks = [];
  for await (const { data, first } of demultiplexed(pieces(all, [9]))) marks.push(`${data}:${first}`);
  assert.deepEqual(marks, ['a:true', 'bc:false', 'd:true']);
});

const damaged: [name: string, bytes: Buffer, message: RegExp, brokeOff: boolean][] = [
  ['text without frames', Buffer.from('hello world'), /does the container have a terminal/, false],
  ['an unknown stream', framed([[9, Buffer.from('x')]]), /no frames/, false],
  ['an error of the engine', framed([[3, Buffer.from('no such log')]]), /the engine reports: no such log/, false],
  ['an end within a header', Buffer.from([1, 0, 0]), /within a frame/, true],
  ['an end within data', framed([[1, Buffer.from('abc')]]).subarray(0, 9), /within a frame/, true],
];
for (const [name, all, message, brokeOff] of damaged) {
  test(`${name} is damage`, async () => {
    await assert.rejects(read(all), (error: unknown) => {
      assert.ok(error instanceof OutputDamaged);
      assert.match(error.message, message);
      assert.equal(error.brokeOff, brokeOff);
      return true;
    });
  });
}

test('the output of a terminal is passed on as it is', async () => {
  const all = [];
  for await (const { stream, data } of undivided(pieces(Buffer.from([1, 2, 3]), [1]))) all.push(stream, ...data);
  assert.deepEqual(all, ['stdout', 1, 'stdout', 2, 3]);
});
