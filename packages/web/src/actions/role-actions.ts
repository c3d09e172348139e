/** What operators do to roles: quotas and weights. */
import { own } from '@meseta/protocol/own';
import type { Check } from '../permissions/permissions.ts';
import type { RequestProblem } from '../requests/request.ts';
import type { RoleView } from '../roles/role-view.ts';
import { readAmount } from '../ui/typed-amounts.ts';
import { type Action, aboutRole, call, type Field, type Problems, type Values } from './action.ts';

/** A role; undefined: one that is to be named in the form. */
export interface RoleObject {
  readonly role: RoleView | undefined;
}

const words: Readonly<Record<string, string>> = { cpus: 'CPUs', mem: 'Memory (MB)', disk: 'Disk (MB)', gpus: 'GPUs' };

const nameOf = ({ role }: RoleObject) => (role ? `role ${role.name}` : 'a role');
const given = ({ role }: RoleObject, values: Values) => role?.name ?? (values.role ?? '').trim();

const roleField = ({ role }: RoleObject): Field[] =>
  role ? [] : [{ name: 'role', label: 'Role', kind: 'text', hint: 'It need not be in use.' }];

const noRole = (of: RoleObject, values: Values): Problems =>
  given(of, values) === '' ? { role: 'Which role? Give its name.' } : {};

const noQuotaForAll = 'The role * cannot have a quota.';

/** @see packages/master/src/operator/quota.ts, configProblem */
function quotaNotNow({ role }: RoleObject): string | undefined {
  if (role?.name === '*') return noQuotaForAll;
  return role?.name.includes('/')
    ? 'Only top-level roles have quotas; they count for all roles below them.'
    : undefined;
}

/** The resources of the form: the usual ones, and what the quota has of others. */
function resourcesOf({ role }: RoleObject): string[] {
  const { guarantee = {}, limit = {} } = role?.quota ?? {};
  return [...new Set([...Object.keys(words), ...Object.keys(guarantee), ...Object.keys(limit)])];
}

const sides = [
  { name: 'guarantee', call: 'guarantees', label: 'Guarantee' },
  { name: 'limit', call: 'limits', label: 'Limit' },
] as const;

function quotaFields(of: RoleObject): Field[] {
  return [
    ...roleField(of),
    ...sides.flatMap(({ name, label }) =>
      resourcesOf(of).map((resource): Field => {
        const amount = own(of.role?.quota[name] ?? {}, resource);
        return {
          name: `${name}.${resource}`,
          label: own(words, resource) ?? resource,
          kind: 'number',
          group: name === 'guarantee' ? `${label}: kept free for the role` : `${label}: the role gets no more`,
          initial: amount === undefined ? '' : String(amount),
        };
      }),
    ),
    {
      name: 'force',
      label: 'Set it all the same',
      kind: 'box',
      hint: 'The cluster may have less than is guaranteed, or the role hold more than its limit.',
      after: 'QUOTA_EXCEEDED',
    },
  ];
}

/** Reads the amounts of one side of the form: those that are filled in. */
function amountsIn(of: RoleObject, values: Values, side: string): { amounts: Record<string, number>; bad: Problems } {
  const amounts: Record<string, number> = {};
  const bad: Record<string, string> = {};
  for (const resource of resourcesOf(of)) {
    const field = `${side}.${resource}`;
    const text = (values[field] ?? '').trim();
    if (text === '') continue;
    const read = readAmount(text);
    if ('problem' in read) bad[field] = read.problem;
    else amounts[resource] = read.value;
  }
  return { amounts, bad };
}

const scalars = (amounts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(amounts).map(([name, value]) => [name, { value }]));

/** @see packages/master/src/operator/quota.ts, notContained */
function notContained(guarantee: Readonly<Record<string, number>>, limit: Readonly<Record<string, number>>): Problems {
  const above = Object.entries(guarantee).filter(([name, amount]) => amount > (own(limit, name) ?? amount));
  return Object.fromEntries(
    above.map(([name]) => [
      `guarantee.${name}`,
      `More than the limit of ${limit[name]}: a guarantee must be within it.`,
    ]),
  );
}

/** Finds the place of a refusal in the form. The words of the master only choose it; by default it is the whole form. */
function quotaFieldOf({ code, message }: RequestProblem): string | undefined {
  if (code === 'QUOTA_EXCEEDED') {
    const resource = /(?:guarantees|already consumes) '([^:']+):/.exec(message)?.[1] ?? 'cpus';
    return `${/already consumes/.test(message) ? 'limit' : 'guarantee'}.${resource}`;
  }
  if (code !== 'CALL_INVALID') return undefined;
  const resource = /\{'?([\w-]+)'?: /.exec(message)?.[1];
  if (/QuotaConfig\.guarantees|guarantee configuration/.test(message)) return `guarantee.${resource ?? 'cpus'}`;
  if (/QuotaConfig\.limits|limit configuration/.test(message)) return `limit.${resource ?? 'cpus'}`;
  return /QuotaConfig\.role|whitelist|nested role/.test(message) ? 'role' : undefined;
}

const sameAmounts = (one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>) => {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every(name => (own(one, name) ?? 0) === (own(other, name) ?? 0));
};

