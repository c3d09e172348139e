import { mkdir, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkId, type IdMap, idProblem } from '@meseta/protocol';
import { answerOf, findMarkedProcesses, isAlive, signalProcess, signalTree } from '@meseta/system';
import { assertContainerKey, type ContainerKey } from '../../container-id.ts';
import type { RecoveredContainer } from '../../containerizer.ts';
import { LaunchError } from '../../errors.ts';
import type { ExitStatus } from '../../exit-status.ts';
import type { ShimEvent } from '../../shim/events.ts';
import { switchUser } from '../../switch-user.ts';
import { listCheckpoints, readBootId, readCheckpoint } from '../checkpoints.ts';
import { launchFailure, launchRequest } from '../launch-request.ts';
import { containerMarker, type Launcher, type LaunchSpec, type ProcessUsage } from '../launcher.ts';
import { checkpointPath, checkpointsPath, eventsPath } from '../paths.ts';
import { ShimEventStream } from '../shim-event-stream.ts';
import { Slots } from '../slots.ts';
import { Spawner } from '../spawner.ts';
import { treeUsage } from '../usage.ts';
import { ShimContainer } from './shim-container.ts';

/**
 * The number of launches between fork and exec at a time. More would not be faster, and the daemon would have to wait
 * for a processor.
 */
const launchesInFlight = 16;
/** How often shims whose spawner has ended are checked, and how many each time. */
const pollMs = 1000;
const pollCount = 128;
const longestKillDelayMs = 500;

/** The directory and behaviour of a POSIX launcher. */
export interface PosixLauncherOptions {
  /** The agent's `--runtime_dir`. Its files are of no use after a reboot, so it may be on a temporary file system. */
  readonly runtimeDirectory: string;
  /** Containers are killed when this process ends for any reason; otherwise they wait for the next agent. */
  readonly endsContainers?: boolean;
  /** Receives warnings for the operator that no caller gets. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Launches containers as process trees without namespaces or cgroups. The package's README describes the processes and
 * files.
 *
 * @see Mesos src/slave/containerizer/mesos/launcher.cpp, PosixLauncher
 */
export class PosixLauncher implements Launcher {
  readonly name = 'posix';
  readonly #runtimeDirectory: string;
  readonly #endsContainers: boolean;
  readonly #onWarning: (message: string) => void;
  readonly #containers: IdMap<'containerKey', ShimContainer> = new Map();
  readonly #slots = new Slots(launchesInFlight);
  readonly #poll: NodeJS.Timeout;
  #pollOffset = 0;
  #events: ShimEventStream | undefined;
  #spawner: Promise<Spawner> | undefined;
  #subreaper = true;
  #closed = false;

  constructor({ runtimeDirectory, endsContainers = false, onWarning = () => {} }: PosixLauncherOptions) {
    this.#runtimeDirectory = runtimeDirectory;
    this.#endsContainers = endsContainers;
    this.#onWarning = onWarning;
    this.#poll = setInterval(() => this.#pollShims(), pollMs).unref();
  }

