/**
 * Runs containers in a Docker engine, through its API: no process of ours for any of them. The engine's events tell of their ends,
 * its logs bring their output, and labels tell which of its containers are this agent's.
 *
 * @see Mesos src/slave/containerizer/docker.cpp
 */
import type { Socket } from 'node:net';
import type { ContainerConfig, ContainerStatus, NetworkInfo, Resource, ResourceStatistics } from '@meseta/protocol';
import { type ContainerId, type ContainerKey, containerKey } from '../container-id.ts';
import type { ContainerIO } from '../container-io.ts';
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
import { atMost, pause } from '../external/timing.ts';
import type { ResourceLimits } from '../resource-limits.ts';
import { containerName } from './container-name.ts';
import { DockerContainer } from './docker-container.ts';
import type { ContainerInspect } from './engine/answers.ts';
import { EngineError } from './engine/error.ts';
import { EngineWatch } from './engine-watch.ts';
import { DockerExecs } from './execs.ts';
import { addressOf, connectTo, descriptionOf, networkInfosOf, outOfMemory, stopSignalOf } from './inspected.ts';
import { labelsOf } from './labels.ts';
import { type DockerParts, launchInEngine } from './launcher.ts';
import type { LogPosition } from './output/log-position.ts';
import { OutputFollower } from './output/output-follower.ts';
import { planContainer } from './plan/container-plan.ts';
import { engineResources } from './plan/resources.ts';
import { findContainers } from './recovery.ts';
import { Removals } from './removals.ts';
import { toStatistics } from './statistics.ts';
import { endOf, endOfMissing } from './termination.ts';

const firstPauseMs = 200;
const longestPauseMs = 5000;
/** How long a failed launch waits until nothing is left of it in the engine. */
const removedMs = 5000;

