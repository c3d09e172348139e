/** Whether a framework may register, and what it may use. */
import { type Ask, asks, settled } from '@meseta/daemon';
import type { Principal } from '@meseta/process';
import type { FrameworkInfo } from '@meseta/protocol';
import { printSet } from '../validation/print.ts';
import type { Problem } from '../validation/rule.ts';
import { rolesOf } from './framework-info.ts';

/** The questions of authorization for subscribing, and for changing a subscription. */
export const registration = asks('REGISTER_FRAMEWORK', (info: FrameworkInfo) => [{ framework_info: info }]);

/** Asks whether a framework may register as what an info says. Made from the entry of the message or call. */
export type AskToRegister = Ask<[info: FrameworkInfo]>;

/** Returns the principal of a framework; undefined when it has none. */
export function principalOf({ principal }: FrameworkInfo): Principal | undefined {
  return principal === undefined ? undefined : { value: principal };
}

/**
 * Why a framework may not be what it says; undefined when it may. At once where the answer is.
 *
 * @see Mesos src/master/master.cpp, Master::authorizeFramework
 */
export function authorizationProblem(ask: AskToRegister, info: FrameworkInfo): Problem | Promise<Problem> {
  const problem = settled(ask(principalOf(info), info), yes =>
    yes ? undefined : `Not authorized to use roles '${printSet(rolesOf(info))}'`,
  );
  return problem instanceof Promise
    ? problem.catch((error: Error) => `Authorization failure: ${error.message}`)
    : problem;
}
