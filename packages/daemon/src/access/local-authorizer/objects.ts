/** What the rules of `--acls` look at in the object of a question. */
import type { ContainerID, FrameworkInfo, Resource, Task, TaskInfo } from '@meseta/protocol';
import type { AccessObjects, Action } from '../actions.ts';
import type { AclName } from './acl-fields.ts';

/**
 * The object as rules see it: a name; several names, all of which must be allowed; or undefined, when the question is
 * about no one thing in particular. Only rules with ANY and NONE match that.
 */
export type Named = string | readonly string[] | undefined;

/** One condition of an action: the rules that decide it, and what they look at. */
export interface Condition<A extends Action> {
  readonly field: AclName;
  readonly named: (object: AccessObjects[A]) => Named;
  /** Whether it counts for this object. Absent: always. */
  readonly counts?: (object: AccessObjects[A]) => boolean;
  /** The condition in its place where `--acls` has no rules of its field: rules written before there was that field. */
  readonly otherwise?: Pick<Condition<A>, 'field' | 'named'>;
}

/** Conditions of an action, all of which must be met. */
type Conditions<A extends Action> = readonly Condition<A>[];

const nothing = () => undefined;

function on<A extends Action>(field: AclName, named: Condition<A>['named'] = nothing): Conditions<A> {
  return [{ field, named }];
}

interface OfExecutor extends Partial<AccessObjects['LAUNCH_NESTED_CONTAINER']> {}

/** The user of an executor, or of its framework; the container's id where the agent knows neither, as in Mesos. */
const userOrContainer = (object: { readonly container_id: ContainerID } & OfExecutor) =>
  executorUser(object) ?? object.container_id.value;

const parentUser = (object: OfExecutor) => executorUser(object);
const commandUser = ({ command_info }: OfExecutor) => command_info?.user;
const hasCommand = ({ command_info }: OfExecutor) => command_info !== undefined;

const ofRole = ({ resource }: { readonly resource: Resource }) => roleOfResource(resource);

/**
 * Every action to what decides it.
 *
 * @see Mesos src/authorizer/local/authorizer.cpp, the approvers
 */
