import { mergeVariables } from '@meseta/containers/isolators';
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
import type { Logger } from '@meseta/telemetry';
import type { Hook, HookPoint } from './hook.ts';

/** A hook and its name in `--hooks`. */
export interface NamedHook {
  readonly name: string;
  readonly hook: Hook;
}

/** A hook failed, and the launch of the task must fail for it. */
export class HookError extends Error {
  override readonly name = 'HookError';
  readonly code = 'HOOK_FAILED';
}

/** The names of the hook points in Mesos's log. */
const titles: Readonly<Record<HookPoint, string>> = {
  masterLaunchTaskResourceDecorator: 'Master resource decorator hook',
  masterLaunchTaskLabelDecorator: 'Master label decorator hook',
  masterSlaveLostHook: 'Master agent-lost hook',
  slaveResourcesDecorator: 'Agent resources decorator hook',
  slaveAttributesDecorator: 'Agent attributes decorator hook',
  slaveRunTaskLabelDecorator: 'Agent label decorator hook',
  slaveExecutorEnvironmentDecorator: 'Agent environment decorator hook',
  slavePreLaunchDockerTaskExecutorDecorator: 'Agent pre-launch Docker decorator hook',
  slavePostFetchHook: 'Agent post-fetch hook',
  slaveTaskStatusDecorator: 'Agent task status decorator hook',
  slaveRemoveExecutorHook: 'Agent remove executor hook',
};

/** The names of all hook points. */
export const hookPoints = Object.keys(titles) as readonly HookPoint[];

/**
 * Runs the hooks of a daemon in the order of `--hooks`. Each hook gets the results of those before it. The failure of a
 * hook is logged and otherwise ignored, except where it must fail a launch.
 *
 * @see Mesos src/hook/manager.cpp
 */
export class HookManager {
  readonly #hooks: readonly NamedHook[];
  readonly #log: Logger;

  constructor(hooks: readonly NamedHook[], log: Logger) {
    this.#hooks = hooks;
    this.#log = log;
  }

  /** Tells whether any hook implements the hook point, so that a caller can skip an asynchronous call. */
  has(point: HookPoint): boolean {
    return this.#hooks.some(({ hook }) => hook[point] !== undefined);
  }

