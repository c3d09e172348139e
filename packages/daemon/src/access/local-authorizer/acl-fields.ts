/** The fields of `--acls`: a table from which parsing, matching and the reference page are derived. */
import type { Action } from '../actions.ts';

/**
 * What the objects of a field are.
 *
 * - `roles`: names of roles; one that ends in `/%` means all roles below it, at any depth.
 * - `users`: users of the operating system.
 * - `principals`: names of principals.
 * - `paths`: paths of endpoints, those of {@link authorizablePaths}.
 * - `whole`: nothing in particular: only ANY and NONE are allowed.
 */
export type ObjectKind = 'roles' | 'users' | 'principals' | 'paths' | 'whole';

/** A field of `--acls`. */
export interface AclField {
  /** The key beside `principals` in a rule, such as `roles`. */
  readonly objects: string;
  readonly kind: ObjectKind;
  /** The actions that are decided by it. */
  readonly actions: readonly Action[];
  /** What is allowed by a rule, for the reference page: `Register a framework with these roles.` */
  readonly help: string;
}

function field(objects: string, kind: ObjectKind, actions: Action | readonly Action[], help: string): AclField {
  return { objects, kind, actions: typeof actions === 'string' ? [actions] : actions, help };
}

const users = (action: Action, help: string) => field('users', 'users', action, help);
const roles = (action: Action | readonly Action[], help: string) => field('roles', 'roles', action, help);
const whole = (objects: string, action: Action, help: string) => field(objects, 'whole', action, help);

/**
 * By the names that Mesos has, and `kill_tasks`.
 *
 * @see Mesos include/mesos/authorizer/acls.proto
 */
