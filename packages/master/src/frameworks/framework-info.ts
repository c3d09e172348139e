/** Rules for what a framework says of itself. Pure; those that need the master are in `admission.ts`. */
import { type FrameworkInfo, idProblem, type OfferFilters, type SchedulerOfferConstraints } from '@meseta/protocol';
import { roleProblem } from '@meseta/resources';
import { printDouble, printSet } from '../validation/print.ts';
import { firstProblem, type Problem, prefixed, problemOfAny, type Rule } from '../validation/rule.ts';

/** Longest time Mesos can say, in seconds. */
const LONGEST_SECONDS = 2 ** 63 / 1e9;

/** Smaller ones are not normal numbers, which Mesos refuses. */
const LEAST_NORMAL = 2 ** -1022;

const isMultiRole = ({ capabilities }: FrameworkInfo): boolean =>
  capabilities?.some(({ type }) => type === 'MULTI_ROLE') ?? false;

/** Returns the roles a framework wants to be in. */
export function rolesOf(info: FrameworkInfo): readonly string[] {
  return isMultiRole(info) ? (info.roles ?? []) : [info.role ?? '*'];
}

const roleFieldProblem: Rule<FrameworkInfo> = info => {
  if (isMultiRole(info)) {
    return info.role === undefined
      ? undefined
      : "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable";
  }
  return info.roles?.length
    ? "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable"
    : undefined;
};

const duplicateRolesProblem: Rule<FrameworkInfo> = ({ roles = [] }) => {
  const duplicates = new Set(roles.filter((role, i) => roles.indexOf(role) !== i));
  return duplicates.size > 0 ? `'FrameworkInfo.roles' contains duplicate items: ${printSet(duplicates)}` : undefined;
};

const roleNamesProblem: Rule<FrameworkInfo> = info => {
  if (!isMultiRole(info)) return prefixed("'FrameworkInfo.role' is not a valid role: ", roleProblem(info.role ?? '*'));
  return prefixed("'FrameworkInfo.roles' contains invalid role: ", problemOfAny(info.roles, roleProblem));
};

const frameworkIdProblem: Rule<FrameworkInfo> = ({ id }) => (id?.value ? idProblem(id.value) : undefined);

const offerFiltersProblem: Rule<FrameworkInfo> = ({ offer_filters = {} }) =>
  problemOfAny(Object.values(offer_filters), filtersProblem);

function filtersProblem({ min_allocatable_resources }: OfferFilters): Problem {
  return problemOfAny(min_allocatable_resources?.quantities, ({ quantities = {} }) => {
    const entries = Object.entries(quantities);
    if (entries.length === 0) return 'Resource quantities must contain at least one quantity';
    return problemOfAny(entries, ([name, { value }]) =>
      prefixed(`Invalid resource quantity for '${name}': `, quantityProblem(value)),
    );
  });
}

function quantityProblem(value: number): Problem {
  if (Number.isNaN(value)) return 'NaN not supported';
  if (!Number.isFinite(value)) return 'Infinite values not supported';
  if (value !== 0 && Math.abs(value) < LEAST_NORMAL) return 'Subnormal values not supported';
  return value < 0 ? 'Negative values not supported' : undefined;
}

const failoverTimeoutProblem: Rule<FrameworkInfo> = ({ failover_timeout = 0 }) =>
  Math.abs(failover_timeout) <= LONGEST_SECONDS
    ? undefined
    : `The framework failover_timeout (${printDouble(failover_timeout)}) is invalid`;

const infoRules: readonly Rule<FrameworkInfo>[] = [
  roleFieldProblem,
  duplicateRolesProblem,
  roleNamesProblem,
  frameworkIdProblem,
  offerFiltersProblem,
  failoverTimeoutProblem,
];

/** @see Mesos src/master/validation.cpp, framework::validate */
export function frameworkInfoProblem(info: FrameworkInfo): Problem {
  return firstProblem(infoRules, info);
}

/**
 * Returns what changed in a FrameworkInfo although it must stay the same.
 *
 * @see Mesos src/master/validation.cpp, framework::validateUpdate
 */
export function infoUpdateProblem(old: FrameworkInfo, info: FrameworkInfo): Problem {
  // The message does not contain the old principal, because the client may be another one.
  if (info.principal !== old.principal) return "Changing framework's principal is not allowed.";
  if (info.user !== old.user) {
    return `Updating 'FrameworkInfo.user' is unsupported; attempted to update from '${old.user}' to '${info.user}'`;
  }
  const [before, after] = [old.checkpoint ?? false, info.checkpoint ?? false];
  if (before === after) return undefined;
  return `Updating 'FrameworkInfo.checkpoint' is unsupported; attempted to update from '${before}' to '${after}'`;
}

/** The info of a framework that subscribes again, with what cannot change as it was. */
export function withImmutableFields(old: FrameworkInfo, info: FrameworkInfo): FrameworkInfo {
  const { checkpoint: _, ...rest } = info;
  return { ...rest, user: old.user, ...(old.checkpoint !== undefined && { checkpoint: old.checkpoint }) };
}

/** Suppressed roles and constraints must be about roles the framework has. */
export function roleOptionsProblem(
  info: FrameworkInfo,
  suppressedRoles: readonly string[],
  constraints: SchedulerOfferConstraints | undefined,
): Problem {
  const roles = new Set(rolesOf(info));
  const unknown = new Set(suppressedRoles.filter(role => !roles.has(role)));
  if (unknown.size > 0) return `Suppressed roles ${printSet(unknown)} are not contained in the set of roles`;
  const foreign = Object.keys(constraints?.role_constraints ?? {}).find(role => !roles.has(role));
  if (foreign === undefined) return undefined;
  return `Offer constraints specify \`role_constraints\` for a role '${foreign}'not contained in the set of roles`;
}
