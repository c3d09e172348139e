/**
 * Runs containers in a Docker engine, through its API: no process of ours for any of them. The engine's events tell of their ends,
 * its logs bring their output, and labels tell which of its containers are this agent's.
 *
 * @see Mesos src/slave/containerizer/docker.cpp
 */
import type { Socket } from 'node:net';
import type {
  ContainerConfig,
  ContainerInfo,
  ContainerStatus,
  NetworkInfo,
  Resource,
  ResourceStatistics,
} from '@meseta/protocol';
import { type ContainerId, containerKey } from '../container-id.ts';
import { type ContainerIO, TerminalAwayError } from '../container-io.ts';
import type {
  ConnectTarget,
  Containerizer,
  ContainerLaunch,
  KnownContainer,
  LaunchOptions,
  LaunchResult,
  Recovery,
  Termination,
} from '../containerizer.ts';
import { LaunchError } from '../errors.ts';
import { atMost } from '../external/timing.ts';
import type { ResourceLimits } from '../resource-limits.ts';
import { connectToContainer } from './container-address.ts';
import { ContainerEnds } from './container-ends.ts';
import { containerName } from './container-name.ts';
import { ContainerSet } from './container-set.ts';
import { decorationOf } from './decoration.ts';
import { DockerContainer } from './docker-container.ts';
import { DockerExecs } from './execs.ts';
import { descriptionOf } from './inspected.ts';
import { labelsOf } from './labels.ts';
import { type DockerParts, launchInEngine } from './launcher.ts';
import { grantedTo, planContainer } from './plan/container-plan.ts';
import { changedResources, engineResources } from './plan/resources.ts';
import { findContainers } from './recovery.ts';
import { Removals } from './removals.ts';
import { toStatistics } from './statistics.ts';

/** How long the start of the agent waits for the terminals of its containers. */
const connectedMs = 2000;
/** How long a failed launch waits until nothing is left of it in the engine. */
const removedMs = 5000;

/** See the file's head. */
export class DockerContainerizer implements Containerizer {
  readonly name = 'docker';
  readonly isolates = true;
  readonly #parts: DockerParts;
  readonly #containers: ContainerSet;
  readonly #ends: ContainerEnds;
  readonly #removals: Removals;
  readonly #execs: DockerExecs;
  readonly #closing = Promise.withResolvers<never>();
  #closed: Promise<void> | undefined;

  constructor(parts: DockerParts) {
    this.#parts = parts;
    this.#containers = new ContainerSet(parts);
    this.#ends = new ContainerEnds(parts, this.#containers, this.#closing.promise);
    this.#removals = new Removals({ ...parts, delayMs: parts.flags.docker_remove_delay });
    this.#execs = new DockerExecs(parts);
    this.#closing.promise.catch(() => undefined); // for launches under way, of which there may be none
  }

  refuses({ container_info }: ContainerConfig): string | undefined {
    if (container_info?.type !== 'DOCKER') return 'The containerizer docker runs containers of type DOCKER only';
    return undefined;
  }

  /** The engine mounts them. */
  mountsVolumes(): boolean {
    return true;
  }

