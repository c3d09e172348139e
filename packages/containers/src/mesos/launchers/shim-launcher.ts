import { setTimeout as sleep } from 'node:timers/promises';
import { checkId, type IdMap, idProblem } from '@meseta/protocol';
import { answerOf, ConcurrencyLimit, isAlive, type ProcessId, Slice, signalProcess } from '@meseta/system';
import { assertContainerKey, type ContainerKey } from '../../container-id.ts';
import type { RecoveredContainer } from '../../containerizer.ts';
import { LaunchError } from '../../errors.ts';
import type { ExitStatus } from '../../exit-status.ts';
import type { ShimEvent } from '../../shim/events.ts';
import { switchUser, withGroups } from '../../switch-user.ts';
import {
  type Checkpoint,
  isDamaged,
  listCheckpoints,
  readBootId,
  readCheckpoint,
  readCheckpointSync,
} from '../checkpoints.ts';
import { launchRequest } from '../launch-request.ts';
import type { LaunchStep } from '../launch-steps.ts';
import type { Launcher, LaunchSpec, ProcessUsage } from '../launcher.ts';
import type { Spawner } from '../spawner.ts';
import { treeUsage } from '../usage.ts';
import { CheckpointRemoval } from './checkpoint-removal.ts';
import { ContainerEnds, spawnerKilled } from './container-ends.ts';
import { CurrentSpawner } from './current-spawner.ts';
import { onLaunchFailed } from './launch-failed.ts';
import { untilSetUp } from './set-up.ts';
import { ShimContainer } from './shim-container.ts';
import type { ShimLauncherOptions } from './shim-launcher-options.ts';
import { endDamaged, findUnrecorded, readUnrecorded } from './unrecorded.ts';

const longestKillDelayMs = 500;

/**
 * Launches containers below shims, which outlive the agent. The package's README describes the processes and files. How
 * the processes of a container are set up, found and ended is up to the launchers that extend it.
 */
export abstract class ShimLauncher implements Launcher {
  abstract readonly name: string;
  readonly #runtimeDirectory: string;
  readonly #setUpTimeoutMs: number;
  readonly #onWarning: (message: string) => void;
  readonly #containers: IdMap<'containerKey', ShimContainer> = new Map();
  readonly #launches: ConcurrencyLimit;
  readonly #ends: ContainerEnds;
  readonly #checkpoints: CheckpointRemoval;
  readonly #spawner: CurrentSpawner;
  #hasRecovered = false;
  #closed = false;

