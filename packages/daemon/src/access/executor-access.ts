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
 * A command that an executor launches as another user than its own needs RUN_TASK of the executor's framework for that
 * user. Mesos does not ask: there, every executor can become root.
 *
 * @see Mesos src/authorizer/local/authorizer.cpp, getImplicitExecutorObjectApprover
 */
export function withExecutors(access: AccessControl): AccessControl {
  return {
    ...access,
    authorize: (principal, action, object) =>
      isExecutor(principal) ? mayAct(access, principal, action, object) : access.authorize(principal, action, object),
    filter: (principal, action) => (isExecutor(principal) ? nothing : access.filter(principal, action)),
  };
}

function isExecutor(principal: Principal | undefined): principal is Principal {
  return principal !== undefined && principal.value === undefined;
}

function mayAct<A extends Action>(
  access: AccessControl,
  { claims }: Principal,
  action: A,
  object: AccessObjects[A],
): ReturnType<AccessControl['authorize']> {
  if (!actions.has(action) || claims?.cid === undefined) return false;
  const container = object as Partial<AccessObjects['LAUNCH_NESTED_CONTAINER']>;
  if (container.container_id === undefined || rootOf(container.container_id) !== claims.cid) return false;
  return mayRunAs(access, container);
}

/** Tells whether an executor may launch this command as the user that it names; true where nothing is launched. */
function mayRunAs(
  access: AccessControl,
  { framework_info, executor_info, command_info }: Partial<AccessObjects['LAUNCH_NESTED_CONTAINER']>,
): ReturnType<AccessControl['authorize']> {
  if (command_info?.user === undefined) return true;
  if (framework_info === undefined || executor_info === undefined) return false;
  if (command_info.user === (executor_info.command?.user ?? framework_info.user)) return true;
  const { principal } = framework_info;
  const task_info = {
    name: '',
    task_id: { value: '' },
    agent_id: { value: '' },
    executor: executor_info,
    command: command_info,
    resources: [],
  };
  return access.authorize(principal === undefined ? undefined : { value: principal }, 'RUN_TASK', {
    framework_info,
    task_info,
  });
}

function rootOf({ value, parent }: ContainerID): string {
  return parent === undefined ? value : rootOf(parent);
}
