import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, named } from '../testing/actions.ts';
import { aRole } from '../testing/roles.ts';
import { initialValues, type Values } from './action.ts';
import { otherRoleActions, type RoleObject, roleActions } from './role-actions.ts';

const states: readonly (readonly [action: string, role: RoleObject['role'], reason?: RegExp])[] = [
  ['quota', aRole('web')],
  ['quota', aRole('web/a'), /Only top-level roles/],
  ['quota', aRole('*'), /cannot have a quota/],
  ['remove-quota', aRole('web'), /has no quota/],
  ['remove-quota', aRole('web', { quota: { guarantee: {}, limit: { cpus: 0 }, consumed: {} } })],
  ['weight', aRole('web/a')],
  ['weight', aRole('*')],
];
for (const [name, role, reason] of states) {
  test(`${name} of role ${role?.name}`, () => {
    const found = named(roleActions, name).notNow?.({ role });
    if (reason) assert.match(found ?? '', reason);
    else assert.equal(found, undefined);
  });
}

test('requests', () => {
  const quota = { guarantee: { cpus: 2 }, limit: { cpus: 4, ports: 10 }, consumed: {} };
  const of = { role: aRole('web', { quota }) };
  const [set, remove, weight] = ['quota', 'remove-quota', 'weight'].map(name => named(roleActions, name));
  assert.ok(set && remove && weight);
  assert.deepEqual(bodyOf(set, of, { 'limit.mem': '512', force: 'yes' }), {
    type: 'UPDATE_QUOTA',
    update_quota: {
      force: true,
      quota_configs: [
        {
          role: 'web',
          guarantees: { cpus: { value: 2 } },
          limits: { cpus: { value: 4 }, mem: { value: 512 }, ports: { value: 10 } },
        },
      ],
    },
  });
  const problems = (values: Values) => Object.keys((bodyOf(set, of, values) as { problems: object }).problems);
  assert.deepEqual(problems({ 'guarantee.cpus': '5' }), ['guarantee.cpus']);
  assert.deepEqual(problems({ 'limit.cpus': '-5' }), ['limit.cpus']);
  assert.deepEqual(problems({ 'guarantee.cpus': '', 'limit.cpus': '', 'limit.ports': '' }), ['guarantee.cpus']);
  assert.deepEqual(bodyOf(remove, of), {
    type: 'UPDATE_QUOTA',
    update_quota: { force: true, quota_configs: [{ role: 'web' }] },
  });
  assert.deepEqual(bodyOf(weight, of, { weight: '2.5' }), {
    type: 'UPDATE_WEIGHTS',
    update_weights: { weight_infos: [{ role: 'web', weight: 2.5 }] },
  });
  const other = named(otherRoleActions, 'weight');
  assert.deepEqual(Object.keys((bodyOf(other, { role: undefined }) as { problems: object }).problems), [
    'role',
    'weight',
  ]);
  const endless = bodyOf(other, { role: undefined }, { role: 'new', weight: '1e999' }) as { problems: object };
  assert.deepEqual(Object.keys(endless.problems), ['weight']);
  assert.deepEqual(bodyOf(other, { role: undefined }, { role: 'new', weight: '0' }), {
    type: 'UPDATE_WEIGHTS',
    update_weights: { weight_infos: [{ role: 'new', weight: 0 }] },
  });
});

test('the form of a quota has the usual resources and those of the quota, of any name', () => {
  const quota = { guarantee: {}, limit: { cpus: 4, constructor: 7 }, consumed: {} };
  const fields = named(roleActions, 'quota').fields?.({ role: aRole('web', { quota }) }) ?? [];
  const labels = fields.filter(({ name }) => name.startsWith('limit.')).map(({ label }) => label);
  assert.deepEqual(labels, ['CPUs', 'Memory (MB)', 'Disk (MB)', 'GPUs', 'constructor']);
  const { 'guarantee.constructor': guarantee, 'limit.constructor': limit, 'limit.cpus': cpus } = initialValues(fields);
  assert.deepEqual([guarantee, limit, cpus], ['', '7', '4']);
});

const refusals: readonly (readonly [action: string, code: string, message: string, field: string | undefined])[] = [
  ['quota', 'QUOTA_EXCEEDED', "Invalid QuotaConfig: total quota guarantees 'mem:5' exceed cluster", 'guarantee.mem'],
  ['quota', 'QUOTA_EXCEEDED', "Invalid QuotaConfig: role 'r' already consumes 'cpus:2; mem:64'", 'limit.cpus'],
  [
    'quota',
    'CALL_INVALID',
    "Invalid QuotaConfig: Invalid 'QuotaConfig.limits': {'disk': 2e12} is invalid: values greater than",
    'limit.disk',
  ],
  ['quota', 'CALL_INVALID', "Invalid QuotaConfig: 'x' is not on the roles whitelist", 'role'],
  ['quota', 'NOT_AUTHORIZED', 'Not allowed', undefined],
  ['weight', 'CALL_INVALID', "JSON for role 'web': Invalid weight '0': Weights must be positive", 'weight'],
  ['weight', 'CALL_INVALID', "JSON: Invalid role '/a': Role '/a' cannot start with a slash", 'role'],
];
for (const [name, code, message, field] of refusals) {
  test(`the field that a refusal is about: ${message}`, () =>
    assert.equal(named(roleActions, name).fieldOf?.({ status: 400, code, message }, {}), field));
}

test('a quota is seen in the roles', () => {
  const quota = named(roleActions, 'quota').effect({ role: aRole('web') }, { 'limit.cpus': '2' });
  assert.ok(quota.source === 'roles');
  assert.equal(quota.seen(new Map([['web', aRole('web')]])), undefined);
  const now = aRole('web', { quota: { guarantee: {}, limit: { cpus: 2 }, consumed: {} } });
  assert.equal(quota.seen(new Map([['web', now]])), 'The quota of role web is set.');
});
