import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode, encodeRecord, MasterEvent, type Task } from '@meseta/protocol';
import fc from 'fast-check';
import { aTask, snapshot } from '../testing/events.ts';
import { type PartKind, Splitter, StreamError } from './splitter.ts';

type Part = readonly [kind: PartKind, bytes: string];

/** The parts of a stream that comes in pieces of these lengths, over and over. */
function partsOf(stream: Uint8Array, lengths: readonly number[]): Part[] {
  const parts: Part[] = [];
  const splitter = new Splitter((kind, bytes) => parts.push([kind, Buffer.from(bytes).toString('hex')]));
  for (let at = 0, piece = 0; at < stream.length; piece++) {
    const length = lengths[piece % lengths.length] as number;
    splitter.push(stream.subarray(at, at + length));
    at += length;
  }
  assert.ok(splitter.isBetweenRecords);
  return parts;
}

const record = (event: MasterEvent) => encodeRecord(encode(MasterEvent, event));
const tasks: readonly Task[] = Array.from({ length: 20 }, (_, number) => aTask({ id: `t${number}` }));
const stream = Buffer.concat([
  record(snapshot({ tasks, completed: [aTask({ id: 'ended', state: 'TASK_FAILED' })], agents: ['A1', 'A2'] })),
  record({ type: 'HEARTBEAT' }),
  record({ type: 'TASK_ADDED', task_added: { task: aTask({ id: 'new' }) } }),
  record({ type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: 'A1' } } }),
]);

describe('the stream of events', () => {
  test('is cut into tasks, agents and events', () => {
    const kinds = partsOf(stream, [stream.length]).map(([kind]) => kind);
    const expected = [
      ...tasks.map(() => 'snapshot task'),
      'snapshot completed task',
      'snapshot framework',
      'snapshot agent',
      'snapshot agent',
      'heartbeat interval',
      'snapshot end',
      'heartbeat',
      'task added',
      'agent removed',
    ];
    assert.deepEqual(kinds.sort(), expected.sort());
  });

  test('has the end of a snapshot in several events after the last of them', () => {
    const { heartbeat_interval_seconds } = snapshot({}).subscribed ?? {};
    const parts: readonly MasterEvent[] = [
      { type: 'SUBSCRIBED', subscribed: { get_state: { get_tasks: { tasks: [...tasks] } } } },
      { type: 'SUBSCRIBED', subscribed: { get_state: { get_tasks: { completed_tasks: [aTask({ id: 'ended' })] } } } },
      { type: 'SUBSCRIBED', subscribed: { heartbeat_interval_seconds } },
      { type: 'HEARTBEAT' },
    ];
    const kinds = partsOf(Buffer.concat(parts.map(record)), [100]).map(([kind]) => kind);
    const things: readonly PartKind[] = [...tasks.map((): PartKind => 'snapshot task'), 'snapshot completed task'];
    assert.deepEqual(kinds, [...things, 'heartbeat interval', 'snapshot end', 'heartbeat']);
  });

  test('is cut in the same way wherever its pieces end', () => {
    const whole = partsOf(stream, [stream.length]);
    for (let length = 1; length < 40; length++) assert.deepEqual(partsOf(stream, [length]), whole);
    const lengths = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(lengths, each => assert.deepEqual(partsOf(stream, each), whole)),
      { numRuns: 50 },
    );
  });

  test('is refused when it is something else', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['<html>', /begins without its length/],
      ['\n', /begins without its length/],
      ['99999999999999999\n', /begins without its length/],
      ['3\n\x12\x09a', /Field 2 is longer than its message/],
      ['2\n\x0b\x00', /unknown form 3/],
      ['12\n\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', /does not end/],
    ];
    for (const [text, message] of cases) {
      const splitter = new Splitter(() => undefined);
      assert.throws(
        () => splitter.push(Buffer.from(text, 'latin1')),
        (error: Error) => error instanceof StreamError && message.test(error.message),
        text,
      );
    }
  });

  test('is not between records while a part is missing', () => {
    const splitter = new Splitter(() => undefined);
    splitter.push(stream.subarray(0, 100));
    assert.equal(splitter.isBetweenRecords, false);
  });
});
