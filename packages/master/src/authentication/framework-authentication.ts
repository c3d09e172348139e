/** What a v0 framework must have proven before it registers. */
import type { FrameworkInfo } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { SchedulerConnection } from '../state/framework.ts';
import type { Problem } from '../validation/rule.ts';

type Connection = Pick<SchedulerConnection, 'pid' | 'peer'>;

/**
 * Returns why a framework cannot register as what it says; undefined when it can. HTTP schedulers authenticate with their
 * requests.
 *
 * @see Mesos src/master/master.cpp, Master::validateFrameworkAuthentication
 */
export function authenticationProblem(context: MasterContext, connection: Connection, info: FrameworkInfo): Problem {
  const { authentication, flags } = context;
  const { pid, peer = '' } = connection;
  if (pid === undefined) return undefined;
  if (authentication.isForged(pid, peer)) return `Framework at ${pid} has authenticated from another IP address`;
  const principal = authentication.principalOf(pid, peer);
  if (principal === undefined) {
    return flags.authenticate_frameworks ? `Framework at ${pid} is not authenticated` : undefined;
  }
  if (info.principal === undefined || info.principal === principal) return undefined;
  return `Framework principal '${info.principal}' does not match authenticated principal '${principal}'`;
}

/** Adds to an info the principal that the framework has proven, when it does not say one: drivers need not. */
export function withPrincipal(context: MasterContext, connection: Connection, info: FrameworkInfo): FrameworkInfo {
  const { pid, peer = '' } = connection;
  if (info.principal !== undefined || pid === undefined) return info;
  const principal = context.authentication.principalOf(pid, peer);
  return principal === undefined ? info : { ...info, principal };
}

/** What the driver has proven counts for as long as it is connected. */
export function usePeer({ authentication }: MasterContext, { pid }: Connection): void {
  if (pid !== undefined) authentication.use(pid);
}

/** The connection has ended: who comes from there next has to prove who it is. */
export function releasePeer({ authentication }: MasterContext, { pid }: Connection): void {
  if (pid !== undefined) authentication.release(pid);
}