export const conditions: { readonly [A in Action]: Conditions<A> } = {
  REGISTER_FRAMEWORK: on('register_frameworks', ({ framework_info }) => rolesOf(framework_info)),
  TEARDOWN_FRAMEWORK: on('teardown_frameworks', ({ framework_info }) => framework_info.principal ?? ''),
  RUN_TASK: on('run_tasks', ({ task_info, framework_info }) => taskUser(task_info, framework_info)),
  // Rules that were written for Mesos, which has no such call, must not allow all principals to kill tasks.
  KILL_TASK: [
    {
      field: 'kill_tasks',
      named: ({ task, framework_info }) => (task ? taskUser(task, framework_info) : framework_info.user),
      otherwise: { field: 'teardown_frameworks', named: ({ framework_info }) => framework_info.principal ?? '' },
    },
  ],
  REGISTER_AGENT: on('register_agents'),

  RESERVE_RESOURCES: on('reserve_resources', ofRole),
  UNRESERVE_RESOURCES: on(
    'unreserve_resources',
    ({ resource: { reservations, reservation } }) => (reservations?.at(-1) ?? reservation)?.principal,
  ),
  CREATE_VOLUME: on('create_volumes', ofRole),
  DESTROY_VOLUME: on(
    'destroy_volumes',
    ({ resource: { disk } }) => disk?.persistence && (disk.persistence.principal ?? ''),
  ),
  RESIZE_VOLUME: on('resize_volumes', ofRole),
  CREATE_BLOCK_DISK: on('create_block_disks', ofRole),
  CREATE_MOUNT_DISK: on('create_mount_disks', ofRole),
  DESTROY_BLOCK_DISK: on('destroy_block_disks', ofRole),
  DESTROY_MOUNT_DISK: on('destroy_mount_disks', ofRole),
  DESTROY_RAW_DISK: on('destroy_raw_disks', ofRole),

  UPDATE_WEIGHT: on('update_weights', ({ weight_info }) => weight_info.role ?? ''),
  GET_QUOTA: on('get_quotas', ({ value }) => value),
  UPDATE_QUOTA: on('update_quotas', ({ quota_info }) => quota_info.role ?? ''),
  UPDATE_QUOTA_WITH_CONFIG: on('update_quotas', ({ quota_config }) => quota_config.role),

  GET_MAINTENANCE_SCHEDULE: on('get_maintenance_schedules'),
  UPDATE_MAINTENANCE_SCHEDULE: on('update_maintenance_schedules'),
  GET_MAINTENANCE_STATUS: on('get_maintenance_statuses'),
  START_MAINTENANCE: on('start_maintenances'),
  STOP_MAINTENANCE: on('stop_maintenances'),

  MARK_AGENT_GONE: on('mark_agents_gone'),
  DRAIN_AGENT: on('drain_agents'),
  DEACTIVATE_AGENT: on('deactivate_agents'),
  REACTIVATE_AGENT: on('reactivate_agents'),

  GET_ENDPOINT_WITH_PATH: on('get_endpoints', ({ value }) => value),
  VIEW_FLAGS: on('view_flags'),
  SET_LOG_LEVEL: on('set_log_level'),
  ACCESS_MESOS_LOG: on('access_mesos_logs'),
  ACCESS_SANDBOX: on('access_sandboxes', executorUser),

  VIEW_FRAMEWORK: on('view_frameworks', ({ framework_info }) => framework_info.user),
  VIEW_TASK: on('view_tasks', ({ task, framework_info }) => taskUser(task, framework_info)),
  VIEW_EXECUTOR: on('view_executors', executorUser),
  VIEW_ROLE: on('view_roles', ({ value }) => value),
  VIEW_CONTAINER: on('view_containers', executorUser),
  VIEW_STANDALONE_CONTAINER: on('view_standalone_containers'),
  VIEW_RESOURCE_PROVIDER: on('view_resource_providers'),

  LAUNCH_NESTED_CONTAINER: [
    { field: 'launch_nested_containers_under_parent_with_user', named: parentUser },
    { field: 'launch_nested_containers_as_user', named: commandUser, counts: hasCommand },
  ],
  LAUNCH_NESTED_CONTAINER_SESSION: [
    { field: 'launch_nested_container_sessions_under_parent_with_user', named: parentUser },
    { field: 'launch_nested_container_sessions_as_user', named: commandUser, counts: hasCommand },
  ],
  WAIT_NESTED_CONTAINER: on('wait_nested_containers', userOrContainer),
  KILL_NESTED_CONTAINER: on('kill_nested_containers', userOrContainer),
  REMOVE_NESTED_CONTAINER: on('remove_nested_containers', userOrContainer),
  LAUNCH_STANDALONE_CONTAINER: on('launch_standalone_containers'),
  WAIT_STANDALONE_CONTAINER: on('wait_standalone_containers'),
  KILL_STANDALONE_CONTAINER: on('kill_standalone_containers'),
  REMOVE_STANDALONE_CONTAINER: on('remove_standalone_containers'),
  ATTACH_CONTAINER_INPUT: on('attach_containers_input', userOrContainer),
  ATTACH_CONTAINER_OUTPUT: on('attach_containers_output', userOrContainer),
  MODIFY_RESOURCE_PROVIDER_CONFIG: on('modify_resource_provider_configs'),
  MARK_RESOURCE_PROVIDER_GONE: on('mark_resource_providers_gone'),
  PRUNE_IMAGES: on('prune_images'),
};

/** The user an executor runs as; undefined when the agent knows neither it nor its framework. */
function executorUser({ executor_info, framework_info }: OfExecutor): string | undefined {
  return executor_info?.command?.user ?? framework_info?.user;
}

/** The user a task runs as: that of its command, of its executor, or of its framework. */
function taskUser(task: Task | TaskInfo, { user }: FrameworkInfo): string {
  const own = 'state' in task ? task.user : (task.command?.user ?? task.executor?.command?.user);
  return own ?? user;
}

/** The role of the most refined reservation, in both formats of resources. */
function roleOfResource({ role = '*', reservations }: Resource): string {
  return reservations?.at(-1)?.role ?? role;
}

function rolesOf({ capabilities = [], roles = [], role = '*' }: FrameworkInfo): readonly string[] {
  return capabilities.some(({ type }) => type === 'MULTI_ROLE') ? roles : [role];
}
