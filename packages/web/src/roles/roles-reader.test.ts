import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { aRole } from '../testing/roles.ts';
import type { RoleView } from './role-view.ts';
import { RolesError, RolesReader } from './roles-reader.ts';

/** A reader whose answers the test gives. */
function setUp(isSeen = true) {
  const readings: (PromiseWithResolvers<readonly RoleView[]> & { readonly signal: AbortSignal })[] = [];
  const reader = new RolesReader({
    read(signal) {
      const reading = { ...Promise.withResolvers<readonly RoleView[]>(), signal };
      readings.push(reading);
      return reading.promise;
    },
    now: () => 1000,
    isSeen: () => isSeen,
  });
  const reading = (index: number) => eventually(`reading ${index}`, () => readings[index]);
  const names = () => [...(reader.state.roles?.keys() ?? [])];
  return { reader, readings, reading, names };
}

test('roles are read while somebody listens, and again when that is asked for', async () => {
  const { reader, readings, reading, names } = setUp();
  const close = reader.onChange(() => undefined);
  (await reading(0)).resolve([aRole('web')]);
  await eventually('the roles', () => names().join() === 'web');
  reader.refresh();
  (await reading(1)).resolve([aRole('web'), aRole('dev')]);
  await eventually('more roles', () => names().join() === 'web,dev');
  close();
  reader.refresh();
  await new Promise(setImmediate);
  assert.equal(readings.length, 2);
});

test('what is asked for during a reading is read after it', async () => {
  const { reader, readings, reading } = setUp();
  const close = reader.onChange(() => undefined);
  const first = await reading(0);
  reader.refresh();
  first.resolve([]);
  (await reading(1)).resolve([]);
  await new Promise(setImmediate);
  assert.equal(readings.length, 2);
  close();
});

test('a page that is not seen reads at first, and when that is asked for', async () => {
  const { reader, reading, names } = setUp(false);
  const close = reader.onChange(() => undefined);
  (await reading(0)).resolve([]);
  reader.refresh();
  (await reading(1)).resolve([aRole('web')]);
  await eventually('the roles', () => names().join() === 'web');
  close();
});

test('what was read stays when a reading fails, and the reason is told', async () => {
  const { reader, reading, names } = setUp();
  const close = reader.onChange(() => undefined);
  (await reading(0)).resolve([aRole('web')]);
  await eventually('the roles', () => names().length === 1);
  reader.refresh();
  (await reading(1)).reject(new RolesError('No', { status: 403, code: 'NOT_AUTHORIZED' }));
  await eventually('the problem', () => reader.state.problem !== undefined);
  assert.deepEqual(reader.state.problem, { message: 'No', status: 403, code: 'NOT_AUTHORIZED' });
  assert.deepEqual(names(), ['web']);
  reader.refresh();
  (await reading(2)).resolve([]);
  await eventually('no problem', () => reader.state.problem === undefined);
  close();
});

test('the last one who leaves ends the reading, and the next one begins another', async () => {
  const { reader, reading, names } = setUp();
  const close = reader.onChange(() => undefined);
  const first = await reading(0);
  close();
  assert.ok(first.signal.aborted);
  const again = reader.onChange(() => undefined);
  (await reading(1)).resolve([aRole('web')]);
  first.resolve([]);
  await eventually('the roles', () => names().join() === 'web');
  again();
});
