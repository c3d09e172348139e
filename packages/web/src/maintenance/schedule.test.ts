import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { draftOf, fieldOfRefusal, modesOf, parseMachines, windowOf, withWindow } from './schedule.ts';

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
    assert.deepEqual(withWindow(two, 0, window(3)).windows, [window(3), window(2)]);
    assert.deepEqual(withWindow(two, 0, undefined).windows, [window(2)]);
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