export const aclFields = {
  register_frameworks: roles('REGISTER_FRAMEWORK', 'Subscribe a framework with these roles, all of them.'),
  run_tasks: users('RUN_TASK', 'Run tasks as these users.'),
  teardown_frameworks: field(
    'framework_principals',
    'principals',
    'TEARDOWN_FRAMEWORK',
    'Tear down frameworks of these principals. Also kill one of their tasks, where there are no rules `kill_tasks`.',
  ),
  kill_tasks: users(
    'KILL_TASK',
    'Kill tasks that run as these users. Without such rules, `teardown_frameworks` decides. An extension of Meseta.',
  ),
  reserve_resources: roles(
    'RESERVE_RESOURCES',
    'Reserve resources for these roles; also as an agent with such resources in its flags.',
  ),
  unreserve_resources: field(
    'reserver_principals',
    'principals',
    'UNRESERVE_RESOURCES',
    'Unreserve what these principals reserved.',
  ),
  create_volumes: roles('CREATE_VOLUME', 'Create persistent volumes of disk that is reserved for these roles.'),
  destroy_volumes: field(
    'creator_principals',
    'principals',
    'DESTROY_VOLUME',
    'Destroy persistent volumes that these principals created.',
  ),
  resize_volumes: roles('RESIZE_VOLUME', 'Grow and shrink persistent volumes that are reserved for these roles.'),
  create_block_disks: roles('CREATE_BLOCK_DISK', 'Create block disks of these roles.'),
  destroy_block_disks: roles('DESTROY_BLOCK_DISK', 'Destroy block disks of these roles.'),
  create_mount_disks: roles('CREATE_MOUNT_DISK', 'Create mount disks of these roles.'),
  destroy_mount_disks: roles('DESTROY_MOUNT_DISK', 'Destroy mount disks of these roles.'),
  destroy_raw_disks: roles('DESTROY_RAW_DISK', 'Destroy raw disks of these roles.'),

  update_weights: roles('UPDATE_WEIGHT', 'Change the weights of these roles.'),
  get_quotas: roles('GET_QUOTA', 'See the quotas of these roles.'),
  update_quotas: roles(['UPDATE_QUOTA', 'UPDATE_QUOTA_WITH_CONFIG'], 'Set and remove the quotas of these roles.'),

  register_agents: whole('agents', 'REGISTER_AGENT', 'Join the cluster as an agent.'),
  drain_agents: whole('agents', 'DRAIN_AGENT', 'Drain agents.'),
  deactivate_agents: whole('agents', 'DEACTIVATE_AGENT', 'Deactivate agents.'),
  reactivate_agents: whole('agents', 'REACTIVATE_AGENT', 'Reactivate agents.'),
  mark_agents_gone: whole('agents', 'MARK_AGENT_GONE', 'Mark agents gone, or drain them to be marked gone.'),

  get_maintenance_schedules: whole('machines', 'GET_MAINTENANCE_SCHEDULE', 'See the maintenance schedule.'),
  update_maintenance_schedules: whole('machines', 'UPDATE_MAINTENANCE_SCHEDULE', 'Change the maintenance schedule.'),
  get_maintenance_statuses: whole('machines', 'GET_MAINTENANCE_STATUS', 'See which machines drain or are down.'),
  start_maintenances: whole('machines', 'START_MAINTENANCE', 'Take machines down.'),
  stop_maintenances: whole('machines', 'STOP_MAINTENANCE', 'Bring machines up.'),

  get_endpoints: field('paths', 'paths', 'GET_ENDPOINT_WITH_PATH', 'Use endpoints with these paths.'),
  view_flags: whole('flags', 'VIEW_FLAGS', 'See the flags.'),
  set_log_level: whole('level', 'SET_LOG_LEVEL', 'Change the log level with SET_LOGGING_LEVEL.'),
  access_mesos_logs: whole('logs', 'ACCESS_MESOS_LOG', 'Read the log file of the daemon.'),
  access_sandboxes: users('ACCESS_SANDBOX', 'Read the sandboxes of executors that run as these users.'),

  view_frameworks: users('VIEW_FRAMEWORK', 'See frameworks with these users.'),
  view_tasks: users('VIEW_TASK', 'See tasks that run as these users.'),
  view_executors: users('VIEW_EXECUTOR', 'See executors that run as these users.'),
  view_roles: roles(
    'VIEW_ROLE',
    'See these roles, their weights, and resources that are reserved for them or allocated to them.',
  ),
  view_containers: users('VIEW_CONTAINER', 'See containers of executors that run as these users.'),
  view_standalone_containers: whole('users', 'VIEW_STANDALONE_CONTAINER', 'See stand-alone containers.'),
  view_resource_providers: whole('resource_providers', 'VIEW_RESOURCE_PROVIDER', 'See resource providers.'),

  launch_nested_containers_as_user: users(
    'LAUNCH_NESTED_CONTAINER',
    'Launch nested containers that run as these users.',
  ),
  launch_nested_containers_under_parent_with_user: users(
    'LAUNCH_NESTED_CONTAINER',
    'Launch nested containers in executors that run as these users.',
  ),
  launch_nested_container_sessions_as_user: users(
    'LAUNCH_NESTED_CONTAINER_SESSION',
    'Run commands in containers (`task exec`) as these users.',
  ),
  launch_nested_container_sessions_under_parent_with_user: users(
    'LAUNCH_NESTED_CONTAINER_SESSION',
    'Run commands in containers of executors that run as these users.',
  ),
  wait_nested_containers: users('WAIT_NESTED_CONTAINER', 'Wait for nested containers of executors with these users.'),
  kill_nested_containers: users('KILL_NESTED_CONTAINER', 'Kill nested containers of executors with these users.'),
  remove_nested_containers: users('REMOVE_NESTED_CONTAINER', 'Remove nested containers of executors with these users.'),
  attach_containers_input: users('ATTACH_CONTAINER_INPUT', 'Write to containers of executors with these users.'),
  attach_containers_output: users(
    'ATTACH_CONTAINER_OUTPUT',
    'Follow the output of containers of executors with these users.',
  ),
  launch_standalone_containers: whole('users', 'LAUNCH_STANDALONE_CONTAINER', 'Launch stand-alone containers.'),
  wait_standalone_containers: whole('users', 'WAIT_STANDALONE_CONTAINER', 'Wait for stand-alone containers.'),
  kill_standalone_containers: whole('users', 'KILL_STANDALONE_CONTAINER', 'Kill stand-alone containers.'),
  remove_standalone_containers: whole('users', 'REMOVE_STANDALONE_CONTAINER', 'Remove stand-alone containers.'),

  modify_resource_provider_configs: whole(
    'resource_providers',
    'MODIFY_RESOURCE_PROVIDER_CONFIG',
    'Add, change and remove configurations of resource providers.',
  ),
  mark_resource_providers_gone: whole(
    'resource_providers',
    'MARK_RESOURCE_PROVIDER_GONE',
    'Mark resource providers gone.',
  ),
  prune_images: whole('images', 'PRUNE_IMAGES', 'Remove images that are not used.'),
} as const satisfies Record<string, AclField>;

/** The name of a field of `--acls`. */
export type AclName = keyof typeof aclFields;

/** Older names of fields to those of today. */
export const oldAclNames: Readonly<Record<string, AclName>> = { shutdown_frameworks: 'teardown_frameworks' };

/** Fields that Mesos had once and that decide nothing any more, to those that took their place. */
export const formerAclNames: Readonly<Record<string, AclName>> = {
  set_quotas: 'update_quotas',
  remove_quotas: 'update_quotas',
};

/**
 * The paths that GET_ENDPOINT_WITH_PATH is asked for. `/metrics/snapshot` stands for `/metrics/prometheus` and `/ui/history`, too.
 *
 * @see Mesos src/common/authorization.cpp, AUTHORIZABLE_ENDPOINTS
 */
export const authorizablePaths: readonly string[] = [
  '/containers',
  '/containerizer/debug',
  '/files/debug',
  '/logging/toggle',
  '/metrics/snapshot',
  '/monitor/statistics',
];
