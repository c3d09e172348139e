import { type AccessControl, type Acls, type AuthorizerReports, localAuthorizer } from '@meseta/daemon';
import type { Logger } from '@meseta/telemetry';
import type { ModuleRegistry } from './modules.ts';

/** The flags of a daemon that say who may do what. */
export interface AuthorizationFlags {
  /** Value of `--acls`. */
  readonly acls: Acls | undefined;
  /** Value of `--authorizers` of the master, `--authorizer` of the agent. */
  readonly authorizer: string;
  /** The name of that flag. */
  readonly flag: 'authorizers' | 'authorizer';
}

/** The part of access control that authorizes. Empty where everything is allowed. */
export type Authorization = Partial<Pick<AccessControl, 'authorize' | 'filter'>>;

/**
 * Makes what authorizes: the rules of `--acls`, or the module that a flag names, which makes `--acls` count for
 * nothing, as in Mesos.
 *
 * @throws {ModuleError} when the module cannot be used.
 */
export async function createAuthorization(
  { acls, authorizer, flag }: AuthorizationFlags,
  modules: ModuleRegistry,
  log: Logger,
): Promise<Authorization> {
  if (authorizer === 'local') {
    return acls ? localAuthorizer(acls, reportsTo(log)) : {};
  }
  if (acls) log.warning(`--acls counts for nothing: --${flag} names the module '${authorizer}'`);
  return modules.authorizer(authorizer, `--${flag}`);
}

function reportsTo(log: Logger): AuthorizerReports {
  return {
    onRefused: refusal => log.debug('Refused by --acls', { ...refusal }),
    onAllowance({ isLast, ...allowance }) {
      log.info('Allowed only because --acls is permissive; said once for each principal and action', { ...allowance });
      if (isLast) log.warning('More is allowed only because --acls is permissive; it is not said any more');
    },
  };
}
