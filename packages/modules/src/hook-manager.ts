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

/** A hook under the name it has in `--hooks`. */
export interface NamedHook {
  readonly name: string;
  readonly hook: Hook;
}

/** A hook whose failure fails a launch. */
export class HookError extends Error {
  override readonly name = 'HookError';
  readonly code = 'HOOK_FAILED';
}

/** How Mesos's log calls the hook points. */
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

/** The hook points. */
export const hookPoints = Object.keys(titles) as readonly HookPoint[];

/**
 * Runs the hooks of a daemon, in the order of `--hooks`, each seeing what those before it made of things. A hook that
 * fails is logged and passed over. Nothing is thrown but where a launch must fail.
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

  /** Whether any hook is interested: who asks first saves the wait for nothing. */
  has(point: HookPoint): boolean {
    return this.#hooks.some(({ hook }) => hook[point] !== undefined);
  }

  /** @returns the resources to give the task. */
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

  /** @returns the labels to give the task; undefined: none. */
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

  /** @returns the resources to register with. */
  async slaveResourcesDecorator(agent: AgentInfo): Promise<readonly Resource[]> {
    return this.#decorate<readonly Resource[]>('slaveResourcesDecorator', agent.resources ?? [], (hook, resources) =>
      hook.slaveResourcesDecorator?.({ ...agent, resources: [...resources] }),
    );
  }

  /** @returns the attributes to register with. */
  async slaveAttributesDecorator(agent: AgentInfo): Promise<readonly Attribute[]> {
    return this.#decorate<readonly Attribute[]>(
      'slaveAttributesDecorator',
      agent.attributes ?? [],
      (hook, attributes) => hook.slaveAttributesDecorator?.({ ...agent, attributes: [...attributes] }),
    );
  }

  /** @returns the labels that the agent's views and the executor see; undefined: none. */
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

  /** @returns the environment of the executor's command; undefined: none. */
  async slaveExecutorEnvironmentDecorator(executor: ExecutorInfo): Promise<Environment | undefined> {
    return this.#decorate('slaveExecutorEnvironmentDecorator', executor.command?.environment, (hook, environment) =>
      hook.slaveExecutorEnvironmentDecorator?.(
        environment === undefined ? executor : { ...executor, command: { ...executor.command, environment } },
      ),
    );
  }

  /**
   * @returns the variables of all hooks; of those with one name the last stays.
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

  /** @returns the status with the labels and the container status hooks gave it, all else as it was. */
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