/** Another role is known when it is typed. */
function checkOf(action: string, { role }: RoleObject, values: Values = {}): Check | undefined {
  const name = role?.name ?? aboutRole(values.role).role;
  return name === undefined ? undefined : { action, role: name };
}

const setQuota: Action<RoleObject> = {
  name: 'quota',
  title: 'Quota',
  verb: 'Set the quota',
  object: nameOf,
  // That there is none for * is said at the field.
  check: (of, values) => (values?.role?.trim() === '*' ? undefined : checkOf('update_quota', of, values)),
  notNow: quotaNotNow,
  consequence: () => 'Replaces the quota of the role. Offers may be taken back for it; nothing that runs is ended.',
  fields: quotaFields,
  prepare(of, values) {
    const [guarantee, limit] = [amountsIn(of, values, 'guarantee'), amountsIn(of, values, 'limit')];
    const isNothing = Object.keys(guarantee.amounts).length + Object.keys(limit.amounts).length === 0;
    const problems: Problems = {
      ...notContained(guarantee.amounts, limit.amounts),
      ...(isNothing && { 'guarantee.cpus': 'Give a guarantee or a limit. To have neither, remove the quota.' }),
      ...guarantee.bad,
      ...limit.bad,
      ...noRole(of, values),
      ...(given(of, values) === '*' && { role: noQuotaForAll }),
    };
    if (Object.keys(problems).length > 0) return { problems };
    const config = {
      role: given(of, values),
      ...(Object.keys(guarantee.amounts).length > 0 && { guarantees: scalars(guarantee.amounts) }),
      ...(Object.keys(limit.amounts).length > 0 && { limits: scalars(limit.amounts) }),
    };
    return call('UPDATE_QUOTA', { quota_configs: [config], ...(values.force && { force: true }) });
  },
  fieldOf: quotaFieldOf,
  effect: (of, values) => ({
    source: 'roles',
    seen(roles) {
      const quota = roles.get(given(of, values))?.quota;
      if (quota === undefined) return undefined;
      const isSet = sides.every(({ name }) => sameAmounts(quota[name], amountsIn(of, values, name).amounts));
      return isSet ? `The quota of role ${given(of, values)} is set.` : undefined;
    },
  }),
};

const hasQuota = ({ quota }: RoleView) => Object.keys(quota.guarantee).length + Object.keys(quota.limit).length > 0;

const removeQuota: Action<RoleObject> = {
  name: 'remove-quota',
  title: 'Remove quota',
  object: nameOf,
  check: ({ role }) => role && { action: 'update_quota', role: role.name },
  notNow: of => quotaNotNow(of) ?? (of.role && hasQuota(of.role) ? undefined : 'This role has no quota.'),
  consequence: () =>
    'Takes guarantee and limit away: nothing is kept free for the role any more, and it may have all that it gets.',
  prepare: of =>
    // With force, because a cluster that has too little for other guarantees is no reason to keep this one.
    call('UPDATE_QUOTA', { force: true, quota_configs: [{ role: of.role?.name ?? '' }] }),
  effect: of => ({
    source: 'roles',
    seen(roles) {
      const role = roles.get(of.role?.name ?? '');
      return role && hasQuota(role) ? undefined : `The quota of role ${of.role?.name} is removed.`;
    },
  }),
};

const setWeight: Action<RoleObject> = {
  name: 'weight',
  title: 'Weight',
  verb: 'Set the weight',
  object: nameOf,
  check: (of, values) => checkOf('update_weight', of, values),
  consequence: () =>
    'A role with weight 2 gets twice as much as one with 1. All offers are taken back when the role is in use; nothing that runs is ended.',
  fields: of => [
    ...roleField(of),
    { name: 'weight', label: 'Weight', kind: 'number', initial: of.role ? String(of.role.weight) : '' },
  ],
  prepare(of, values) {
    const text = (values.weight ?? '').trim();
    const weight = Number(text);
    const problems: Problems = {
      ...noRole(of, values),
      // The master says why a weight that is a number is none.
      ...((text === '' || !Number.isFinite(weight)) && {
        weight: `${text === '' ? '' : `'${text}' is no weight. `}Expecting a number above zero.`,
      }),
    };
    if (Object.keys(problems).length > 0) return { problems };
    return call('UPDATE_WEIGHTS', { weight_infos: [{ role: given(of, values), weight }] });
  },
  fieldOf: ({ code, message }) => {
    if (code !== 'CALL_INVALID') return undefined;
    return /Invalid weight/.test(message) ? 'weight' : 'role';
  },
  effect: (of, values) => ({
    source: 'roles',
    seen(roles) {
      const role = roles.get(given(of, values));
      return role?.weight === Number(values.weight) ? `Role ${role.name} has the weight ${role.weight}.` : undefined;
    },
  }),
};

/** The actions on a role. */
export const roleActions: readonly Action<RoleObject>[] = [setQuota, removeQuota, setWeight];

/** The actions on a role that is not in the table: it is named in the form. */
export const otherRoleActions: readonly Action<RoleObject>[] = [setQuota, setWeight];