  async recover(): Promise<ReadonlyMap<ContainerKey, RecoveredContainer>> {
    await this.#connect(); // from here on events arrive; earlier ones are in the files
    const bootId = await readBootId();
    const recovered = new Map<ContainerKey, RecoveredContainer>();
    for (const id of await listCheckpoints(this.#runtimeDirectory)) {
      const container = new ShimContainer(id);
      this.#containers.set(id, container); // before its files are read, because an event may arrive meanwhile
      await this.#recoverOne(container, bootId);
      recovered.set(id, { pid: container.task?.pid, running: !container.hasExited });
    }
    return recovered;
  }

  async #recoverOne(container: ShimContainer, bootId: string): Promise<void> {
    const checkpoint = await readCheckpoint(this.#runtimeDirectory, container.id);
    const sameBoot = checkpoint?.bootId === bootId;
    if (checkpoint !== undefined && sameBoot) {
      container.onReady(checkpoint.shim, checkpoint.task);
      container.onStarted();
    }
    if (checkpoint?.status !== undefined) container.onExit(checkpoint.status);
    if (sameBoot) return this.#checkShim(container);
    container.onExit({ kind: checkpoint === undefined ? 'not-started' : 'unknown' });
    container.onDrained();
  }

  async launch(id: ContainerKey, spec: LaunchSpec): Promise<{ readonly pid: number }> {
    assertContainerKey(id);
    if (this.#containers.has(id)) throw new LaunchError('EXISTS', `Container ${id} was launched before`);
    const container = new ShimContainer(id, spec);
    this.#containers.set(id, container);
    try {
      const user = spec.user === undefined ? undefined : await switchUser(spec.user);
      const request = launchRequest(id, spec, user);
      await this.#slots.run(() => this.#fork(container, spec, request));
      await answerOf(container.shim!, container.started.promise);
      return { pid: container.task!.pid };
    } catch (error) {
      if (container.lost) await container.drained.promise;
      const existed = error instanceof LaunchError && error.code === 'EXISTS';
      if (!existed) await this.#removeCheckpoint(id);
      this.#containers.delete(id);
      container.onExit({ kind: 'not-started' });
      container.onDrained();
      throw error;
    }
  }

  /** Launches a process up to the point where it waits for `go`. */
  async #fork(container: ShimContainer, spec: LaunchSpec, request: string[]): Promise<void> {
    const destroyed = () =>
      new LaunchError('DESTROYED', `Container ${container.id} was destroyed while it was launched`);
    if (container.doomed) throw destroyed();
    const spawner = await this.#connect();
    container.spawner = spawner;
    spawner.send(request);
    await container.ready.promise;
    let problem: LaunchError | undefined;
    try {
      await spec.checkpoint?.(container.task!.pid);
    } catch (cause) {
      problem = new LaunchError('CHECKPOINT', `Cannot launch container ${container.id}: its checkpoint failed`, {
        cause,
      });
    }
    if (container.doomed) problem ??= destroyed();
    if (problem === undefined) return spawner.send(['go', container.id]);
    spawner.send(['abort', container.id]);
    await container.started.promise.catch(() => {}); // rejected by the answer to "abort"
    throw problem;
  }

  wait(id: ContainerKey): Promise<ExitStatus> | undefined {
    return this.#containers.get(id)?.exit.promise;
  }

  async drained(id: ContainerKey): Promise<void> {
    await this.#containers.get(id)?.drained.promise;
  }

  pid(id: ContainerKey): number | undefined {
    return this.#containers.get(id)?.task?.pid;
  }

  async signal(id: ContainerKey, signal: NodeJS.Signals): Promise<number> {
    const container = this.#containers.get(id);
    if (container?.shim === undefined || !container.hasStarted) return 0;
    return this.#signal(container, signal);
  }

  /** Sends signals one after another: the SIGCONT of one must not undo the SIGSTOP of another. */
  #signal(container: ShimContainer, signal: NodeJS.Signals): Promise<number> {
    const sent = container.signalling.then(() =>
      container.shim && !container.isDrained ? signalTree(container.shim, signal) : 0,
    );
    container.signalling = sent.catch(() => {});
    return sent;
  }

  async destroy(id: ContainerKey): Promise<void> {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    container.doomed = true;
    container.destroying ??= this.#destroy(container);
    await container.destroying;
  }

  async #destroy(container: ShimContainer): Promise<void> {
    for (let delayMs = 1; !container.isDrained && !this.#closed; delayMs = Math.min(delayMs * 2, longestKillDelayMs)) {
      if (container.shim !== undefined && !container.lost) {
        await this.#signal(container, 'SIGKILL');
        if (!isAlive(container.shim)) await this.#checkShim(container);
      }
      await Promise.race([container.drained.promise, sleep(delayMs, undefined, { ref: false })]);
    }
  }

  async remove(id: ContainerKey): Promise<void> {
    await this.destroy(id);
    const container = this.#containers.get(id);
    await container?.signalling; // after the release, the shim may get another container
    this.#containers.delete(id);
    if (container?.spawner) container.spawner.send(['release', id]);
    else await this.#removeCheckpoint(id);
  }

  async usage(id: ContainerKey): Promise<ProcessUsage | undefined> {
    const container = this.#containers.get(id);
    if (container?.shim === undefined || container.isDrained) return undefined;
    const { units } = await this.#connect();
    const usage = await treeUsage(container.shim, units);
    return container.isDrained ? undefined : usage; // the processes may be those of the shim's next container
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#poll);
    const spawner = await this.#spawner?.catch(() => undefined);
    await spawner?.stop();
    this.#events?.close();
  }