  constructor({ runtimeDirectory, endsContainers = false, setUpTimeoutMs = 60_000, ...more }: ShimLauncherOptions) {
    const { onWarning = () => {}, launchesInFlight = 16, idleSeconds = 1 } = more;
    this.#launches = new ConcurrencyLimit(launchesInFlight);
    this.#setUpTimeoutMs = setUpTimeoutMs;
    this.#runtimeDirectory = runtimeDirectory;
    this.#onWarning = onWarning;
    this.#spawner = new CurrentSpawner({
      ...{ runtimeDirectory, onWarning },
      open: () => this.open(),
      options: () => [`idle=${idleSeconds}`, ...(endsContainers ? ['ends'] : []), ...this.spawnerOptions],
      onEvent: event => this.#onEvent(event),
      onEnded: spawner => this.#onSpawnerEnded(spawner),
    });
    this.#checkpoints = new CheckpointRemoval({
      ...{ runtimeDirectory, onWarning, containers: this.#containers },
      knowsAll: () => this.#hasRecovered,
    });
    this.#ends = new ContainerEnds({
      containers: this.#containers,
      read: container => this.#read(container),
      strays: (container, shimEnded) => this.strays(container, shimEnded),
      endsStrays: () => this.endsStrays,
      onWarning,
    });
  }

  /** Options of the spawner (see shim.pl). */
  protected readonly spawnerOptions: readonly string[] = [];

  /** Called before a spawner starts. A rejection keeps the agent from starting. */
  protected async open(): Promise<void> {}

  /**
   * Returns the steps between fork and exec.
   *
   * @throws {LaunchError} this launcher cannot do what the plan asks for.
   */
  protected abstract steps(container: ShimContainer, spec: LaunchSpec): Promise<readonly LaunchStep[]>;

  /** Sends a signal to every process of a container. @returns how many got it. */
  protected abstract signalAll(container: ShimContainer, signal: NodeJS.Signals): Promise<number>;

  /**
   * Finds processes of a container that its shim does not have below it: they have left it, or it has ended.
   *
   * @param shimEnded false when the shim is there and has no child left.
   */
  protected abstract strays(container: ShimContainer, shimEnded: boolean): Promise<readonly ProcessId[]>;

  /** Returns the process of a container that is not the user's but the init of its pid namespace. */
  protected initOf(_container: ShimContainer): ProcessId | undefined {
    return undefined;
  }

  /** Returns the process of a container's program; undefined when it has ended. */
  protected programOf({ task }: ShimContainer): ProcessId | undefined {
    return task;
  }

  /** Returns a container's first process; undefined when it is unknown or not forked yet. */
  protected process(id: ContainerKey): ProcessId | undefined {
    return this.#containers.get(id)?.task;
  }

  /** Removes what was set up for a container. No process of it is left. */
  protected async cleanUp(_id: ContainerKey): Promise<void> {}

  async recover(): Promise<ReadonlyMap<ContainerKey, RecoveredContainer>> {
    await this.#spawner.get(); // from here on events arrive; earlier ones are in the files
    const bootId = await readBootId();
    const recovered = new Map<ContainerKey, RecoveredContainer>();
    const slice = new Slice();
    for (const id of await listCheckpoints(this.#runtimeDirectory)) {
      if (slice.isOver) await slice.giveWay();
      recovered.set(id, await this.#recoverOne(new ShimContainer(id), bootId));
    }
    for (const [id, record] of await findUnrecorded(this.#runtimeDirectory, recovered)) {
      const container = new ShimContainer(id);
      container.record = record;
      recovered.set(id, await this.#recoverOne(container, bootId));
      this.#onWarning(`The record of container ${id} was removed while it runs; it is taken over from its shim`);
    }
    this.#hasRecovered = true;
    return recovered;
  }

  #read({ id, record }: ShimContainer): Promise<Checkpoint | undefined> {
    return record ? readUnrecorded(record) : readCheckpoint(this.#runtimeDirectory, id);
  }

  async #recoverOne(container: ShimContainer, bootId: string): Promise<RecoveredContainer> {
    this.#containers.set(container.id, container); // before its files are read, because an event may arrive meanwhile
    await this.#recoverState(container, bootId);
    return { pid: container.task?.pid, running: !container.hasExited };
  }

  async #recoverState(container: ShimContainer, bootId: string): Promise<void> {
    const { id, record } = container;
    const checkpoint = record ? await readUnrecorded(record) : readCheckpointSync(this.#runtimeDirectory, id);
    const sameBoot = checkpoint?.bootId === bootId;
    if (checkpoint !== undefined && sameBoot) {
      container.onReady(checkpoint.shim, checkpoint.task);
      container.onStarted();
    }
    if (checkpoint?.status !== undefined) container.onExit(checkpoint.status);
    if (sameBoot) return this.#ends.checkShim(container);
    const damaged = checkpoint === undefined && (await isDamaged(this.#runtimeDirectory, id));
    if (damaged && endDamaged(container, this.#onWarning)) return;
    container.onExit({ kind: checkpoint === undefined ? 'not-started' : 'unknown' });
    container.onDrained();
  }

  async launch(id: ContainerKey, spec: LaunchSpec): Promise<{ readonly pid: number }> {
    assertContainerKey(id);
    if (this.#containers.has(id)) throw new LaunchError('EXISTS', `Container ${id} was launched before`);
    const container = new ShimContainer(id, spec);
    this.#containers.set(id, container);
    try {
      await this.#checkpoints.reuse(id);
      const user = spec.user === undefined ? undefined : await switchUser(spec.user);
      const steps = await this.steps(container, spec);
      container.steps = steps;
      const request = launchRequest(id, spec, withGroups(user, spec.groups), steps);
      await this.#launches.run(() => this.#fork(container, spec, request));
      await answerOf(container.shim!, container.started.promise);
      return { pid: container.task!.pid };
    } catch (error) {
      // Its process was killed before it could hear that it is not to run: its shim has seen an end like any other.
      if (container.lost || container.hasStarted) await container.drained.promise;
      const existed = error instanceof LaunchError && error.code === 'EXISTS';
      if (!existed) {
        await this.#cleanUp(container);
        if (container.hasStarted) await this.#release(container);
        else await this.#checkpoints.remove(id);
      }
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
    const spawner = await this.#spawner.get();
    container.spawner = spawner;
    spawner.send(request);
    await untilSetUp(container, spawner, {
      ...{ timeoutMs: this.#setUpTimeoutMs, onWarning: this.#onWarning },
      inUse: () =>
        new Set(
          [...this.#containers.values()].flatMap(({ shim, isDrained }) => (shim && !isDrained ? [shim.pid] : [])),
        ),
    });
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

  hasProcesses(id: ContainerKey): boolean {
    const { shim, isDrained = true } = this.#containers.get(id) ?? {};
    return shim !== undefined && !isDrained;
  }

  pid(id: ContainerKey): number | undefined {
    return this.#containers.get(id)?.task?.pid;
  }

  async signal(id: ContainerKey, signal: NodeJS.Signals): Promise<number> {
    const container = this.#containers.get(id);
    if (container?.shim === undefined || !container.hasStarted) return 0;
    return this.#signal(container, signal);
  }

  programPid(id: ContainerKey): number | undefined {
    return this.#program(id)?.pid;
  }

  signalFirst(id: ContainerKey, signal: number): boolean {
    const process = this.#program(id);
    return process !== undefined && signalProcess(process, signal);
  }

  #program(id: ContainerKey): ProcessId | undefined {
    const container = this.#containers.get(id);
    return container?.hasStarted && !container.hasExited ? this.programOf(container) : undefined;
  }

  /** Sends signals one after another: the SIGCONT of one must not undo the SIGSTOP of another. */
  #signal(container: ShimContainer, signal: NodeJS.Signals): Promise<number> {
    const sent = container.signalling.then(() => {
      if (!container.shim || container.isDrained) return 0;
      if (!container.isShimAlone) return this.signalAll(container, signal);
      if (signal !== 'SIGKILL' || !container.spawner) return Number(signalProcess(container.shim, signal));
      container.spawner.send(['kill', container.id]); // which knows whether the shim has another container by now
      return 1;
    });
    container.signalling = sent.catch(() => {}); // the caller gets the failure
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
    await container.emptied;
    for (let delayMs = 1; !container.isDrained && !this.#closed; delayMs = Math.min(delayMs * 2, longestKillDelayMs)) {
      if (container.shim !== undefined && !container.lost) {
        if (container.isShimAlone && container.spawner && !container.toldToEnd) {
          container.toldToEnd = true;
          container.spawner.send(['abort', container.id]);
          await Promise.race([container.drained.promise, sleep(longestKillDelayMs, undefined, { ref: false })]);
          continue;
        }
        await this.#signal(container, 'SIGKILL').catch(error => container.endsLate(error, this.#onWarning));
        if (!isAlive(container.shim)) await this.#ends.checkShim(container);
      }
      await Promise.race([container.drained.promise, sleep(delayMs, undefined, { ref: false })]);
    }
    // A launch under way cleans up for itself.
    if (container.isDrained && (container.hasStarted || container.recovered)) await this.#cleanUp(container);
  }

  async #cleanUp({ id }: ShimContainer): Promise<void> {
    await this.cleanUp(id).catch(error =>
      this.#onWarning(`Cannot remove all that was set up for container ${id}: ${error.message}`),
    );
  }

  async remove(id: ContainerKey): Promise<void> {
    await this.destroy(id);
    const container = this.#containers.get(id);
    if (this.#closed && container && !container.isDrained) return; // the next agent ends it, by its checkpoint
    await container?.signalling; // after the release, the shim may get another container
    this.#containers.delete(id);
    await container?.record?.close();
    if (container) await this.#release(container);
    else await this.#checkpoints.remove(id);
  }

  /** Removes a container's checkpoint. Its shim, if it is still there, may get another container. */
  async #release({ id, spawner }: ShimContainer): Promise<void> {
    if (spawner) spawner.send(['release', id]);
    else await this.#checkpoints.remove(id);
  }

  async usage(id: ContainerKey): Promise<ProcessUsage | undefined> {
    const container = this.#containers.get(id);
    if (!container?.shim || container.isDrained) return undefined;
    const { units } = await this.#spawner.get();
    const usage = await treeUsage(container.shim, units, this.initOf(container));
    return container.isDrained ? undefined : usage; // the processes may be those of the shim's next container
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#ends.close();
    this.#checkpoints.close();
    await this.#spawner.close();
    for (const { record } of this.#containers.values()) await record?.close();
  }

  /** Fails the launches that did not get their `go`: their pipe is closed, so they end. Others are not affected. */
  #onSpawnerEnded(spawner: Spawner): void {
    for (const container of this.#containers.values()) {
      if (container.spawner !== spawner) continue;
      container.spawner = undefined;
      if (container.shim === undefined) container.onFailed(spawnerKilled(container.id));
    }
    this.#checkpoints.removeOthers().catch(error => this.#onWarning(`${error}`));
  }

  #onEvent(event: ShimEvent): void {
    const container = this.#containers.get(event.id);
    if (container === undefined || event.type === 'kept') return this.#onUnknown(event);
    switch (event.type) {
      case 'ready':
        return container.onReady(event.shim, event.task);
      case 'moved':
        return container.onMoved(event.task);
      case 'started':
        return container.onStarted();
      case 'failed':
        if (container.hasFailed || container.isDrained) this.#onUnknown(event); // given up before its shim got that far
        return onLaunchFailed(container, event.errno, event.step);
      case 'exited':
        container.onExit(event.status);
        if (event.empty) this.#ends.onEmpty(container);
        return;
      case 'drained':
        return this.#ends.onEmpty(container);
      case 'lost':
        if (container.shim === undefined) container.onFailed(spawnerKilled(container.id));
        else void this.#ends.checkShim(container);
        return;
      default:
        throw new Error(`unhandled event ${event satisfies never}`);
    }
  }

  /**
   * Handles events of unknown containers. A launch that was given up when its spawner ended may still reach a shim,
   * which then ends it. Of one that was removed, the spawner may not have been able to remove the checkpoint.
   */
  #onUnknown({ type, id }: ShimEvent): void {
    if ((type !== 'failed' && type !== 'kept') || idProblem(id) !== undefined) return;
    const key: ContainerKey = checkId(id);
    const before = this.#containers.get(key);
    if (type === 'kept') return before?.shim ? undefined : void this.#checkpoints.remove(key);
    this.cleanUp(key)
      .then(async () => {
        if ([undefined, before].includes(this.#containers.get(key))) await this.#checkpoints.remove(key); // not another one's
      })
      .catch(error => this.#onWarning(`${error}`));
  }

  /** Processes that have left a shim that is there cannot be signalled with the container, so they are ended. */
  protected readonly endsStrays: boolean = true;

  /** False when shims are no subreapers: descendants can leave them. */
  protected get subreaper(): boolean {
    return this.#spawner.subreaper;
  }
}
