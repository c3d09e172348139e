import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode, type Task } from '@meseta/protocol';
import { messageType } from '@meseta/protocol/browser';
import fc from 'fast-check';
import { aTask } from '../testing/events.ts';
import { PackedRecords } from './packed-records.ts';

const TaskMessage = messageType<Task>('mesos.v1.Task');
const empty = new Uint8Array();

describe('records by row', () => {
  test('are what was set last, whatever else was set, changed and deleted', () => {
    const message = fc.record({
      kind: fc.constantFrom('A', 'B'),
      sort: fc.nat(12),
      length: fc.oneof(fc.nat(300), fc.constant(20_000)),
    });
    const step = fc.record({ row: fc.nat(10), what: fc.constantFrom('set', 'update', 'delete'), message });
    /** Messages of a sort are like each other, and there are more sorts than samples. */
    const bytesOf = ({ sort, length }: { sort: number; length: number }) =>
      Uint8Array.from({ length }, (_, at) => ((at + sort) ** 3 * (sort + 1)) % 255);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), steps => {
        const [records, expected] = [new PackedRecords(), new Map<number, Uint8Array>()];
        for (const { row, what, message } of steps) {
          const bytes = bytesOf(message);
          if (what === 'delete') records.delete(row);
          else if (what === 'set') records.set(row, bytes, message.kind);
          else records.update(row, bytes);
          expected.set(row, what === 'delete' ? empty : bytes);
          for (const [known, value] of expected) assert.deepEqual(records.of(known), value);
        }
        for (const row of expected.keys()) records.delete(row);
        assert.equal(records.allocated, 0);
      }),
      { numRuns: 50 },
    );
  });

  test('of tasks that resemble each other need little memory', () => {
    const records = new PackedRecords();
    let sent = 0;
    for (let row = 0; row < 20_000; row++) {
      const framework = `framework-${row % 10}`;
      const labels = { team: framework, 'com.example.long.name.of.a.label': 'with a value' };
      const bytes = encode(TaskMessage, aTask({ id: `task-${row}`, agent: `agent-${row % 100}`, labels }));
      records.set(row, bytes, framework);
      sent += bytes.length;
    }
    assert.ok(records.allocated * 2.5 < sent, `${records.allocated} bytes of ${sent}`);
  });
});
