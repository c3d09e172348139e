import type { FrameworkInfo, SchedulerOfferConstraints } from '@meseta/protocol';
import { OfferConstraints, OfferConstraintsError } from '../allocator/constraints/index.ts';
import type { MasterContext } from '../context.ts';
import { printSet } from '../validation/print.ts';
import { firstProblem, type Problem, type Rule } from '../validation/rule.ts';
import { frameworkInfoProblem, roleOptionsProblem, rolesOf } from './framework-info.ts';

/** What a framework says when it subscribes or updates itself. */
export interface FrameworkRequest {
  readonly info: FrameworkInfo;
  readonly suppressedRoles: readonly string[];
  readonly offerConstraints: SchedulerOfferConstraints | undefined;
}

type Applicant = { readonly context: MasterContext; readonly info: FrameworkInfo };

/** Returns which roles `--roles` does not allow. */
export function allowedRolesProblem(flags: MasterContext['flags'], roles: readonly string[]): Problem {
  if (flags.roles === undefined) return undefined;
  const allowed = new Set([...flags.roles, '*']);
  const others = roles.filter(role => !allowed.has(role));
  return others.length > 0 ? `Roles ${printSet(others)} are not present in the master's --roles` : undefined;
}

const rootProblem: Rule<Applicant> = ({ context: { flags }, info }) =>
  info.user === 'root' && !flags.root_submissions
    ? "User 'root' is not allowed to run frameworks without --root_submissions set"
    : undefined;

const removedProblem: Rule<Applicant> = ({ context: { cluster }, info }) =>
  info.id && !cluster.frameworks.has(info.id.value) && cluster.findFramework(info.id.value)
    ? 'Framework has been removed'
    : undefined;

const rules: readonly Rule<Applicant>[] = [
  ({ info }) => frameworkInfoProblem(info),
  ({ context: { flags }, info }) => allowedRolesProblem(flags, rolesOf(info)),
  rootProblem,
  removedProblem,
];

/**
 * Returns why this master does not admit a framework; undefined when it does.
 *
 * @see Mesos src/master/master.cpp, Master::validateFramework
 */
export function admissionProblem(context: MasterContext, info: FrameworkInfo): Problem {
  return firstProblem(rules, { context, info });
}

/** Returns what is wrong with the options beside the info. */
export function optionsProblem(context: MasterContext, request: FrameworkRequest): Problem {
  const { info, suppressedRoles, offerConstraints } = request;
  return (
    roleOptionsProblem(info, suppressedRoles, offerConstraints) ??
    (offerConstraints && constraintsProblem(context, offerConstraints))
  );
}

function constraintsProblem({ flags }: MasterContext, constraints: SchedulerOfferConstraints): Problem {
  try {
    new OfferConstraints(constraints, flags.offer_constraints_re2_max_program_size);
    return undefined;
  } catch (error) {
    if (error instanceof OfferConstraintsError) return `Offer constraints are not valid: ${error.message}`;
    throw error;
  }
}
