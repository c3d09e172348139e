import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LONGEST, Packer } from './packer.ts';

const none = new Uint8Array();
/** Few different bytes, so that there is much in common. */
const bytes = (maxLength: number) =>
  fc.oneof(
    fc.array(fc.integer({ min: 97, max: 100 }), { maxLength }).map(list => Uint8Array.from(list)),
    fc.uint8Array({ maxLength }),
  );
/** A message, and one that differs from it in some places. */
const resembling = fc
  .tuple(bytes(400), fc.array(fc.tuple(fc.nat(400), bytes(30)), { maxLength: 5 }))
  .map(([sample, changes]): [Uint8Array, Uint8Array] => {
    let message = [...sample];
    for (const [at, change] of changes) message = [...message.slice(0, at), ...change, ...message.slice(at + 10)];
    return [sample, Uint8Array.from(message)];
  });

describe('a message that is packed', () => {
  test('is the same when it is unpacked, with any sample', () => {
    const packer = new Packer();
    const check = (sample: Uint8Array, message: Uint8Array) => {
      const packed = Uint8Array.from(packer.pack(message, sample));
      assert.deepEqual(packer.unpack(packed, sample), message);
      assert.ok(packed.length <= message.length + 8, `${packed.length} bytes of ${message.length}`);
    };
    fc.assert(fc.property(resembling, ([sample, message]) => check(sample, message)));
    fc.assert(fc.property(bytes(300), bytes(300), check));
  });

  test('is a few references when it is the sample, or says the same again', () => {
    const packer = new Packer();
    const message = Uint8Array.from({ length: 1000 }, (_, at) => (at * at * 7919) % 251);
    assert.ok(packer.pack(message, message).length < 10);
    assert.ok(packer.pack(new Uint8Array(10_000), none).length < 20);
    assert.ok(packer.pack(Uint8Array.from([...message, ...message]), none).length < 1030);
  });

  test('has any length up to the longest, and the worst bytes', () => {
    const packer = new Packer();
    // Six bytes that the sample has, and one that it has not, again and again.
    const sample = Uint8Array.from({ length: LONGEST }, (_, at) => (at % 7 === 6 ? 0 : 1 + ((at >> 3) % 255)));
    for (const length of [0, 1, 5, 6, 7, LONGEST - 1, LONGEST]) {
      const message = sample.slice(0, length).map((byte, at) => (at % 7 === 6 ? 255 : byte));
      for (const known of [none, sample]) {
        const packed = Uint8Array.from(packer.pack(message, known));
        assert.deepEqual(packer.unpack(packed, known), message);
      }
    }
  });
});