  /** Returns the spawner, and starts it when there is none. */
  #connect(): Promise<Spawner> {
    if (this.#closed) return Promise.reject(new LaunchError('SPAWNER', 'The launcher is closed'));
    this.#spawner ??= this.#startSpawner().catch(error => {
      this.#spawner = undefined;
      throw error;
    });
    return this.#spawner;
  }

  async #startSpawner(): Promise<Spawner> {
    await mkdir(checkpointsPath(this.#runtimeDirectory), { recursive: true, mode: 0o700 });
    const spawner = await Spawner.start(this.#runtimeDirectory, this.#endsContainers, this.#onWarning);
    this.#events ??= new ShimEventStream(
      eventsPath(this.#runtimeDirectory),
      event => this.#onEvent(event),
      error => this.#onWarning(`Events of containers are noticed late: ${error.message}`),
    );
    this.#subreaper = spawner.subreaper;
    if (!spawner.subreaper) this.#onWarning('Orphans of a container are found by their environment only: no subreaper');
    void spawner.ended.then(() => this.#onSpawnerEnded(spawner));
    return spawner;
  }

  /** Fails the launches that did not get their `go`: their pipe is closed, so they end. Others are not affected. */
  #onSpawnerEnded(spawner: Spawner): void {
    this.#spawner = undefined;
    for (const container of this.#containers.values()) {
      if (container.spawner !== spawner) continue;
      container.spawner = undefined;
      if (container.shim === undefined) container.onFailed(spawnerKilled(container.id));
    }
  }

  #onEvent(event: ShimEvent): void {
    const container = this.#containers.get(event.id);
    if (container === undefined) return this.#onUnknown(event);
    switch (event.type) {
      case 'ready':
        return container.onReady(event.shim, event.task);
      case 'started':
        return container.onStarted();
      case 'failed':
        return this.#onFailed(container, event.errno, event.step);
      case 'exited':
        container.onExit(event.status);
        if (event.empty) this.#onEmpty(container);
        return;
      case 'drained':
        return this.#onEmpty(container);
      case 'lost':
        if (container.shim === undefined) container.onFailed(spawnerKilled(container.id));
        else void this.#checkShim(container);
        return;
      default:
        throw new Error(`unhandled event ${event satisfies never}`);
    }
  }

  /**
   * Handles events of unknown containers. A launch that was given up when its spawner ended may still reach a shim,
   * which then ends it.
   */
  #onUnknown({ type, id }: ShimEvent): void {
    if (type !== 'failed' || idProblem(id) !== undefined) return;
    this.#removeCheckpoint(checkId(id)).catch(error => this.#onWarning(`${error}`));
  }

  #onFailed(container: ShimContainer, errno: number, step: string): void {
    if (container.spec === undefined) {
      container.onExit({ kind: 'not-started' }); // the launch of an earlier agent
      container.onDrained();
    } else
      container.onFailed(step === 'abort' ? spawnerKilled(container.id) : launchFailure(container.spec, errno, step));
  }

  /**
   * Handles a shim without children. When the shim is a subreaper, no descendant is left; otherwise orphans may have
   * escaped.
   */
  #onEmpty(container: ShimContainer): void {
    if (this.#subreaper) container.onDrained();
    else void this.#killStrays(container, true);
  }

  /** Checks shims of an earlier spawner: they are not children of the present one, so their end is not reported. */
  #pollShims(): void {
    const orphans = [...this.#containers.values()].filter(
      ({ shim, spawner, lost, isDrained }) => shim && !spawner && !lost && !isDrained,
    );
    if (this.#pollOffset >= orphans.length) this.#pollOffset = 0;
    for (const container of orphans.slice(this.#pollOffset, this.#pollOffset + pollCount)) {
      if (!isAlive(container.shim!)) void this.#checkShim(container);
    }
    this.#pollOffset += pollCount;
  }

  /**
   * Checks whether a shim is still running. A shim that has ended has either finished, as its checkpoint says, or was
   * killed; then the container's remaining processes are killed as well.
   */
  async #checkShim(container: ShimContainer): Promise<void> {
    if (container.lost || container.isDrained || container.shim === undefined || isAlive(container.shim)) return;
    container.lost = true;
    const ownsSession = !container.recovered && !container.hasExited;
    // Read after the check of the shim, which has written everything by now.
    const checkpoint = await readCheckpoint(this.#runtimeDirectory, container.id).catch(() => undefined);
    container.onFailed(spawnerKilled(container.id));
    container.onExit(checkpoint?.status ?? { kind: 'unknown' });
    void this.#killStrays(container, ownsSession);
  }

  async #killStrays(container: ShimContainer, ownsSession: boolean): Promise<void> {
    const marker = { name: containerMarker, value: container.id };
    const target = { marker, first: container.task!, ownsSession };
    for (let delayMs = 1; !this.#closed; delayMs = Math.min(delayMs * 2, longestKillDelayMs)) {
      const left = await findMarkedProcesses(target);
      if (left.length === 0) return container.onDrained();
      for (const process of left) signalProcess(process, 'SIGKILL');
      await sleep(delayMs, undefined, { ref: false });
    }
  }

  async #removeCheckpoint(id: ContainerKey): Promise<void> {
    // Not `rm`, which needs more system calls: this runs for every task.
    await unlink(checkpointPath(this.#runtimeDirectory, id)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

function spawnerKilled(id: ContainerKey): LaunchError {
  return new LaunchError('SPAWNER', `Container ${id} was not started: the process that launches containers was killed`);
}