/** See the file's head. */
export class DockerContainerizer implements Containerizer {
  readonly name = 'docker';
  readonly isolates = true;
  readonly #parts: DockerParts;
  readonly #containers = new Map<ContainerKey, DockerContainer>();
  readonly #byEngineId = new Map<string, DockerContainer>();
  readonly #removals: Removals;
  readonly #execs: DockerExecs;
  readonly #closing = Promise.withResolvers<never>();
  #watch: EngineWatch | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: DockerParts) {
    this.#parts = parts;
    this.#removals = new Removals({ ...parts, delayMs: parts.flags.docker_remove_delay });
    const isLocal = parts.flags.docker_host_local ?? true;
    this.#execs = new DockerExecs(parts.engine, parts.clock, parts.flags.runtime_dir, isLocal);
    this.#closing.promise.catch(() => undefined); // for launches under way, of which there may be none
  }

  refuses({ container_info }: ContainerConfig): string | undefined {
    if (container_info?.type !== 'DOCKER') return 'The containerizer docker runs containers of type DOCKER only';
    if (container_info.tty_info !== undefined) return 'The containerizer docker gives containers no terminals';
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
      this.#containers.set(container.key, container);
      if (createdId !== undefined) void this.#removals.now(createdId); // it never ran, and is not to
      if (container.engineId !== undefined) this.#byEngineId.set(container.engineId, container);
      if (container.termination) this.#resolve(container, container.termination);
      if (container.engineId !== undefined) this.#follow(container, container.position);
    }
    for (const { engineId, endedMs } of found.ended) this.#removals.after(engineId, endedMs);
    for (const engineId of found.strays) void this.#removals.now(engineId);
    await this.#execs.recover();
    this.#watchEngine();
    return { containers: found.containers, orphans: found.orphans };
  }

  async launch(id: ContainerId, launch: ContainerLaunch, options: LaunchOptions = {}): Promise<LaunchResult> {
    if (id.parent) return this.#execs.launch(id, this.#containers.get(containerKey(id.parent)), launch, options);
    const problem = launch.pauses
      ? 'Docker containers without a program are not possible'
      : this.refuses(launch.config);
    if (problem !== undefined) return { unsupported: problem };
    const key = containerKey(id);
    if (this.#closed) throw closedError();
    if (this.#containers.has(key)) throw new LaunchError('EXISTS', `Container ${key} was launched before`);
    const { config } = launch;
    const isTask = config.task_info !== undefined;
    const name = containerName(key, this.#parts.nameCase);
    const container = new DockerContainer({ id, key, name, isTask, directory: config.directory });
    this.#containers.set(key, container);
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

  async #launch(container: DockerContainer, launch: ContainerLaunch, options: LaunchOptions): Promise<void> {
    const { flags, identity, logs, store } = this.#parts;
    const { key, name, isTask, directory = '' } = container;
    const { config, environment = {}, variables = [] } = launch;
    const labels = labelsOf(container.id, { identity, agentId: environment.MESOS_SLAVE_ID, isTask });
    const body = planContainer({ name, labels, config, environment, variables }, flags);
    await logs.add(key, config, options.labels);
    await store.add(key, { name, directory, isTask });
    await launchInEngine(this.#parts, container, body, launch, options);
    if (container.engineId !== undefined) this.#byEngineId.set(container.engineId, container);
    this.#follow(container, undefined);
    this.#look(container); // it may have ended before it was known here
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
    if (engineId !== undefined) await atMost(this.#parts.clock, this.#removals.now(engineId), removedMs);
    else if (container.mayAppear) void this.#removals.now(name, true); // only its name is known
    await this.#parts.logs.remove(key);
    await this.#parts.store.remove(key);
    this.#forget(container);
  }

  /** Follows the output of a container that has a sandbox. */
  #follow(container: DockerContainer, from: LogPosition | undefined): void {
    const { engine, clock, log, logs, store } = this.#parts;
    const { id, key, directory, engineId } = container;
    if (directory === undefined || engineId === undefined) return;
    container.output = new OutputFollower({
      ...{ engine, clock, log, from, container: engineId },
      open: () => logs.open(id, directory),
      store: position => store.setOutput(key, position),
      onQuiet: () => this.#look(container),
    });
    if (container.termination) container.output.end();
  }

  #watchEngine(): void {
    if (this.#closed) return;
    this.#watch = new EngineWatch(this.#parts, {
      ended: engineId => {
        const container = this.#byEngineId.get(engineId);
        if (container) this.#look(container);
      },
      look: () => {
        for (const container of this.#containers.values()) this.#look(container);
      },
    });
  }

  /** Finds out whether a container has ended. */
  #look(container: DockerContainer): void {
    if (!container.isRunning || this.#closed) return;
    container.looking ??= this.#inspect(container).finally(() => {
      container.looking = undefined;
    });
  }

  /** Never rejects: an engine that is away is asked again when it is back. */
  async #inspect(container: DockerContainer): Promise<void> {
    const { engine, log } = this.#parts;
    const { engineId = container.name, key, name } = container;
    try {
      const inspected = await engine.containers.inspect(engineId);
      if (inspected === undefined) return await this.#end(container, endOfMissing(name));
      this.#found(container, inspected);
      const { state } = inspected;
      if (!state.running) {
        if (state.oomKilled) log.warning('A Docker container ran out of its memory', { container_id: key });
        await this.#end(container, endOf(state, container.isTask), outOfMemory(inspected));
      }
    } catch (error) {
      if (!this.#closed) log.warning('Cannot inspect a Docker container', { error, container_id: key });
    }
  }

  /** Knows a container better that was taken over while the engine was away. */
  #found(container: DockerContainer, inspected: ContainerInspect): void {
    if (container.engineId !== undefined) return;
    container.engineId = inspected.id;
    container.inspected = inspected;
    this.#byEngineId.set(inspected.id, container);
    this.#follow(container, container.position);
  }

  async #end(container: DockerContainer, termination: Termination, lastWords?: string): Promise<void> {
    if (container.termination) return;
    const { clock, log, store } = this.#parts;
    container.endedMs = clock.now();
    const destroyed = container.destroying !== undefined;
    const end: Termination = { ...termination, ...(destroyed && { destroyed: true }) };
    container.termination = end;
    await store
      .setTermination(container.key, end)
      .catch(error => log.error('Failed to store the end of a container', { error, container_id: container.key }));
    this.#resolve(container, end, lastWords);
  }

  #resolve(container: DockerContainer, termination: Termination, lastWords?: string): void {
    container.output?.end(lastWords);
    container.ended.resolve(termination);
  }

  /** Resources of a task do not change. Those of an executor do: with its tasks. */
  async update(id: ContainerId, resources: readonly Resource[], limits: ResourceLimits): Promise<void> {
    const container = this.#containers.get(containerKey(id));
    if (!container?.isRunning || container.isTask || container.engineId === undefined) return;
    const { engine, flags, log } = this.#parts;
    const granted = engineResources({ resources, limits }, flags.cgroups_enable_cfs ?? false);
    if (Object.keys(granted).length === 0) return;
    // The engine refuses more memory than memory and swap, which it has set itself.
    const all = { ...granted, ...(granted.Memory !== undefined && { MemorySwap: 2 * granted.Memory }) };
    await engine.containers.update(container.engineId, all).catch(error =>
      log.warning('Failed to update the resources of a Docker container; it keeps those it had', {
        ...{ error, container_id: container.key },
      }),
    );
  }

  async usage(id: ContainerId): Promise<ResourceStatistics | undefined> {
    const container = this.#containers.get(containerKey(id));
    if (!container?.isRunning || container.destroying || container.engineId === undefined) return undefined;
    const { engine, clock } = this.#parts;
    const stats = await engine.containers.stats(container.engineId);
    return stats && container.isRunning ? toStatistics(stats, clock.now()) : undefined;
  }

  /** As in Mesos, no more than its id: the addresses of a task's container are in its TASK_RUNNING. */
  async status(id: ContainerId): Promise<ContainerStatus> {
    return { container_id: id };
  }

  networksOfTask(id: ContainerId): NetworkInfo[] {
    const { inspected } = this.#containers.get(containerKey(id)) ?? {};
    return inspected ? networkInfosOf(inspected) : [];
  }

  description(id: ContainerId): string | undefined {
    const { inspected } = this.#containers.get(containerKey(id)) ?? {};
    return inspected && descriptionOf(inspected);
  }

  /** Commands of clients only: containers have no terminals. */
  attach(id: ContainerId): ContainerIO | undefined {
    return this.#execs.attach(id);
  }

  /** Its processes are the engine's, which may be on another machine. */
  pid(): undefined {
    return undefined;
  }

  wait(id: ContainerId): Promise<Termination> | undefined {
    if (id.parent) return this.#execs.wait(id);
    const container = this.#containers.get(containerKey(id));
    return container?.isStarted || container?.termination ? container.ended.promise : undefined;
  }

  async drained(id: ContainerId): Promise<void> {
    await this.#execs.wait(id);
    const container = this.#containers.get(containerKey(id));
    if (!container?.isStarted) return;
    await container.ended.promise;
    await container.output?.done;
    await this.#parts.logs.flush(container.key);
  }

  /** As `docker stop` does it, SIGTERM is the signal that the image wants to be stopped by. */
  async signal(id: ContainerId, signal: NodeJS.Signals): Promise<number> {
    const container = this.#containers.get(containerKey(id));
    if (!container?.isRunning) return 0;
    container.isSignalled = true;
    const { engine } = this.#parts;
    const name = signal === 'SIGTERM' ? (stopSignalOf(container.inspected) ?? signal) : signal;
    return this.#untilEnded(container, 'signal', async engineId => {
      if (!(await engine.containers.kill(engineId, name))) this.#look(container);
      return 1;
    });
  }

  /** To the container's own address, as the engine knows it; undefined in the host's network. */
  connect(id: ContainerId, { port }: ConnectTarget, signal: AbortSignal): Promise<Socket> | undefined {
    const address = addressOf(this.#containers.get(containerKey(id))?.inspected);
    if (address !== undefined) return connectTo(address, port, signal);
    if (this.#parts.flags.docker_host_local ?? true) return undefined;
    return Promise.reject(new Error('The Docker engine, on another machine, knows no address of the container'));
  }

  signalFirst(id: ContainerId, signal: number): boolean {
    const container = this.#containers.get(containerKey(id));
    if (!container?.isRunning || container.engineId === undefined) return false;
    const { engine, log } = this.#parts;
    engine.containers
      .kill(container.engineId, String(signal))
      .catch(error => log.warning('Failed to signal a Docker container', { error, container_id: container.key }));
    return true;
  }

  async destroy(id: ContainerId): Promise<void> {
    if (id.parent) return this.#execs.destroy(id);
    const container = this.#containers.get(containerKey(id));
    if (!container) return;
    container.destroying ??= this.#destroy(container);
    await container.destroying;
  }

  async #destroy(container: DockerContainer): Promise<void> {
    const { engine, fetcher, flags } = this.#parts;
    if (!container.isStarted) {
      container.over.abort();
      fetcher.cancel(container.key);
    }
    await container.launching;
    if (!container.isRunning) return;
    container.state = 'DESTROYING';
    const graceSeconds = Math.ceil(flags.docker_stop_timeout / 1000);
    await this.#untilEnded(container, 'end', async engineId => {
      const { containers } = engine;
      if (graceSeconds > 0) await containers.stop(engineId, graceSeconds, { timeoutMs: 0 });
      else await containers.kill(engineId);
      this.#look(container);
      await container.ended.promise;
      return 0;
    });
  }

  /** Does something to a running container, again and again while the engine is away. Never rejects. */
  async #untilEnded(
    container: DockerContainer,
    what: string,
    act: (engineId: string) => Promise<number>,
  ): Promise<number> {
    const { clock, log } = this.#parts;
    for (let pauseMs = firstPauseMs; container.isRunning && !this.#closed; ) {
      try {
        return await Promise.race([act(container.engineId ?? container.name), this.#closing.promise]);
      } catch (error) {
        if (this.#closed) break;
        log.error(`Failed to ${what} a Docker container; trying again`, { error, container_id: container.key });
        if (!(error instanceof EngineError)) break;
      }
      await Promise.race([pause(clock, pauseMs), container.ended.promise]);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
    return 0;
  }

  async remove(id: ContainerId): Promise<void> {
    if (id.parent) return this.#execs.remove(id);
    const container = this.#containers.get(containerKey(id));
    const removesAtOnce = this.#parts.flags.docker_remove_on_abort && container?.isAborted;
    await this.destroy(id);
    if (!container || this.#closed) return;
    await this.#execs.removeOf(container);
    await container.output?.close();
    await this.#parts.logs.remove(container.key);
    await this.#parts.store.remove(container.key);
    if (container.engineId !== undefined)
      this.#removals.after(container.engineId, container.endedMs, removesAtOnce ? 0 : undefined);
    this.#forget(container);
  }

  #forget(container: DockerContainer): void {
    if (this.#containers.get(container.key) === container) this.#containers.delete(container.key);
    if (container.engineId !== undefined) this.#byEngineId.delete(container.engineId);
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
    const { engine, fetcher, logs } = this.#parts;
    this.#closing.reject(closedError());
    this.#watch?.close();
    this.#execs.close();
    const all = [...this.#containers.values()];
    for (const { over } of all) over.abort();
    await Promise.all(all.map(({ output }) => output?.close()));
    await logs.close();
    await this.#removals.close();
    await engine.close();
    await fetcher.close();
  }
}

function closedError(): LaunchError {
  return new LaunchError('SPAWNER', 'The agent is being stopped');
}