  async recover(known: readonly KnownContainer[]): Promise<Recovery> {
    const found = await findContainers(this.#parts, known);
    await this.#parts.logs.recover(new Set(found.all.map(({ container }) => container.key)));
    for (const { container, createdId } of found.all) {
      this.#containers.add(container);
      if (createdId !== undefined) void this.#removals.now(createdId); // it never ran, and is not to
      if (container.termination) this.#containers.resolve(container, container.termination);
      this.#containers.follow(container, container.position);
    }
    for (const { engineId, endedMs } of found.ended) this.#removals.after(engineId, endedMs);
    for (const engineId of found.strays) void this.#removals.now(engineId);
    for (const name of found.mayAppear) void this.#removals.now(name, true); // the engine may be making it
    await this.#execs.recover();
    await this.#connectTerminals();
    this.#containers.watch();
    return { containers: found.containers, orphans: found.orphans };
  }

  async launch(id: ContainerId, launch: ContainerLaunch, options: LaunchOptions = {}): Promise<LaunchResult> {
    if (id.parent) return this.#execs.launch(id, this.#containers.get(id.parent), launch, options);
    const problem = launch.pauses
      ? 'Docker containers without a program are not possible'
      : this.refuses(launch.config);
    if (problem !== undefined) return { unsupported: problem };
    const key = containerKey(id);
    if (this.#closed) throw closedError();
    if (this.#containers.get(id)) throw new LaunchError('EXISTS', `Container ${key} was launched before`);
    const { config } = launch;
    const isTask = config.task_info !== undefined;
    const name = containerName(key, this.#parts.nameCase);
    const hasTerminal = config.container_info?.tty_info !== undefined;
    const container = new DockerContainer({ id, key, name, isTask, hasTerminal, directory: config.directory });
    this.#containers.add(container);
    const launching = this.#launch(container, launch, options);
    container.launching = launching.catch(() => undefined); // the caller of `launch` gets it
    try {
      await Promise.race([launching, this.#closing.promise]);
      return { pid: undefined };
    } catch (error) {
      if (this.#closed) throw closedError(); // the next agent finds what there is of it
      await container.launching;
      await this.#discard(container);
      throw error;
    }
  }

  /** Connects to the terminals of recovered containers. Those of an engine that is away are connected to when it is back. */
  async #connectTerminals(): Promise<void> {
    const { clock, log } = this.#parts;
    const running = [...this.#containers.values()].filter(({ isRunning }) => isRunning);
    const connected = running.map(async container => {
      try {
        await this.#containers.connect(container);
      } catch (error) {
        log.warning('Cannot connect to a terminal in the Docker engine yet', { error, container_id: container.key });
      }
    });
    await atMost(clock, Promise.all(connected), connectedMs);
  }

  async #launch(container: DockerContainer, launch: ContainerLaunch, options: LaunchOptions): Promise<void> {
    const { flags, identity, logs, store } = this.#parts;
    const { key, name, isTask, hasTerminal, directory = '' } = container;
    const { config, environment = {}, variables = [] } = launch;
    const decoration = await decorationOf(container, launch, options, flags.sandbox_directory);
    const labels = labelsOf(container.id, { identity, agentId: environment.MESOS_SLAVE_ID, isTask });
    const body = planContainer({ name, labels, config, environment, decoration, variables }, flags);
    await logs.add(key, config, options.labels);
    const { NetworkMode: networkMode } = body.HostConfig;
    container.networkMode = networkMode;
    container.hasQuota = engineResources(grantedTo(config), flags.cgroups_enable_cfs ?? false).CpuQuota !== undefined;
    await store.add(key, { name, directory, isTask, networkMode, ...(hasTerminal && { hasTerminal }) });
    const inspected = await launchInEngine(this.#parts, container, body, launch, {
      ...options,
      made: () => this.#containers.made(container),
    });
    this.#containers.began(container, inspected);
    if (this.#closed) throw closedError();
    container.mustBeWanted();
  }

  /** Removes what there is of a container whose launch failed. */
  async #discard(container: DockerContainer): Promise<void> {
    const { engineId, key, name } = container;
    if (container.isStarted) {
      await this.remove(container.id);
      return;
    }
    container.terminal?.close();
    if (engineId !== undefined) await atMost(this.#parts.clock, this.#removals.now(engineId), removedMs);
    else if (container.mayAppear) void this.#removals.now(name, true); // only its name is known
    await this.#parts.logs.remove(key);
    await this.#parts.store.remove(key);
    this.#containers.forget(container);
  }

  /** Resources of a task do not change. Those of an executor do: with its tasks. */
  async update(id: ContainerId, resources: readonly Resource[], limits: ResourceLimits): Promise<void> {
    const container = this.#containers.get(id);
    if (!container?.isRunning || container.isTask || container.engineId === undefined) return;
    const { engine, flags, log } = this.#parts;
    const limitsCpus = flags.cgroups_enable_cfs ?? false;
    const changed = changedResources({ resources, limits }, limitsCpus, container.hasQuota);
    if (Object.keys(changed).length === 0) return;
    if (changed.CpuQuota !== undefined) container.hasQuota = changed.CpuQuota > 0;
    await engine.containers.update(container.engineId, changed).catch(error =>
      log.warning('Failed to update the resources of a Docker container; it keeps those it had', {
        ...{ error, container_id: container.key },
      }),
    );
  }

  async usage(id: ContainerId): Promise<ResourceStatistics | undefined> {
    const container = this.#containers.get(id);
    if (!container?.isRunning || container.destroying || container.engineId === undefined) return undefined;
    const { engine, clock } = this.#parts;
    const stats = await engine.containers.stats(container.engineId);
    return stats && container.isRunning ? toStatistics(stats, clock.now()) : undefined;
  }

  /** As in Mesos, no more than its id: the addresses of a task's container are in its TASK_RUNNING. */
  async status(id: ContainerId): Promise<ContainerStatus> {
    return { container_id: id };
  }

  networksOfTask(id: ContainerId): readonly NetworkInfo[] {
    return this.#containers.get(id)?.facts?.networks ?? [];
  }

  takeDescription(id: ContainerId): string | undefined {
    const container = this.#containers.get(id);
    if (container?.description === undefined) return undefined;
    const description = descriptionOf(container.description);
    container.description = undefined;
    return description;
  }

  attach(id: ContainerId): ContainerIO | undefined {
    if (id.parent) return this.#execs.attach(id);
    const container = this.#containers.get(id);
    if (container?.isRunning && container.hasTerminal && !container.terminal) {
      this.#containers.look(container); // it connects
      throw new TerminalAwayError(
        `The Docker engine at ${this.#parts.engine.endpoint}, which has the terminal, is away`,
      );
    }
    return container?.terminal;
  }

  isElsewhere(container: ContainerInfo | undefined): boolean {
    return container?.type === 'DOCKER' && !(this.#parts.flags.docker_host_local ?? true);
  }

  /** Its processes are the engine's, which may be on another machine. */
  pid(): undefined {
    return undefined;
  }

  wait(id: ContainerId): Promise<Termination> | undefined {
    if (id.parent) return this.#execs.wait(id);
    const container = this.#containers.get(id);
    return container?.isStarted || container?.termination ? container.ended.promise : undefined;
  }

  async drained(id: ContainerId): Promise<void> {
    await this.#execs.wait(id);
    const container = this.#containers.get(id);
    if (!container?.isStarted) return;
    await container.ended.promise;
    await container.output?.done;
    await this.#parts.logs.flush(container.key);
  }

  async outputSettled(id: ContainerId): Promise<void> {
    const container = this.#containers.get(id);
    if (!container?.isStarted) return;
    await container.ended.promise;
    await container.output?.settled();
  }

  async signal(id: ContainerId, signal: NodeJS.Signals): Promise<number> {
    const container = this.#containers.get(id);
    return container?.isRunning ? this.#ends.signal(container, signal) : 0;
  }

  /** To the container's own address, as the engine knows it; undefined in the network of this machine. */
  connect(id: ContainerId, to: ConnectTarget, signal: AbortSignal): Promise<Socket> | undefined {
    const container = this.#containers.get(id);
    const isLocal = this.#parts.flags.docker_host_local ?? true;
    if (container === undefined || (isLocal && container.networkMode === 'host')) return undefined;
    return connectToContainer(container, to, signal);
  }

  signalFirst(id: ContainerId, signal: number): boolean {
    const container = this.#containers.get(id);
    if (!container?.isRunning || container.engineId === undefined) return false;
    const { engine, log } = this.#parts;
    engine.containers
      .kill(container.engineId, String(signal))
      .catch(error => log.warning('Failed to signal a Docker container', { error, container_id: container.key }));
    return true;
  }

  async destroy(id: ContainerId): Promise<void> {
    if (id.parent) return this.#execs.destroy(id);
    const container = this.#containers.get(id);
    if (!container) return;
    container.destroying ??= this.#ends.destroy(container);
    await container.destroying;
  }

  async remove(id: ContainerId): Promise<void> {
    if (id.parent) return this.#execs.remove(id);
    const container = this.#containers.get(id);
    const removesAtOnce = this.#parts.flags.docker_remove_on_abort && container?.isAborted;
    await this.destroy(id);
    if (!container || this.#closed) return;
    await this.#execs.removeOf(container);
    if (!removesAtOnce) await container.output?.settled(); // the engine has it only as long as it has the container
    await container.output?.close();
    if (this.#closed) return;
    await this.#parts.logs.remove(container.key);
    await this.#removeFromEngine(container, removesAtOnce ?? false);
    this.#containers.forget(container);
  }

  /** Its record stays while it is to be removed at once and is not: the next agent does it then. */
  async #removeFromEngine({ engineId, key, endedMs }: DockerContainer, isAborted: boolean): Promise<void> {
    const { store } = this.#parts;
    if (engineId === undefined || !isAborted) await store.remove(key);
    if (engineId === undefined) return;
    if (!isAborted) return this.#removals.after(engineId, endedMs);
    void this.#removals.now(engineId).then(async isGone => isGone && store.remove(key));
  }

  *containers(): Iterable<ContainerId> {
    for (const { id } of this.#containers.values()) yield id;
    yield* this.#execs.ids();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { engine, fetcher, logs, store } = this.#parts;
    this.#closing.reject(closedError());
    this.#execs.close();
    await this.#containers.close();
    await logs.close();
    await this.#removals.close();
    store.close();
    await engine.close();
    await fetcher.close();
  }
}

function closedError(): LaunchError {
  return new LaunchError('SPAWNER', 'The agent is being stopped');
}
