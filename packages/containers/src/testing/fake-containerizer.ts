/**
 * For tests: containers without processes. A test decides how each behaves, and reads which operations were called.
 * Passes the contract of containerizers (`contract.test.ts`).
 */
import { constants } from 'node:os';
import type { ContainerLimitation, ContainerStatus, ResourceStatistics } from '@meseta/protocol';
import { type ContainerId, type ContainerKey, containerKey } from '../container-id.ts';
import type {
  Containerizer,
  ContainerLaunch,
  KnownContainer,
  LaunchOptions,
  LaunchResult,
  RecoveredContainer,
  Recovery,
  Termination,
} from '../containerizer.ts';
import { LaunchError } from '../errors.ts';
import { type FakeBehaviour, FakeContainer, type FakeMachine } from './fake-machine.ts';

/** A call of a containerizer, or a step of a launch: `fetched`, `checkpoint`, `run`. */
export interface Operation {
  readonly name:
    | 'recover'
    | 'launch'
    | 'fetched'
    | 'checkpoint'
    | 'run'
    | 'update'
    | 'signal'
    | 'destroy'
    | 'remove'
    | 'close';
  /** Absent of `recover` and `close`. */
  readonly container?: ContainerKey;
}

/** One without a program. */
const pausing: FakeBehaviour = { ignores: ['SIGTERM', 'SIGINT', 'SIGHUP'] };

/** Decides how a launched container behaves. */
type Behave = (launch: ContainerLaunch, id: ContainerId) => FakeBehaviour;

/** The fake containerizer. See the top of this file. */
export class FakeContainerizer implements Containerizer {
  readonly name = 'fake';
  readonly isolates = false;
  /** All operations in order. */
  readonly operations: Operation[] = [];
  readonly #behave: Behave;
  readonly #machine: FakeMachine;
  #closed = false;
  readonly #ids = new Map<ContainerKey, ContainerId>();
  readonly #destroying = new Map<ContainerKey, Promise<void>>();

  /** @param machine containers of earlier containerizers on it are recovered. */
  constructor(machine: FakeMachine, behave: Behave) {
    this.#machine = machine;
    this.#behave = behave;
  }