  /** @returns the task's resources. */
  async masterLaunchTaskResourceDecorator(
    task: TaskInfo,
    agentResources: readonly Resource[],
  ): Promise<readonly Resource[]> {
    return this.#decorate<readonly Resource[]>(
      'masterLaunchTaskResourceDecorator',
      task.resources ?? [],
      (hook, resources) =>
        hook.masterLaunchTaskResourceDecorator?.({ ...task, resources: [...resources] }, agentResources),
    );
  }

  /** @returns the task's labels; undefined for none. */
  async masterLaunchTaskLabelDecorator(
    task: TaskInfo,
    framework: FrameworkInfo,
    agent: AgentInfo,
  ): Promise<Labels | undefined> {
    return this.#decorate('masterLaunchTaskLabelDecorator', task.labels, (hook, labels) =>
      hook.masterLaunchTaskLabelDecorator?.(withLabels(task, labels), framework, agent),
    );
  }

  async masterSlaveLostHook(agent: AgentInfo): Promise<void> {
    await this.#notify('masterSlaveLostHook', hook => hook.masterSlaveLostHook?.(agent));
  }

  /** @returns the resources that the agent registers with. */
  async slaveResourcesDecorator(agent: AgentInfo): Promise<readonly Resource[]> {
    return this.#decorate<readonly Resource[]>('slaveResourcesDecorator', agent.resources ?? [], (hook, resources) =>
      hook.slaveResourcesDecorator?.({ ...agent, resources: [...resources] }),
    );
  }

  /** @returns the attributes that the agent registers with. */
  async slaveAttributesDecorator(agent: AgentInfo): Promise<readonly Attribute[]> {
    return this.#decorate<readonly Attribute[]>(
      'slaveAttributesDecorator',
      agent.attributes ?? [],
      (hook, attributes) => hook.slaveAttributesDecorator?.({ ...agent, attributes: [...attributes] }),
    );
  }

  /** @returns the labels that the agent's views and the executor get; undefined for none. */
  async slaveRunTaskLabelDecorator(
    task: TaskInfo,
    executor: ExecutorInfo,
    framework: FrameworkInfo,
    agent: AgentInfo,
  ): Promise<Labels | undefined> {
    return this.#decorate('slaveRunTaskLabelDecorator', task.labels, (hook, labels) =>
      hook.slaveRunTaskLabelDecorator?.(withLabels(task, labels), executor, framework, agent),
    );
  }

  /** @returns the environment of the executor's command; undefined for none. */
  async slaveExecutorEnvironmentDecorator(executor: ExecutorInfo): Promise<Environment | undefined> {
    return this.#decorate('slaveExecutorEnvironmentDecorator', executor.command?.environment, (hook, environment) =>
      hook.slaveExecutorEnvironmentDecorator?.(
        environment === undefined ? executor : { ...executor, command: { ...executor.command, environment } },
      ),
    );
  }

  /**
   * @returns the variables of all hooks; of variables with the same name, the last.
   * @throws {HookError} when any hook failed: the launch must fail.
   */
  async slavePreLaunchDockerTaskExecutorDecorator(
    ...args: Parameters<NonNullable<Hook['slavePreLaunchDockerTaskExecutorDecorator']>>
  ): Promise<DockerTaskExecutorPrepareInfo> {
    const point = 'slavePreLaunchDockerTaskExecutorDecorator';
    const answers = this.#hooks.map(async ({ name, hook }) => {
      try {
        return await hook[point]?.(...args);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new HookError(`${titles[point]} failed for module '${name}': ${why}`, { cause });
      }
    });
    let merged: DockerTaskExecutorPrepareInfo = {};
    for (const answer of await Promise.all(answers)) if (answer !== undefined) merged = mergeDocker(merged, answer);
    return merged;
  }

  async slavePostFetchHook(id: ContainerID, directory: string): Promise<void> {
    await this.#notify('slavePostFetchHook', hook => hook.slavePostFetchHook?.(id, directory));
  }

  /** @returns the status, in which hooks may have changed the labels and the container status. */
  async slaveTaskStatusDecorator(frameworkId: FrameworkID, status: TaskStatus): Promise<TaskStatus> {
    return this.#decorate('slaveTaskStatusDecorator', status, async (hook, current) => {
      const answer = await hook.slaveTaskStatusDecorator?.(frameworkId, current);
      if (answer === undefined) return undefined;
      const { labels = current.labels, container_status = current.container_status } = answer;
      return { ...current, ...(labels && { labels }), ...(container_status && { container_status }) };
    });
  }

  async slaveRemoveExecutorHook(framework: FrameworkInfo, executor: ExecutorInfo): Promise<void> {
    await this.#notify('slaveRemoveExecutorHook', hook => hook.slaveRemoveExecutorHook?.(framework, executor));
  }

  async #decorate<T>(
    point: HookPoint,
    value: T,
    ask: (hook: Hook, current: T) => Promise<T | undefined> | undefined,
  ): Promise<T> {
    let current = value;
    for (const { name, hook } of this.#hooks) {
      if (hook[point] === undefined) continue;
      try {
        current = (await ask(hook, current)) ?? current;
      } catch (error) {
        this.#failed(point, name, error);
      }
    }
    return current;
  }

  async #notify(point: HookPoint, tell: (hook: Hook) => Promise<void> | undefined): Promise<void> {
    for (const { name, hook } of this.#hooks) {
      try {
        await tell(hook);
      } catch (error) {
        this.#failed(point, name, error);
      }
    }
  }

  #failed(point: HookPoint, name: string, error: unknown): void {
    this.#log.warning(`${titles[point]} failed for module '${name}'`, { error });
  }
}

function withLabels(task: TaskInfo, labels: Labels | undefined): TaskInfo {
  return labels === undefined ? task : { ...task, labels };
}

function mergeDocker(
  before: DockerTaskExecutorPrepareInfo,
  after: DockerTaskExecutorPrepareInfo,
): DockerTaskExecutorPrepareInfo {
  const merged = (field: 'executorEnvironment' | 'taskEnvironment') =>
    before[field] === undefined && after[field] === undefined
      ? {}
      : { [field]: { variables: mergeVariables(before[field]?.variables ?? [], after[field]?.variables ?? []) } };
  return { ...merged('executorEnvironment'), ...merged('taskEnvironment') };
}
