import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusUpdate, TaskState } from '@meseta/protocol';
import { emptyStream, type StreamInput, step } from './stream.ts';

const update = (uuid: string, state: TaskState = 'TASK_RUNNING'): StreamInput => {
  const message: StatusUpdate & { uuid: string } = {
    framework_id: { value: 'f' },
    status: { task_id: { value: 't' }, state },
    timestamp: 0,
    uuid,
  };
  return { type: 'update', update: message };
};
const ack = (uuid: string): StreamInput => ({ type: 'ack', uuid });

const cases: { name: string; inputs: StreamInput[]; effects: string[] }[] = [
  {
    name: 'forwards only the head',
    inputs: [update('a'), update('b')],
    effects: ['write a', 'forward a', 'write b'],
  },
  {
    name: 'forwards the next after an acknowledgement',
    inputs: [update('a'), update('b'), ack('a')],
    effects: ['write a', 'forward a', 'write b', 'write ack a', 'forward b'],
  },
  { name: 'ignores a repetition', inputs: [update('a'), update('a')], effects: ['write a', 'forward a'] },
  {
    name: 'ignores a repetition of what is acknowledged',
    inputs: [update('a'), ack('a'), update('a')],
    effects: ['write a', 'forward a', 'write ack a'],
  },
  {
    name: 'ignores acknowledgements of anything but the head',
    inputs: [update('a'), update('b'), ack('b'), ack('x')],
    effects: ['write a', 'forward a', 'write b'],
  },
  {
    name: 'is closed by the acknowledgement of a terminal update, whatever comes after it',
    inputs: [update('a', 'TASK_FINISHED'), update('b'), ack('a'), update('c'), ack('b')],
    effects: ['write a', 'forward a', 'write b', 'write ack a', 'close'],
  },
];

for (const { name, inputs, effects } of cases) {
  test(name, () => {
    const shown: string[] = [];
    let stream = emptyStream;
    for (const input of inputs) {
      const [next, made] = step(stream, input);
      stream = next;
      for (const effect of made) {
        if (effect.type === 'close') shown.push('close');
        else if (effect.type === 'forward') shown.push(`forward ${effect.update.uuid}`);
        else
          shown.push(
            effect.input.type === 'ack' ? `write ack ${effect.input.uuid}` : `write ${effect.input.update.uuid}`,
          );
      }
    }
    assert.deepEqual(shown, effects);
  });
}

test('an executor that sends without end fills neither memory nor disk, and its terminal update arrives', () => {
  let stream = emptyStream;
  let written = 0;
  const feed = (input: StreamInput) => {
    const [next, effects] = step(stream, input);
    stream = next;
    written += effects.filter(({ type }) => type === 'checkpoint').length;
  };
  for (let i = 0; i < 5000; i++) feed(update(`${i}`));
  assert.equal(stream.pending.length, 1000);
  assert.equal(written, 1000);
  feed(update('end', 'TASK_FAILED'));
  assert.equal(stream.pending.at(-1)?.uuid, 'end');
  for (let i = 0; i < 1000; i++) feed(ack(`${i}`));
  for (let i = 5000; i < 20_000; i++) {
    feed(update(`${i}`));
    if (stream.pending[0]?.uuid !== 'end') feed(ack(`${i}`));
  }
  assert.ok(stream.seen.size <= 2001, `${stream.seen.size}`);
  feed(ack('end'));
  assert.ok(stream.closed);
});
