import type { Socket } from 'node:net';
import type {
  CommandInfo,
  ContainerConfig,
  ContainerInfo,
  ContainerStatus,
  Image,
  NetworkInfo,
  Resource,
  ResourceStatistics,
} from '@meseta/protocol';
import { type ContainerId, type ContainerKey, containerKey } from './container-id.ts';
import type { ContainerIO } from './container-io.ts';
import type {
  ConnectTarget,
  Containerizer,
  ContainerLaunch,
  KnownContainer,
  LaunchOptions,
  LaunchResult,
  RecoveredContainer,
  Recovery,
  Termination,
} from './containerizer.ts';
import { LaunchError } from './errors.ts';
import type { ResourceLimits } from './resource-limits.ts';

/**
 * Combines several containerizers into one. A container is launched by the first one that supports it, in the order of
 * `--containerizers`, and belongs to it from then on, nested containers included.
 *
 * @see Mesos src/slave/containerizer/composing.cpp
 */
export class ComposingContainerizer implements Containerizer {
  readonly name: string;
  readonly isolates: boolean;
  readonly #all: readonly Containerizer[];
  /** The containerizer of each container. */
  readonly #owners = new Map<ContainerKey, Containerizer>();
  /** The containers whose launch is under way and that were not destroyed meanwhile. */
  readonly #launching = new Set<ContainerKey>();

  /** @param containerizers at least one. */
  constructor(containerizers: readonly Containerizer[]) {
    this.name = containerizers.map(({ name }) => name).join(',');
    this.isolates = containerizers.some(({ isolates }) => isolates);
    this.#all = containerizers;
  }

  /** That of the containerizer which will launch the container. */
  commandExecutor(config: ContainerConfig): CommandInfo | undefined {
    return this.#forLaunch(config)?.commandExecutor?.(config);
  }

  mountsVolumes(config: ContainerConfig): boolean {
    return this.#forLaunch(config)?.mountsVolumes?.(config) ?? false;
  }

  async recover(known: readonly KnownContainer[]): Promise<Recovery> {
    const containers = new Map<ContainerKey, RecoveredContainer>();
    const orphans: ContainerId[] = [];
    for (const containerizer of this.#all) {
      const recovery = await containerizer.recover(known);
      for (const [key, container] of recovery.containers) {
        containers.set(key, container);
        this.#owners.set(key, containerizer);
      }
      for (const id of recovery.orphans) {
        orphans.push(id);
        this.#owners.set(containerKey(id), containerizer);
      }
    }
    return { containers, orphans };
  }

  async launch(id: ContainerId, launch: ContainerLaunch, options?: LaunchOptions): Promise<LaunchResult> {
    const key = containerKey(id);
    if (this.#owners.has(key)) throw new LaunchError('EXISTS', `Container ${key} was launched before`);
    const candidates = id.parent ? this.#of(id.parent) : this.#all;
    this.#launching.add(key);
    try {
      const result = await this.#launchInOne(candidates, id, launch, options);
      if ('unsupported' in result) this.#owners.delete(key);
      return result;
    } catch (error) {
      this.#owners.delete(key);
      throw error;
    } finally {
      this.#launching.delete(key);
    }
  }

  async #launchInOne(
    candidates: readonly Containerizer[],
    id: ContainerId,
    launch: ContainerLaunch,
    options: LaunchOptions | undefined,
  ): Promise<LaunchResult> {
    const key = containerKey(id);
    const problems: string[] = [];
    for (const containerizer of candidates) {
      // A containerizer that refused the container has nothing to destroy.
      if (!this.#launching.has(key)) {
        throw new LaunchError('DESTROYED', `Container ${key} was destroyed while it was launched`);
      }
      this.#owners.set(key, containerizer);
      const result = await containerizer.launch(id, launch, options);
      if (!('unsupported' in result)) return result;
      problems.push(result.unsupported);
    }
    return { unsupported: problems.join('; ') };
  }

  async mountVolumes(id: ContainerId, resources: readonly Resource[]): Promise<void> {
    await this.#owner(id)?.mountVolumes?.(id, resources);
  }

  async update(id: ContainerId, resources: readonly Resource[], limits: ResourceLimits): Promise<void> {
    await this.#owner(id)?.update(id, resources, limits);
  }

  async usage(id: ContainerId): Promise<ResourceStatistics | undefined> {
    return this.#owner(id)?.usage(id);
  }

  async status(id: ContainerId): Promise<ContainerStatus> {
    return (await this.#owner(id)?.status(id)) ?? { container_id: id };
  }

  attach(id: ContainerId): ContainerIO | undefined {
    return this.#owner(id)?.attach?.(id);
  }

  connect(id: ContainerId, to: ConnectTarget, signal: AbortSignal): Promise<Socket> | undefined {
    return this.#owner(id)?.connect?.(id, to, signal);
  }

  takeDescription(id: ContainerId): string | undefined {
    return this.#owner(id)?.takeDescription?.(id);
  }

  networksOfTask(id: ContainerId): readonly NetworkInfo[] {
    return this.#owner(id)?.networksOfTask?.(id) ?? [];
  }

  isElsewhere(container: ContainerInfo | undefined): boolean {
    return this.#all.some(each => each.isElsewhere?.(container) ?? false);
  }

  pid(id: ContainerId): number | undefined {
    return this.#owner(id)?.pid(id);
  }

  wait(id: ContainerId): Promise<Termination> | undefined {
    return this.#owner(id)?.wait(id);
  }

  async drained(id: ContainerId): Promise<void> {
    await this.#owner(id)?.drained(id);
  }

  async outputSettled(id: ContainerId): Promise<void> {
    await this.#owner(id)?.outputSettled?.(id);
  }

  async signal(id: ContainerId, signal: NodeJS.Signals): Promise<number> {
    return (await this.#owner(id)?.signal(id, signal)) ?? 0;
  }

  signalFirst(id: ContainerId, signal: number): boolean {
    return this.#owner(id)?.signalFirst(id, signal) ?? false;
  }

  async destroy(id: ContainerId): Promise<void> {
    this.#launching.delete(containerKey(id));
    await Promise.all(this.#of(id).map(containerizer => containerizer.destroy(id)));
  }

  async remove(id: ContainerId): Promise<void> {
    await Promise.all(this.#of(id).map(containerizer => containerizer.remove(id)));
    this.#owners.delete(containerKey(id));
  }

  async pruneImages(excluded: readonly Image[]): Promise<void> {
    await Promise.all(this.#all.map(containerizer => containerizer.pruneImages?.(excluded)));
  }

  *containers(): Iterable<ContainerId> {
    for (const containerizer of this.#all) yield* containerizer.containers();
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(containerizer => containerizer.close()));
  }

  #forLaunch(config: ContainerConfig): Containerizer | undefined {
    return this.#all.find(each => each.refuses?.(config) === undefined);
  }

  #owner(id: ContainerId): Containerizer | undefined {
    return this.#owners.get(containerKey(id));
  }

  /**
   * Returns a container's containerizer, or all of them for a container that an earlier agent recorded and that was not
   * found.
   */
  #of(id: ContainerId): readonly Containerizer[] {
    const owner = this.#owner(id);
    return owner ? [owner] : this.#all;
  }
}
