/**
 * What hooks and isolators have to do with the containers of executors and command tasks, from before the launch to
 * after the end. Without any nothing is kept, and nothing waited for.
 *
 * ```text
 * add ──▶ prepare ──▶ isolate ──▶ … ──▶ end
 *            └── watched: a limitation destroys the container ──┘
 * ```
 */
import type { Fetcher, Launcher } from '@meseta/containers';
import type { IsolatorChain, ResourceLimits } from '@meseta/containers/isolators';
import type { Logger } from '@meseta/daemon';
import type { HookManager } from '@meseta/modules';
import type {
  ContainerConfig,
  ContainerLaunchInfo,
  ContainerLimitation,
  ContainerState,
  ContainerStatus,
  EnvironmentVariable,
  ExecutorInfo,
  FrameworkInfo,
  Resource,
  ResourceStatistics,
  TaskResourceLimitation,
  TaskStatusReason,
} from '@meseta/protocol';
import type { ContainerId } from '../ids.ts';

export interface ContainersOptions {
  readonly hooks: HookManager;
  readonly isolators: IsolatorChain;
  readonly launcher: Pick<Launcher, 'destroy' | 'remove'>;
  readonly fetcher: Pick<Fetcher, 'cancel'>;
  readonly log: Logger;
}

interface Life {
  /** Ends its watch. */
  readonly ended: AbortController;
  readonly over: PromiseWithResolvers<void>;
  variables: readonly EnvironmentVariable[];
  /** Why it is being destroyed. */
  limitation?: ContainerLimitation;
  end?: Promise<void>;
}

/** A limitation as it goes into a task's status. */
export function limitOf({ reason, resources }: ContainerLimitation): {
  readonly reason?: TaskStatusReason;
  readonly limitation?: TaskResourceLimitation;
} {
  return { ...(reason && { reason }), ...(resources?.length && { limitation: { resources } }) };
}

/** See the file's head. One per agent. */
export class Containers {
  readonly #options: ContainersOptions;
  readonly #lives = new Map<ContainerId, Life>();
  /** Whether there are isolators. */
  readonly isolates: boolean;
  readonly #used: boolean;

  constructor(options: ContainersOptions) {
    this.#options = options;
    this.isolates = options.isolators.names.length > 0;
    const points = ['slaveExecutorEnvironmentDecorator', 'slaveRemoveExecutorHook'] as const;
    this.#used = this.isolates || points.some(point => options.hooks.has(point));
  }

  /** From now on `end` has something to do. */
  add(id: ContainerId): void {
    if (!this.#used) return;
    this.#lives.set(id, { ended: new AbortController(), over: Promise.withResolvers(), variables: [] });
  }

  /**
   * Tells isolators of the containers that an earlier agent left, and watches those that run.
   *
   * @param states each of them is `add`ed.
   * @param orphans containers nobody knows; `remove` them.
   * @throws {IsolatorError}
   */
  async recover(states: readonly ContainerState[], orphans: readonly ContainerId[]): Promise<void> {
    if (!this.isolates) return;
    await this.#options.isolators.recover(
      states,
      orphans.map(value => ({ value })),
    );
  }

  /**
   * What hooks give an executor's environment, lowest first.
   *
   * @param info its own variables are among those given, for hooks may change them.
   */
  async hookVariables(info: ExecutorInfo): Promise<readonly EnvironmentVariable[]> {
    const { hooks } = this.#options;
    if (!hooks.has('slaveExecutorEnvironmentDecorator')) return [];
    return (await hooks.slaveExecutorEnvironmentDecorator(info))?.variables ?? [];
  }

  /** Prepares an added container and begins to watch it. @throws {IsolatorError} */
  async prepare(id: ContainerId, config: ContainerConfig): Promise<ContainerLaunchInfo> {
    if (!this.isolates) return {};
    const info = await this.#options.isolators.prepare({ value: id }, config);
    this.watch(id);
    return info;
  }