  async recover(known: readonly KnownContainer[]): Promise<Recovery> {
    this.operations.push({ name: 'recover' });
    const containers = new Map<ContainerKey, RecoveredContainer>();
    for (const { id } of known) {
      const key = containerKey(id);
      const found = this.#machine.containers.get(key);
      this.#ids.set(key, id);
      if (found) containers.set(key, { pid: found.pid, running: found.isRunning });
    }
    const orphans = [...this.#machine.containers.values()].map(({ id }) => id).filter(id => !this.#knows(id));
    for (const id of orphans) this.#ids.set(containerKey(id), id);
    return { containers, orphans };
  }

  async launch(id: ContainerId, launch: ContainerLaunch, options: LaunchOptions = {}): Promise<LaunchResult> {
    if (this.#closed) throw new LaunchError('SPAWNER', 'The containerizer is closed');
    const behaviour = launch.pauses ? pausing : this.#behave(launch, id);
    if (behaviour.unsupported !== undefined) return { unsupported: behaviour.unsupported };
    const key = containerKey(id);
    this.operations.push({ name: 'launch', container: key });
    if (this.#knows(id)) throw new LaunchError('EXISTS', `Container ${key} was launched before`);
    const parent = id.parent && containerKey(id.parent);
    if (parent && (!this.#ids.has(parent) || this.#destroying.has(parent))) throw destroyed(id);
    const container = new FakeContainer(id, behaviour);
    this.#ids.set(key, id);
    this.#machine.containers.set(key, container);
    const launching = this.#launch(container, launch, options);
    container.launching = launching.then(
      () => undefined,
      () => undefined,
    );
    try {
      return { pid: await launching };
    } catch (error) {
      await this.#end(id);
      this.#forget(key);
      throw error;
    }
  }

  async #launch(container: FakeContainer, { config }: ContainerLaunch, options: LaunchOptions): Promise<number> {
    const { behaviour } = container;
    const key = containerKey(container.id);
    if (config.command_info.value === undefined) throw new LaunchError('INVALID', 'The command has no value');
    await behaviour.prepare?.();
    await container.whileWanted(behaviour.fetch);
    this.operations.push({ name: 'fetched', container: key });
    await options.fetched?.();
    await container.whileWanted();
    container.pid = this.#machine.nextPid();
    this.operations.push({ name: 'checkpoint', container: key });
    await options.checkpoint?.(container.pid).catch(cause => {
      throw new LaunchError('CHECKPOINT', `The checkpoint failed: ${cause.message}`, { cause });
    });
    await container.whileWanted(behaviour.exec);
    this.operations.push({ name: 'run', container: key });
    container.run();
    return container.pid;
  }

  async update(id: ContainerId): Promise<void> {
    this.operations.push({ name: 'update', container: containerKey(id) });
  }

  async usage(id: ContainerId): Promise<ResourceStatistics | undefined> {
    return this.#find(id)?.isRunning ? { timestamp: 0, mem_rss_bytes: 1 } : undefined;
  }

  async status(id: ContainerId): Promise<ContainerStatus> {
    const pid = this.pid(id);
    return { container_id: id, ...(pid !== undefined && { executor_pid: pid }) };
  }

  pid(id: ContainerId): number | undefined {
    return this.#find(id)?.pid;
  }

  wait(id: ContainerId): Promise<Termination> | undefined {
    const container = this.#find(id);
    if (container?.pid === undefined) return undefined;
    return container.exited.then(exit => {
      const { limitation } = container;
      return {
        exit,
        ...(this.#destroying.has(containerKey(id)) && { destroyed: true }),
        ...(limitation && { limitation }),
      };
    });
  }

  async drained(id: ContainerId): Promise<void> {
    const container = this.#find(id);
    if (container?.pid === undefined) return;
    await container.exited;
    await container.behaviour.descendants;
  }

  async signal(id: ContainerId, signal: NodeJS.Signals): Promise<number> {
    this.operations.push({ name: 'signal', container: containerKey(id) });
    const container = this.#find(id);
    if (!container?.isRunning) return 0;
    container.onSignal(signal);
    return 1;
  }

  signalFirst(id: ContainerId, signal: number): boolean {
    const container = this.#find(id);
    if (!container?.isRunning) return false;
    const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
    if (name !== undefined) container.onSignal(name as NodeJS.Signals);
    return true;
  }

  async destroy(id: ContainerId): Promise<void> {
    this.operations.push({ name: 'destroy', container: containerKey(id) });
    await this.#end(id);
  }

  async #end(id: ContainerId): Promise<void> {
    const key = containerKey(id);
    const container = this.#find(id);
    if (!container) return;
    const destroying = this.#destroying.get(key) ?? this.#destroy(container);
    this.#destroying.set(key, destroying);
    await destroying;
  }

  async #destroy(container: FakeContainer): Promise<void> {
    const { id } = container;
    container.abandon(destroyed(id));
    await Promise.all(this.#childrenOf(id).map(child => this.#end(child)));
    container.onSignal('SIGKILL');
    await container.launching;
    await this.drained(id);
    await container.behaviour.cleanup?.();
  }

  async remove(id: ContainerId): Promise<void> {
    this.operations.push({ name: 'remove', container: containerKey(id) });
    await this.#end(id);
    for (const child of this.#childrenOf(id)) this.#forget(containerKey(child));
    this.#forget(containerKey(id));
  }

  *containers(): Iterable<ContainerId> {
    yield* this.#ids.values();
  }

  async close(): Promise<void> {
    this.operations.push({ name: 'close' });
    this.#closed = true;
    for (const id of this.#ids.values()) {
      const container = this.#find(id);
      if (!container?.hasRun) container?.abandon(new LaunchError('SPAWNER', 'The containerizer is closed'));
    }
  }

  /** Ends a container as if it had reached a limit. */
  async limit(id: ContainerId, limitation: ContainerLimitation): Promise<void> {
    const container = this.#find(id);
    if (container) container.limitation = limitation;
    await this.#end(id);
  }

  #knows(id: ContainerId): boolean {
    return this.#ids.has(containerKey(id));
  }

  #find(id: ContainerId): FakeContainer | undefined {
    return this.#knows(id) ? this.#machine.containers.get(containerKey(id)) : undefined;
  }

  #childrenOf(id: ContainerId): ContainerId[] {
    const key = containerKey(id);
    return [...this.#ids.values()].filter(({ parent }) => parent && containerKey(parent) === key);
  }

  #forget(key: ContainerKey): void {
    this.#ids.delete(key);
    this.#destroying.delete(key);
    this.#machine.containers.delete(key);
  }
}

function destroyed(id: ContainerId): LaunchError {
  return new LaunchError('DESTROYED', `Container ${containerKey(id)} was destroyed while it was launched`);
}
