/** What can be asked for, and about what: Mesos's actions of authorization. */
import type {
  AgentInfo,
  CommandInfo,
  ContainerID,
  ExecutorInfo,
  FrameworkInfo,
  MachineID,
  QuotaConfig,
  QuotaInfo,
  Resource,
  Task,
  TaskInfo,
  WeightInfo,
} from '@meseta/protocol';

/** The object of an action that is allowed or not as a whole. */
export type Whole = Readonly<Record<string, never>>;

/** To be used where the object is {@link Whole}. */
export const whole: Whole = {};

interface OfFramework {
  readonly framework_info: FrameworkInfo;
}
interface OfResource {
  readonly resource: Resource;
}
interface OfMachine {
  readonly machine_id: MachineID;
}
interface OfContainer {
  readonly container_id: ContainerID;
  /** Of the executor that it belongs to; absent of stand-alone containers, and of those nested in them. */
  readonly framework_info?: FrameworkInfo;
  readonly executor_info?: ExecutorInfo;
  /** Of a launch. */
  readonly command_info?: CommandInfo;
}
interface OfValue {
  readonly value: string;
}

/**
 * Actions to what each is about. Fields have the names that they have in Mesos's `authorization.Object`.
 *
 * @see Mesos include/mesos/authorizer/authorizer.proto, enum Action
 */
export interface AccessObjects {
  REGISTER_FRAMEWORK: OfFramework;
  TEARDOWN_FRAMEWORK: OfFramework;
  /** The user it would run as is that of the task's command, else of its executor's, else the framework's. */
  RUN_TASK: OfFramework & { readonly task_info: TaskInfo };
  /** By an operator. The task is absent when the framework has no such task. An extension of Meseta. */
  KILL_TASK: OfFramework & { readonly task?: Task | TaskInfo };
  REGISTER_AGENT: { readonly agent_info: AgentInfo };

  RESERVE_RESOURCES: OfResource;
  UNRESERVE_RESOURCES: OfResource;
  CREATE_VOLUME: OfResource;
  DESTROY_VOLUME: OfResource;
  RESIZE_VOLUME: OfResource;
  CREATE_BLOCK_DISK: OfResource;
  CREATE_MOUNT_DISK: OfResource;
  DESTROY_BLOCK_DISK: OfResource;
  DESTROY_MOUNT_DISK: OfResource;
  DESTROY_RAW_DISK: OfResource;

  UPDATE_WEIGHT: { readonly weight_info: WeightInfo };
  /** A role. */
  GET_QUOTA: OfValue;
  UPDATE_QUOTA: { readonly quota_info: QuotaInfo };
  UPDATE_QUOTA_WITH_CONFIG: { readonly quota_config: QuotaConfig };

  GET_MAINTENANCE_SCHEDULE: OfMachine;
  UPDATE_MAINTENANCE_SCHEDULE: OfMachine;
  GET_MAINTENANCE_STATUS: OfMachine;
  START_MAINTENANCE: OfMachine;
  STOP_MAINTENANCE: OfMachine;

  MARK_AGENT_GONE: Whole;
  DRAIN_AGENT: Whole;
  DEACTIVATE_AGENT: Whole;
  REACTIVATE_AGENT: Whole;

  /** A path without the actor's name, `/metrics/snapshot`. */
  GET_ENDPOINT_WITH_PATH: OfValue;
  VIEW_FLAGS: Whole;
  SET_LOG_LEVEL: Whole;
  ACCESS_MESOS_LOG: Whole;
  /** Fields are absent of what the agent no longer knows. */
  ACCESS_SANDBOX: { readonly framework_info?: FrameworkInfo; readonly executor_info?: ExecutorInfo };

  VIEW_FRAMEWORK: OfFramework;
  VIEW_TASK: OfFramework & { readonly task: Task | TaskInfo };
  VIEW_EXECUTOR: OfFramework & { readonly executor_info: ExecutorInfo };
  /** A role. */
  VIEW_ROLE: OfValue;
  VIEW_CONTAINER: OfFramework & { readonly executor_info: ExecutorInfo; readonly container_id: ContainerID };
  VIEW_STANDALONE_CONTAINER: OfContainer;
  VIEW_RESOURCE_PROVIDER: Whole;

  LAUNCH_NESTED_CONTAINER: OfContainer;
  LAUNCH_NESTED_CONTAINER_SESSION: OfContainer;
  WAIT_NESTED_CONTAINER: OfContainer;
  KILL_NESTED_CONTAINER: OfContainer;
  REMOVE_NESTED_CONTAINER: OfContainer;
  LAUNCH_STANDALONE_CONTAINER: OfContainer;
  WAIT_STANDALONE_CONTAINER: OfContainer;
  KILL_STANDALONE_CONTAINER: OfContainer;
  REMOVE_STANDALONE_CONTAINER: OfContainer;
  ATTACH_CONTAINER_INPUT: OfContainer;
  ATTACH_CONTAINER_OUTPUT: OfContainer;
  MODIFY_RESOURCE_PROVIDER_CONFIG: Whole;
  MARK_RESOURCE_PROVIDER_GONE: Whole;
  PRUNE_IMAGES: Whole;
}

/** The name of an action. */
export type Action = keyof AccessObjects;

/** A question for authorization: an action, and the object it acts on. */
export type Question<A extends Action = Action> = {
  readonly [Each in A]: { readonly action: Each; readonly object: AccessObjects[Each] };
}[A];
