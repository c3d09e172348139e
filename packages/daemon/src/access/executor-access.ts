/** What executors may do that authenticate with the token of their agent. */
import type { Principal } from '@meseta/process';
import type { ContainerID } from '@meseta/protocol';
import type { AccessControl, Filter } from './access-control.ts';
import type { AccessObjects, Action } from './actions.ts';

/** What an executor may do to containers in its own. */
const actions: ReadonlySet<Action> = new Set([
  'LAUNCH_NESTED_CONTAINER',
  'LAUNCH_NESTED_CONTAINER_SESSION',
  'WAIT_NESTED_CONTAINER',
  'KILL_NESTED_CONTAINER',
  'REMOVE_NESTED_CONTAINER',
  'ATTACH_CONTAINER_OUTPUT',
] satisfies Action[]);

const nothing: Filter = () => false;

/**
 * Adds the rule about executors: a principal without a value, which has the claims of a token, may do these actions to
 * containers in the container of its claim `cid`, and nothing else. Other principals are asked about as before. Mesos
 * has this rule where there are ACLs; here it always counts, so that no executor can act for another one.
 *
 * @see Mesos src/authorizer/local/authorizer.cpp, getImplicitExecutorObjectApprover
 */
export function withExecutors(access: AccessControl): AccessControl {
  return {
    ...access,
    authorize: (principal, action, object) =>
      isExecutor(principal) ? mayAct(principal, action, object) : access.authorize(principal, action, object),
    filter: (principal, action) => (isExecutor(principal) ? nothing : access.filter(principal, action)),
  };
}

function isExecutor(principal: Principal | undefined): principal is Principal {
  return principal !== undefined && principal.value === undefined;
}

function mayAct<A extends Action>({ claims }: Principal, action: A, object: AccessObjects[A]): boolean {
  if (!actions.has(action) || claims?.cid === undefined) return false;
  const { container_id: id } = object as { readonly container_id?: ContainerID };
  return id !== undefined && rootOf(id) === claims.cid;
}

function rootOf({ value, parent }: ContainerID): string {
  return parent === undefined ? value : rootOf(parent);
}
