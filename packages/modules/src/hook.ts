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

/** What of a status a hook may change. */
export type TaskStatusDecoration = Pick<TaskStatus, 'labels' | 'container_status'>;

/**
 * Code that is asked at certain moments. All methods are optional. A decorator's answer takes the place of what it
 * decorates; undefined leaves it. What is thrown is logged and changes nothing, but for
 * `slavePreLaunchDockerTaskExecutorDecorator`, where it fails the launch.
 *
 * Whoever makes a hook sees to it that every call settles in bounded time: those of modules do.
 *
 * @see Mesos include/mesos/hook.hpp
 */
export interface Hook {
  /**
   * In the master, when a task of an accepted offer is about to be validated and sent to its agent.
   *
   * @param agentResources all that the agent has.
   */
  masterLaunchTaskResourceDecorator?(
    task: TaskInfo,
    agentResources: readonly Resource[],
  ): Promise<readonly Resource[] | undefined>;

  /** In the master, right after the resources. */
  masterLaunchTaskLabelDecorator?(
    task: TaskInfo,
    framework: FrameworkInfo,
    agent: AgentInfo,
  ): Promise<Labels | undefined>;

  /** In the master, when an agent was removed or became unreachable. */
  masterSlaveLostHook?(agent: AgentInfo): Promise<void>;

  /** In the agent, at start-up, before it registers. */
  slaveResourcesDecorator?(agent: AgentInfo): Promise<readonly Resource[] | undefined>;

  /** In the agent, at start-up, right after the resources. */
  slaveAttributesDecorator?(agent: AgentInfo): Promise<readonly Attribute[] | undefined>;

  /** In the agent, for every task that arrives, before anything is launched for it. */
  slaveRunTaskLabelDecorator?(
    task: TaskInfo,
    executor: ExecutorInfo,
    framework: FrameworkInfo,
    agent: AgentInfo,
  ): Promise<Labels | undefined>;

  /** In the agent, when an executor is about to be launched: the variables of its command. */
  slaveExecutorEnvironmentDecorator?(executor: ExecutorInfo): Promise<Environment | undefined>;

  /**
   * In the agent, before a container of the Docker containerizer is made. Hooks do not see each other's answers.
   *
   * @param environment what the agent sets, by name; undefined when nothing.
   */
  slavePreLaunchDockerTaskExecutorDecorator?(
    task: TaskInfo | undefined,
    executor: ExecutorInfo,
    containerName: string,
    containerWorkDirectory: string,
    mappedSandboxDirectory: string,
    environment: Readonly<Record<string, string>> | undefined,
  ): Promise<DockerTaskExecutorPrepareInfo | undefined>;

  /** In the agent, when the fetcher has filled the sandbox, before the container is launched. */
  slavePostFetchHook?(id: ContainerID, directory: string): Promise<void>;

  /** In the agent, for every status update before it is written and sent. */
  slaveTaskStatusDecorator?(frameworkId: FrameworkID, status: TaskStatus): Promise<TaskStatusDecoration | undefined>;

  /** In the agent, when an executor has ended and all about it is cleaned up. */
  slaveRemoveExecutorHook?(framework: FrameworkInfo, executor: ExecutorInfo): Promise<void>;
}

/** A hook point. */
export type HookPoint = keyof Hook;
