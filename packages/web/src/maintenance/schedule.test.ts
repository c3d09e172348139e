import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { draftOf, fieldOfRefusal, isOver, modesOf, parseMachines, windowOf, withWindow } from './schedule.ts';

describe('the maintenance schedule as it is edited', () => {
  test('machines have a host name, an address, or both', () => {
    assert.deepEqual(parseMachines(' a 10.0.0.1\n\nb\n10.0.0.3\nd/10.0.0.4\n'), [
      { hostname: 'a', ip: '10.0.0.1' },
      { hostname: 'b' },
      { ip: '10.0.0.3' },
      { hostname: 'd', ip: '10.0.0.4' },
    ]);
  });

  test('a form is read into a window and back', () => {
    const draft = { machines: 'a 10.0.0.1', start: '2026-11-30T14:00', duration: '1 h 30 min' };
    const read = windowOf(draft);
    assert.ok('window' in read);
    assert.equal(read.window.unavailability.duration?.nanoseconds, 5400e9);
    assert.deepEqual(draftOf(read.window), draft);
    const endless = windowOf({ ...draft, duration: ' ' });
    assert.ok('window' in endless);
    assert.equal(draftOf(endless.window).duration, '');
  });

  test('what is wrong in a form is said of its fields', () => {
    const read = windowOf({ machines: ' \n', start: '', duration: 'soon' });
    assert.ok('problems' in read);
    assert.deepEqual(Object.keys(read.problems).sort(), ['duration', 'machines', 'start']);
    assert.deepEqual(
      ["Unavailability 'duration' is negative", "Failed to parse the IP 'x'", 'No leader'].map(fieldOfRefusal),
      ['duration', 'machines', undefined],
    );
  });

  test('windows are added, replaced and removed', () => {
    const window = (at: number) => ({ machine_ids: [], unavailability: { start: { nanoseconds: at } } });
    const one = withWindow({}, undefined, window(1));
    const two = withWindow(one, undefined, window(2));
    assert.deepEqual(two.windows, [window(1), window(2)]);
    assert.deepEqual(withWindow(two, window(1), window(3)).windows, [window(3), window(2)]);
    assert.deepEqual(withWindow(two, window(1), undefined).windows, [window(2)]);
    // Another operator has changed it meanwhile.
    assert.deepEqual(withWindow(two, window(4), window(3)).windows, [window(1), window(2), window(3)]);
    assert.deepEqual(withWindow(two, window(4), undefined).windows, [window(1), window(2)]);
  });

  test('times that the master cannot store, and lines with more than a machine, are wrong', () => {
    const draft = { machines: 'a 10.0.0.1', start: '2026-11-30T14:00', duration: '' };
    for (const [change, field] of [
      [{ start: '0001-01-01T00:00' }, 'start'],
      [{ start: '9999-01-01T00:00' }, 'start'],
      [{ duration: '99999999999h' }, 'duration'],
      [{ machines: 'a 10.0.0.1\nb 10.0.0.2 10.0.0.3' }, 'machines'],
    ] as const) {
      const read = windowOf({ ...draft, ...change });
      assert.deepEqual('problems' in read && Object.keys(read.problems), [field]);
    }
  });

  test('a window with an end is over after it', () => {
    const at = (seconds?: number) => ({
      ...{ start: { nanoseconds: 1000e9 } },
      ...(seconds !== undefined && { duration: { nanoseconds: seconds * 1e9 } }),
    });
    const over = (seconds: number | undefined, nowMs: number) => isOver({ unavailability: at(seconds) }, nowMs);
    assert.deepEqual([over(60, 1_059_000), over(60, 1_061_000), over(undefined, 9e12)], [false, true, false]);
  });

  test('machines drain, or are down', () => {
    const modes = modesOf({ draining_machines: [{ id: { hostname: 'A', ip: '1' } }], down_machines: [{ ip: '2' }] });
    assert.deepEqual(
      [...modes],
      [
        ['a 1', 'draining'],
        [' 2', 'down'],
      ],
    );
  });
});
