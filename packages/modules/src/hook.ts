import type {
  AgentInfo,
  Attribute,
  ContainerID,
  DockerTaskExecutorPrepareInfo,
  Environment,
  ExecutorInfo,
  FrameworkID,
  FrameworkInfo,
  Labels,
  Resource,
  TaskInfo,
  TaskStatus,
} from '@meseta/protocol';

/** The part of a status that a hook may change. */
export type TaskStatusDecoration = Pick<TaskStatus, 'labels' | 'container_status'>;

/**
 * Code of a user that the daemon calls at certain points. All methods are optional. A decorator's answer replaces what
 * it decorates; undefined leaves it unchanged. An exception is logged and changes nothing, except in
 * `slavePreLaunchDockerTaskExecutorDecorator`, where it fails the launch.
 *
 * An implementation must settle every call in bounded time. Those of modules do.
 *
 * @see Mesos include/mesos/hook.hpp
 */
export interface Hook {
  /**
   * Called in the master before a task of an accepted offer is validated and sent to its agent.
   *
   * @param agentResources all resources of the agent.
   */
  masterLaunchTaskResourceDecorator?(
    task: TaskInfo,
    agentResources: readonly Resource[],
  ): Promise<readonly Resource[] | undefined>;

  /** Called in the master after `masterLaunchTaskResourceDecorator`. */
  masterLaunchTaskLabelDecorator?(
    task: TaskInfo,
    framework: FrameworkInfo,
    agent: AgentInfo,
  ): Promise<Labels | undefined>;

  /** Called in the master when an agent was removed or became unreachable. */
  masterSlaveLostHook?(agent: AgentInfo): Promise<void>;

  /** Called in the agent at start-up, before it registers. */
  slaveResourcesDecorator?(agent: AgentInfo): Promise<readonly Resource[] | undefined>;

  /** Called in the agent at start-up, after `slaveResourcesDecorator`. */
  slaveAttributesDecorator?(agent: AgentInfo): Promise<readonly Attribute[] | undefined>;

  /** Called in the agent for every task that arrives, before anything is launched for it. */
  slaveRunTaskLabelDecorator?(
    task: TaskInfo,
    executor: ExecutorInfo,
    framework: FrameworkInfo,
    agent: AgentInfo,
  ): Promise<Labels | undefined>;

  /** Called in the agent before an executor is launched. Returns the variables of its command. */
  slaveExecutorEnvironmentDecorator?(executor: ExecutorInfo): Promise<Environment | undefined>;

  /**
   * Called in the agent before the Docker containerizer creates a container. Hooks do not get each other's answers.
   *
   * @param environment the variables that the agent sets, by name; undefined for none.
   */
  slavePreLaunchDockerTaskExecutorDecorator?(
    task: TaskInfo | undefined,
    executor: ExecutorInfo,
    containerName: string,
    containerWorkDirectory: string,
    mappedSandboxDirectory: string,
    environment: Readonly<Record<string, string>> | undefined,
  ): Promise<DockerTaskExecutorPrepareInfo | undefined>;

  /** Called in the agent when the fetcher has filled the sandbox, before the container is launched. */
  slavePostFetchHook?(id: ContainerID, directory: string): Promise<void>;

  /** Called in the agent for every status update, before it is written and sent. */
  slaveTaskStatusDecorator?(frameworkId: FrameworkID, status: TaskStatus): Promise<TaskStatusDecoration | undefined>;

  /** Called in the agent when an executor has ended and its resources are cleaned up. */
  slaveRemoveExecutorHook?(framework: FrameworkInfo, executor: ExecutorInfo): Promise<void>;
}

/** The name of a hook point. */
export type HookPoint = keyof Hook;
