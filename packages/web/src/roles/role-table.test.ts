import assert from 'node:assert/strict';
import { test } from 'node:test';
import { View } from '../query/view.ts';
import type { Table } from '../store/table.ts';
import { aRole } from '../testing/roles.ts';
import { ancestorsOf, dominantShare, printAmounts, roleTable } from './role-table.ts';
import type { RoleView } from './role-view.ts';

const total = { cpus: 10, mem: 1000, disk: 0, gpus: 0 };
const all = { filter: '', sort: 'role', descending: false, offset: 0, limit: 100 };

const rolesOf = (...roles: RoleView[]) => new Map(roles.map(role => [role.name, role]));
const named = (...names: string[]) => rolesOf(...names.map(name => aRole(name)));
const order = (roles: ReadonlyMap<string, RoleView>, query = all, folded: string[] = []) =>
  new View(roleTable(roles, total, new Set(folded)) as Table, query).read().rows.map(({ key }) => key);

test('what is below a role comes right after it', () => {
  const names = ['a-b', 'a/c/d', 'a', '*', 'a/c', 'b', 'a/c-d', 'a!'];
  assert.deepEqual(order(named(...names)), ['*', 'a', 'a/c', 'a/c/d', 'a/c-d', 'a!', 'a-b', 'b']);
});

test('what is below a folded role is not there', () => {
  const roles = named('a', 'a/b', 'a/b/c', 'a-b', 'ab');
  assert.deepEqual(order(roles, all, ['a']), ['a', 'a-b', 'ab']);
  assert.deepEqual(order(roles, all, ['a/b']), ['a', 'a/b', 'a-b', 'ab']);
});

test('a role has a row with its share, its amounts and how many are below it', () => {
  const quota = { guarantee: { cpus: 2 }, limit: { mem: 2048 }, consumed: { cpus: 1, mem: 500 } };
  const web = aRole('web', { allocated: { cpus: 1, mem: 500 }, quota, frameworks: ['F1', 'F2'], weight: 2 });
  const [row] = new View(roleTable(rolesOf(web, aRole('web/a')), total, new Set()) as Table, all).read().rows;
  assert.deepEqual(row, {
    key: 'web',
    role: 'web',
    weight: 2,
    share: 0.5,
    share_of: 'mem',
    cpus: 1,
    mem: 500,
    guarantee: 'cpus 2',
    limit: 'mem 2 GB',
    use: 'cpus 1, mem 500 MB',
    frameworks: 2,
    below: 1,
  });
});

test('roles are filtered as other things are', () => {
  const roles = rolesOf(aRole('web', { weight: 2 }), aRole('dev'), aRole('web/dev'));
  assert.deepEqual(order(roles, { ...all, filter: 'role:web' }), ['web', 'web/dev']);
  assert.deepEqual(order(roles, { ...all, filter: 'weight:>1' }), ['web']);
});

test('the dominant share is of the resource of which most is held', () => {
  assert.deepEqual(dominantShare({ cpus: 5, mem: 100 }, total), { share: 0.5, resource: 'cpus' });
  assert.equal(dominantShare({ cpus: 5 }, undefined), undefined);
  assert.equal(dominantShare({ cpus: 5 }, { cpus: 0, mem: 0, disk: 0, gpus: 0 }), undefined);
});

test('roles above a role, and amounts', () => {
  assert.deepEqual(ancestorsOf('a/b/c'), ['a', 'a/b']);
  assert.deepEqual(ancestorsOf('a'), []);
  assert.equal(printAmounts({ cpus: 0.5, disk: 1024, ports: 3 }), 'cpus 0.5, disk 1 GB, ports 3');
});
