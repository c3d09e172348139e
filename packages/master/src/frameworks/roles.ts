/** SUPPRESS and REVIVE: a framework pauses offers in roles, and asks for them again. */
import { roleProblem } from '@meseta/resources';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';
import type { Problem } from '../validation/rule.ts';
import { problemOfAny } from '../validation/rule.ts';

/** Stops offers in these roles until they are revived; in all of its roles when none is named. */
export function suppressOffers(context: MasterContext, framework: Framework, roles: readonly string[]): void {
  context.metrics.counter('master/messages_suppress_offers').increment();
  if (isWrong(context, framework, 'suppression', roles)) return;
  const suppressed = roles.length > 0 ? roles : framework.roles;
  framework.suppressedRoles = new Set([...framework.suppressedRoles, ...suppressed]);
  context.allocation.suppress(framework, suppressed);
}

/** Resumes offers in these roles, also of what it declined; in all of its roles when none is named. */
export function reviveOffers(context: MasterContext, framework: Framework, roles: readonly string[]): void {
  context.metrics.counter('master/messages_revive_offers').increment();
  if (isWrong(context, framework, 'revive', roles)) return;
  const revived = new Set(roles.length > 0 ? roles : framework.roles);
  framework.suppressedRoles = new Set([...framework.suppressedRoles].filter(role => !revived.has(role)));
  context.allocation.revive(framework, [...revived]);
}

/** One wrong role makes the call void, as in Mesos: it has been accepted already, so that this is only logged. */
function isWrong(context: MasterContext, framework: Framework, what: string, roles: readonly string[]): boolean {
  const problem: Problem = problemOfAny(roles, role => {
    const invalid = roleProblem(role);
    if (invalid !== undefined) return `${what} role '${role}' is invalid: ${invalid}`;
    return framework.roles.includes(role)
      ? undefined
      : `${what} role '${role}' is not one of the frameworks's subscribed roles`;
  });
  if (problem !== undefined) context.log.warning(`Dropped a call: ${problem}`, { framework_id: framework.id });
  return problem !== undefined;
}
