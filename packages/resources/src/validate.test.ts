import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@meseta/protocol';
import { ancestorRoles, isStrictSubrole, roleProblem, topLevelRole } from './roles.ts';
import { resourceProblem, resourcesProblem } from './validate.ts';

const base: Resource = { name: 'cpus', type: 'SCALAR', scalar: { value: 1 } };
const disk: Resource = { ...base, name: 'disk' };
const ranges = (...pairs: [number, number][]): Resource => ({
  name: 'ports',
  type: 'RANGES',
  ranges: { range: pairs.map(([begin, end]) => ({ begin, end })) },
});

const cases: { resource: Resource; problem: string | undefined }[] = [
  { resource: base, problem: undefined },
  { resource: { ...base, scalar: { value: 0 } }, problem: undefined },
  { resource: { ...base, name: '' }, problem: 'Empty resource name' },
  { resource: { name: 'x', type: 'TEXT' }, problem: 'Unsupported resource type' },
  { resource: { name: 'x', type: 'SCALAR' }, problem: 'Invalid scalar resource' },
  { resource: { ...base, set: { item: [] } }, problem: 'Invalid scalar resource' },
  { resource: { ...base, scalar: { value: -1 } }, problem: 'Invalid scalar resource: value <= 0' },
  { resource: { ...base, scalar: { value: 0.0001 } }, problem: 'Invalid scalar resource: value <= 0' },
  { resource: { ...base, scalar: { value: Number.NaN } }, problem: 'Invalid scalar resource: value is out of range' },
  { resource: { ...base, scalar: { value: 1e300 } }, problem: 'Invalid scalar resource: value is out of range' },
  { resource: { name: 'x', type: 'RANGES' }, problem: 'Invalid ranges resource' },
  { resource: ranges([1, 2], [3, 4]), problem: undefined },
  { resource: ranges([2, 1]), problem: 'Invalid ranges resource: begin > end' },
  { resource: ranges([1, 3], [2, 4]), problem: 'Invalid ranges resource: overlapping ranges' },
  { resource: ranges([1, 2 ** 60]), problem: 'Invalid ranges resource: value is out of range' },
  {
    resource: { name: 'x', type: 'SET', set: { item: ['a', 'a'] } },
    problem: 'Invalid set resource: duplicated elements',
  },
  { resource: { ...base, disk: {} }, problem: 'DiskInfo should not be set for cpus resource' },
  {
    resource: { ...disk, disk: { source: { type: 'RAW', mount: {} } } },
    problem: 'Mount should not be set for RAW disk source',
  },
  { resource: { ...base, shared: {} }, problem: 'Resource cpus cannot be shared' },
  { resource: { ...disk, shared: {} }, problem: 'Only persistent volumes can be shared' },
  { resource: { ...base, role: '' }, problem: 'Role names cannot be the empty string' },
  { resource: { ...base, reservation: {} }, problem: 'Invalid reservation: role "*" cannot be dynamically reserved' },
  {
    resource: { ...base, reservations: [{ role: 'a' }] },
    problem: "Invalid reservation: 'Resource.ReservationInfo.type' field must be set.",
  },
  {
    resource: { ...base, reservations: [{ type: 'DYNAMIC' }] },
    problem: "Invalid reservation: 'Resource.ReservationInfo.role' field must be set.",
  },
  {
    resource: { ...base, reservations: [{ type: 'DYNAMIC', role: '*' }] },
    problem: 'Invalid reservation: role "*" cannot be reserved',
  },
  {
    resource: {
      ...base,
      reservations: [
        { type: 'STATIC', role: 'a' },
        { type: 'STATIC', role: 'a/b' },
      ],
    },
    problem: 'Invalid refined reservation: A refined reservation cannot be STATIC',
  },
  {
    resource: {
      ...base,
      reservations: [
        { type: 'STATIC', role: 'a' },
        { type: 'DYNAMIC', role: 'b' },
      ],
    },
    problem: "Invalid refined reservation: role 'b' is not a refinement of 'a'",
  },
  {
    resource: { ...base, role: 'b', reservations: [{ type: 'STATIC', role: 'a' }] },
    problem:
      "Invalid resource format: 'Resource.role' field with 'b' does not match the role 'a' in 'Resource.reservations'",
  },
];
for (const { resource, problem } of cases) {
  test(`${JSON.stringify(resource)} is ${problem ? 'invalid' : 'valid'}`, () => {
    assert.equal(resourceProblem(resource), problem);
  });
}

test('a list names the resource that is invalid', () => {
  assert.equal(
    resourcesProblem([base, { ...base, scalar: { value: -1 } }]),
    "Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0",
  );
});

const roles: { role: string; problem: string | undefined }[] = [
  { role: '*', problem: undefined },
  { role: 'a/b-c/d.e', problem: undefined },
  { role: '...', problem: undefined },
  { role: '', problem: 'Role names cannot be the empty string' },
  { role: '/a', problem: "Role '/a' cannot start with a slash" },
  { role: 'a/', problem: "Role 'a/' cannot end with a slash" },
  { role: 'a//b', problem: "Role 'a//b' cannot contain two adjacent slashes" },
  { role: 'a/./b', problem: "Role 'a/./b' cannot include '.' as a component" },
  { role: '..', problem: "Role '..' cannot include '..' as a component" },
  { role: 'a/*', problem: "Role 'a/*' cannot include '*' as a component" },
  { role: '-a', problem: "Role component '-a' is invalid because it starts with a dash" },
  { role: 'a b', problem: "Role component 'a b' is invalid because it contains backspace or whitespace" },
  { role: 'a\x7f', problem: "Role component 'a\x7f' is invalid because it contains backspace or whitespace" },
];
for (const { role, problem } of roles) {
  test(`role ${JSON.stringify(role)}`, () => assert.equal(roleProblem(role), problem));
}

test('roles form a tree', () => {
  assert.deepEqual(ancestorRoles('a/b/c'), ['a/b', 'a']);
  assert.deepEqual(ancestorRoles('a'), []);
  assert.equal(topLevelRole('a/b/c'), 'a');
  assert.ok(isStrictSubrole('a/b', 'a'));
  assert.ok(!isStrictSubrole('ab', 'a'));
  assert.ok(!isStrictSubrole('a', 'a'));
});
