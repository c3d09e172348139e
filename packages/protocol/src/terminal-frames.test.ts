import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeTerminalInput,
  decodeTerminalOutput,
  encodeTerminalInput,
  encodeTerminalOutput,
  TerminalFrameError,
  type TerminalInput,
  type TerminalOutput,
} from './terminal-frames.ts';

const inputs: readonly (readonly [input: TerminalInput, bytes: readonly number[]])[] = [
  [{ kind: 'input', data: new Uint8Array([104, 0, 255]) }, [0, 104, 0, 255]],
  [{ kind: 'input', data: new Uint8Array() }, [0]],
  [{ kind: 'size', rows: 24, columns: 300 }, [1, 0, 24, 1, 44]],
  [{ kind: 'inputEnd' }, [2]],
  [{ kind: 'taken', bytes: 65_537 }, [3, 0, 1, 0, 1]],
];
for (const [input, bytes] of inputs) {
  test(`to the container: ${JSON.stringify(input)}`, () => {
    assert.deepEqual([...encodeTerminalInput(input)], bytes);
    assert.deepEqual(decodeTerminalInput(new Uint8Array(bytes)), input);
  });
}

const outputs: readonly TerminalOutput[] = [
  { kind: 'output', data: new Uint8Array([27, 91, 109]) },
  { kind: 'errorOutput', data: new Uint8Array() },
  { kind: 'taken', bytes: 65_537 },
  { kind: 'end', end: { how: 'exited', exit_code: 143 } },
  { kind: 'end', end: { how: 'refused', message: "There is no 'ß'", code: 'NOT_AUTHORIZED' } },
];
for (const output of outputs) {
  test(`from the container: ${JSON.stringify(output)}`, () => {
    assert.deepEqual(decodeTerminalOutput(encodeTerminalOutput(output)), output);
  });
}

test('frames of another form are refused by name', () => {
  for (const [bytes, words] of [
    [[], /one without bytes/],
    [[9], /kind 9/],
    [[1, 0, 24], /window size has 5 bytes, not 3/],
    [[2, 0], /end of input has 1 bytes/],
    [[3], /taken has 5 bytes/],
  ] as const) {
    assert.throws(() => decodeTerminalInput(new Uint8Array(bytes)), words);
  }
  for (const text of ['', 'no', 'null', '[]', '{"how":"__proto__"}']) {
    const frame = new Uint8Array([2, ...new TextEncoder().encode(text)]);
    assert.throws(() => decodeTerminalOutput(frame), TerminalFrameError, text);
  }
  assert.throws(() => encodeTerminalInput({ kind: 'size', rows: 70_000, columns: 1 }), RangeError);
  assert.throws(() => encodeTerminalInput({ kind: 'taken', bytes: Number.NaN }), RangeError);
});

test('any bytes are a frame or an error of frames', () => {
  const read = (decode: (frame: Uint8Array) => unknown, bytes: Uint8Array) => {
    try {
      decode(bytes);
    } catch (error) {
      assert.ok(error instanceof TerminalFrameError, String(error));
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), bytes => {
      read(decodeTerminalInput, bytes);
      read(decodeTerminalOutput, bytes);
    }),
  );
});