  /** @throws {IsolatorError} */
  async isolate(id: ContainerId, pid: number): Promise<void> {
    if (this.isolates) await this.#options.isolators.isolate({ value: id }, pid);
  }

  /** Has an added container destroyed as soon as an isolator says that it ran into a limit. */
  watch(id: ContainerId): void {
    const life = this.#lives.get(id);
    if (!this.isolates || !life) return;
    const { isolators, fetcher, launcher, log } = this.#options;
    const watch = async () => {
      const limitation = await isolators.watch({ value: id }, life.ended.signal);
      if (limitation === undefined || life.ended.signal.aborted) return;
      log.info('Container has reached a limit and will be ended', { container_id: id, reason: limitation.message });
      life.limitation = limitation;
      fetcher.cancel(id);
      await launcher.destroy(id);
    };
    watch().catch(error => log.error('Failed to end a container that reached a limit', { error, container_id: id }));
  }

  /** The limit for which a container is being destroyed; undefined for all others. */
  limitation(id: ContainerId): ContainerLimitation | undefined {
    return this.#lives.get(id)?.limitation;
  }

  /**
   * Cleans up after a container of which nothing runs any more, or which was never launched, and tells hooks of its
   * executor's end. Once: for a container that was not added, or had its end, there is nothing to do.
   */
  end(id: ContainerId, framework: FrameworkInfo, executor: ExecutorInfo): Promise<void> {
    const life = this.#lives.get(id);
    if (!life) return Promise.resolve();
    life.ended.abort();
    life.end ??= this.#end(id, framework, executor).finally(() => {
      this.#lives.delete(id);
      life.over.resolve();
    });
    return life.end;
  }

  /** Whether its end is under way: nothing else may say yet that the container is done with. */
  isEnding(id: ContainerId): boolean {
    return this.#lives.get(id)?.end !== undefined;
  }

  /** Resolves when the ends of these containers, and all that are under way, are over. */
  async endsOver(ids: readonly ContainerId[]): Promise<void> {
    const expected = ids.map(id => this.#lives.get(id)?.over.promise);
    await Promise.all([...expected, ...[...this.#lives.values()].map(({ end }) => end)]);
  }

  /** Remembers what hooks and isolators have put into a container's environment: its checks have it, too. */
  setVariables(id: ContainerId, variables: readonly EnvironmentVariable[]): void {
    const life = this.#lives.get(id);
    if (life) life.variables = variables;
  }

  variables(id: ContainerId): readonly EnvironmentVariable[] {
    return this.#lives.get(id)?.variables ?? [];
  }

  /** Ends and forgets a container that nobody knows. */
  async removeOrphan(id: ContainerId): Promise<void> {
    await this.#options.launcher.remove(id);
    await this.#cleanup(id);
  }

  /** New resources of a running container. Never rejects: it goes on with what it had. */
  async update(id: ContainerId, resources: readonly Resource[], limits: ResourceLimits): Promise<void> {
    if (this.isolates) await this.#options.isolators.update({ value: id }, resources, limits);
  }

  /** What isolators know of a container's use. Never rejects. */
  async usage(id: ContainerId): Promise<Partial<ResourceStatistics>> {
    return this.isolates ? this.#options.isolators.usage({ value: id }) : {};
  }

  /** What isolators know of a container. Never rejects. */
  async status(id: ContainerId): Promise<ContainerStatus> {
    return this.isolates ? this.#options.isolators.status({ value: id }) : {};
  }

  async #end(id: ContainerId, framework: FrameworkInfo, executor: ExecutorInfo): Promise<void> {
    await this.#cleanup(id);
    const { hooks } = this.#options;
    if (hooks.has('slaveRemoveExecutorHook')) await hooks.slaveRemoveExecutorHook(framework, executor);
  }

  async #cleanup(id: ContainerId): Promise<void> {
    if (!this.isolates) return;
    const { isolators, log } = this.#options;
    await isolators
      .cleanup({ value: id })
      .catch(error => log.error('Failed to clean up after a container', { error, container_id: id }));
  }
}
