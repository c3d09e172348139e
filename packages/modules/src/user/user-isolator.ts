import { containerKey, type Isolator, type ResourceLimits } from '@meseta/containers/isolators';
import {
  type ContainerConfig,
  type ContainerID,
  ContainerLaunchInfo,
  ContainerLimitation,
  type ContainerState,
  ContainerStatus,
  fromJson,
  type Resource,
  ResourceStatistics,
} from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import { ModuleCallError, type ModuleHost } from './module-host.ts';

/** Implements an isolator in a module's thread. When the thread is replaced, the new thread recovers the containers. */
export class UserIsolator implements Isolator {
  readonly name: string;
  readonly supportsNesting: boolean;
  readonly supportsStandalone: boolean;
  readonly #host: ModuleHost;
  readonly #clock: Pick<Clock, 'now'>;
  /** The containers, which a new thread is to recover. */
  readonly #states = new Map<string, ContainerState>();
  /** Makes a new thread watch the containers that the old one watched. */
  readonly #rewatch = new Set<() => void>();

  constructor(name: string, host: ModuleHost, clock: Pick<Clock, 'now'>) {
    this.name = name;
    this.#host = host;
    this.#clock = clock;
    this.supportsNesting = host.description.supportsNesting;
    this.supportsStandalone = host.description.supportsStandalone;
    host.onRestart = () => this.#restarted();
  }

  async recover(states: readonly ContainerState[], orphans: readonly ContainerID[]): Promise<void> {
    for (const state of states) this.#states.set(containerKey(state.container_id), state);
    if (this.#host.has('recover')) await this.#host.call('recover', [states, orphans]);
  }

  async prepare(id: ContainerID, config: ContainerConfig): Promise<ContainerLaunchInfo | undefined> {
    const { directory, executor_info, container_info, ephemeral_volumes } = config;
    this.#states.set(containerKey(id), {
      container_id: id,
      pid: 0, // until it is isolated
      directory,
      ...(executor_info && { executor_info }),
      ...(container_info && { container_info }),
      ...(ephemeral_volumes && { ephemeral_volumes }),
    });
    if (!this.#host.has('prepare')) return undefined;
    const info = await this.#host.call('prepare', [id, config]);
    return info === undefined || info === null ? undefined : fromJson(ContainerLaunchInfo, info);
  }

  async isolate(id: ContainerID, pid: number): Promise<void> {
    const state = this.#states.get(containerKey(id));
    if (state) this.#states.set(containerKey(id), { ...state, pid });
    if (this.#host.has('isolate')) await this.#host.call('isolate', [id, pid]);
  }

  async watch(id: ContainerID, signal: AbortSignal): Promise<ContainerLimitation | undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted || !this.#host.has('watch')) return signal.aborted ? undefined : promise;
    while (!signal.aborted) {
      const again = Promise.withResolvers<void>();
      this.#rewatch.add(again.resolve);
      try {
        const limitation = await Promise.race([promise, this.#host.call('watch', [id], { signal, endless: true })]);
        if (limitation === undefined || signal.aborted) return await promise;
        return fromJson(ContainerLimitation, limitation);
      } catch (error) {
        if (!(error instanceof ModuleCallError) || error.code !== 'MODULE_ENDED') throw error;
        await Promise.race([promise, again.promise]);
      } finally {
        this.#rewatch.delete(again.resolve);
      }
    }
    return undefined;
  }

  async update(id: ContainerID, resources: readonly Resource[], limits?: ResourceLimits): Promise<void> {
    if (this.#host.has('update')) await this.#host.call('update', [id, resources, limits]);
  }

  async usage(id: ContainerID): Promise<ResourceStatistics> {
    if (!this.#host.has('usage')) return { timestamp: this.#clock.now() / 1000 };
    return fromJson(ResourceStatistics, await this.#host.call('usage', [id]));
  }

  async status(id: ContainerID): Promise<ContainerStatus> {
    return this.#host.has('status') ? fromJson(ContainerStatus, await this.#host.call('status', [id])) : {};
  }

  async cleanup(id: ContainerID): Promise<void> {
    try {
      if (this.#host.has('cleanup')) await this.#host.call('cleanup', [id]);
    } finally {
      this.#states.delete(containerKey(id));
    }
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  #restarted(): void {
    const recovered = this.#host.has('recover')
      ? this.#host.call('recover', [[...this.#states.values()], []])
      : Promise.resolve();
    const watchAgain = () => {
      for (const again of this.#rewatch) again();
    };
    recovered.then(watchAgain, watchAgain); // also after a failed recovery, which is logged
  }
}
