/**
 * The containers that clients launch by calls of the agent's API: nested ones, below executors' containers and each other, and
 * stand-alone ones, which have no executor. They end with the container that they are nested in; stand-alone ones outlive the agent.
 *
 * ```text
 * launch ─▶ config on disk ─▶ sandbox ─▶ containerizer ─▶ runs … ends ─▶ destroyed ─▶ termination on disk ─▶ waiters ─▶ removed
 * ```
 *
 * They are not accounted for: the master offers what they use to others. As in Mesos, there is no limit of how many one client may
 * have.
 *
 * @see Mesos src/slave/http.cpp, _launchContainer and what follows it; src/slave/containerizer/mesos/containerizer.cpp
 */
import { access } from 'node:fs/promises';
import { constants } from 'node:os';
import {
  type ContainerId,
  type Containerizer,
  type ContainerKey,
  containerKey,
  defaultPath,
  type KnownContainer,
  LaunchError,
  type LaunchOptions,
  makeSandbox,
  nestedSandbox,
  type Recovery,
  removeSandbox,
  rootOf,
} from '@meseta/containers';
import type { ContainerConfig, ContainerTermination } from '@meseta/protocol';
import type { Logger } from '@meseta/telemetry';
import type { Disk } from '../disk/disk.ts';
import { ownerOf } from '../disk/owner.ts';
import type { Paths } from '../disk/paths.ts';
import type { DiskSpace } from '../disk/space.ts';
import type { AgentFlags } from '../flags.ts';
import type { Sessions } from '../sessions.ts';
import type { Agent } from '../state/agent.ts';
import type { Executor } from '../state/executor.ts';
import { ApiContainer } from './api-container.ts';
import { ContainerCallError } from './error.ts';
import { OtherWaits } from './other-waits.ts';
import { recoverable } from './recoverable.ts';
import { ApiContainerStore, type StoredContainer, storedConfig } from './store.ts';
import { toContainerTermination } from './termination.ts';

/** Ended containers below one root, or stand-alone, of which the status is kept. Then the oldest is forgotten. */
const endedKept = 1000;

/** What is needed of the agent. */
export interface ApiContainersParts {
  readonly agent: Pick<Agent, 'executors'>;
  readonly containerizer: Containerizer;
  readonly disk: Pick<Disk, 'perform'>;
  readonly flags: Pick<AgentFlags, 'containerizers' | 'runtime_dir' | 'switch_user'>;
  readonly log: Logger;
  readonly paths: Paths;
  /** Counts records of an earlier agent that cannot be read. */
  readonly onDamage: () => void;
  readonly sessions: Pick<Sessions, 'wait' | 'forget'>;
  /** Receives failures that a full disk may have caused. */
  readonly space: Pick<DiskSpace, 'suspect'>;
}

/** The description of a container to launch. */
export type ApiLaunch = Pick<
  ContainerConfig,
  'command_info' | 'container_info' | 'resources' | 'limits' | 'container_class'
>;

/** See the top of this file. */
export class ApiContainers {
  readonly #parts: ApiContainersParts;
  readonly #store: ApiContainerStore;
  /** Each after the one it is nested in. */
  readonly #containers = new Map<ContainerKey, ApiContainer>();
  /** Sandboxes that are being removed. */
  readonly #removals = new Map<ContainerKey, Promise<void>>();
  /** Executors whose end is waited for, because containers are nested below theirs. */
  readonly #roots = new Set<Executor>();
  /** Clients that wait for containers of executors, tasks and sessions. */
  readonly #others: OtherWaits;
  #stored: readonly StoredContainer[] = [];

  constructor(parts: ApiContainersParts) {
    this.#parts = parts;
    const { containerizer, sessions } = parts;
    this.#others = new OtherWaits(id => sessions.wait(id) ?? containerizer.wait(id));
    this.#store = new ApiContainerStore(parts.flags.runtime_dir, parts.disk, parts.log, parts.onDamage);
  }

  /** Removes no records any more that the disk has refused to remove: the next agent does. */
  close(): void {
    this.#store.close();
  }

  /** Returns a container that was launched by the API, and not removed. */
  get(id: ContainerId): ApiContainer | undefined {
    return this.#containers.get(containerKey(id));
  }

  /** Returns the executor that a container belongs to: the one whose container it is, or is nested below. */
  executorOf(id: ContainerId): Executor | undefined {
    const { value } = rootOf(id);
    return this.#parts.agent.executors().find(({ containerId }) => containerId === value);
  }

  /**
   * Launches a container. Resolves when its program runs, or at once when a container of that id is there that has not ended.
   *
   * @throws {ContainerCallError} {LaunchError} {IsolatorError} {UserError} {DiskError} nothing runs, and the id can be used again.
   */
  async launch(id: ContainerId, launch: ApiLaunch, options: LaunchOptions = {}): Promise<'launched' | 'there'> {
    const existing = this.get(id);
    if (existing ? existing.state !== 'ENDED' : this.#isOfOthers(id)) return 'there';
    const config = this.#describe(id, launch);
    if (existing) this.#forget(existing);
    const before = existing && this.#parts.containerizer.remove(id); // its status could not be written down
    const container = new ApiContainer(id, storedConfig(config));
    this.#containers.set(container.key, container);
    this.#watchRoot(id);
    try {
      await before;
      await this.#start(container, config, options);
    } catch (error) {
      await this.#launchFailed(container, error);
      if (error instanceof LaunchError && error.code === 'EXISTS') return 'there';
      throw error;
    }
    container.state = 'RUNNING';
    this.#watch(container);
    return 'launched';
  }

  async #start(container: ApiContainer, config: ContainerConfig, options: LaunchOptions): Promise<void> {
    const { containerizer, disk, flags, log, paths } = this.#parts;
    const { id, key } = container;
    log.info('Launching a container', { container_id: key, user: config.user });
    await this.#removals.get(key);
    const owner = await ownerOf(config.user);
    await this.#store.begin(id, container.config);
    if (!id.parent) await disk.perform([{ type: 'mkdir', path: paths.containers, leadsToSandbox: true }]);
    const parentSandbox = config.directory.slice(0, -`/containers/${id.value}`.length);
    await makeSandbox(parentSandbox, id.value, owner).catch(cause => {
      throw new ContainerCallError('SANDBOX', `Failed to create sandbox: ${cause.message}`, { cause });
    });
    if (container.isKilled) throw new LaunchError('DESTROYED', `Container ${key} was killed while it was launched`);
    this.#findParent(id); // it may have ended meanwhile
    const result = await containerizer.launch(
      id,
      {
        config,
        environment: config.container_class === 'DEBUG' ? {} : { PATH: defaultPath, MESOS_SANDBOX: config.directory },
      },
      { keepsEnvironment: config.container_class !== 'DEBUG', ...options },
    );
    if ('unsupported' in result) {
      throw new ContainerCallError(
        'UNSUPPORTED',
        `The provided ContainerInfo is not supported: ${result.unsupported} (--containerizers=${flags.containerizers})`,
      );
    }
  }

  async #launchFailed(container: ApiContainer, error: unknown): Promise<void> {
    const { log, space } = this.#parts;
    space.suspect(error);
    log.warning('Failed to launch a container', { error, container_id: container.key });
    await this.#store.drop(container.id);
    if (this.#containers.get(container.key) === container) this.#containers.delete(container.key);
    container.end({});
  }

  /** Describes a container to the containerizer. @throws {ContainerCallError} when it has no parent that runs. */
  #describe(id: ContainerId, launch: ApiLaunch): ContainerConfig {
    const { flags, paths } = this.#parts;
    const parent = this.#findParent(id);
    const user = (flags.switch_user ? launch.command_info.user : undefined) ?? parent?.user;
    return {
      ...launch,
      directory: parent ? `${parent.directory}/containers/${id.value}` : paths.container(id.value),
      ...(user !== undefined && { user }),
      ...(parent?.executor && { executor_info: parent.executor.info }),
    };
  }

  /** Finds the container that another one is to be nested in. @throws {ContainerCallError} when that does not run. */
  #findParent({ parent: id }: ContainerId) {
    if (id === undefined) return undefined;
    const key = containerKey(id);
    const executor = this.executorOf(id);
    const container = this.#containers.get(key);
    const isDestroyed = container ? container.state === 'DESTROYING' : executor?.containerEnd !== undefined;
    if (isDestroyed) {
      throw new ContainerCallError('PARENT_UNKNOWN', `Parent container ${key} is in 'DESTROYING' state`);
    }
    const otherRuns = () =>
      this.#parts.containerizer.pid(id) !== undefined || (!id.parent && executor?.state === 'RUNNING');
    const runs = container ? container.state === 'RUNNING' : otherRuns();
    const root = executor?.directory ?? this.get(rootOf(id))?.config.directory;
    if (!runs || root === undefined) {
      throw new ContainerCallError('PARENT_UNKNOWN', `Parent container ${key} does not exist`);
    }
    return { directory: nestedSandbox(root, id), user: container ? container.config.user : executor?.user, executor };
  }

  /**
   * Reads what an earlier agent launched.
   *
   * @param others containers of executors and tasks that the agent goes on with: what is nested below others is ended as orphans
   *   are.
   * @returns what else is to be recovered, parents first.
   */
  async read(others: readonly KnownContainer[]): Promise<readonly KnownContainer[]> {
    this.#stored = await this.#store.read();
    return recoverable(this.#stored, others);
  }

  /** Takes over what was read and recovered. What does not belong to a known container, or was not launched, is forgotten. */
  async takeOver(recovered: Recovery['containers']): Promise<void> {
    for (const stored of this.#stored) await this.#takeOverOne(stored, recovered);
    this.#stored = [];
  }

  async #takeOverOne({ id, config, termination }: StoredContainer, recovered: Recovery['containers']): Promise<void> {
    const { containerizer } = this.#parts;
    const { parent } = id;
    const belongs = !parent || this.get(parent) || recovered.has(containerKey(parent));
    if (!belongs) return this.#store.drop(rootOf(id));
    if (!termination) {
      const found = recovered.get(containerKey(id));
      const ended = found && !found.running ? await containerizer.wait(id) : undefined;
      if (!found || ended?.exit.kind === 'not-started') {
        await containerizer.remove(id);
        return this.#store.drop(id);
      }
    }
    const container = new ApiContainer(id, config, 'RUNNING');
    this.#containers.set(container.key, container);
    this.#watchRoot(id);
    if (termination) container.end(termination);
    else this.#watch(container);
  }

  /** Tells whether a container was launched otherwise: it is an executor's, or that of a task. */
  #isOfOthers(id: ContainerId): boolean {
    if (this.#parts.containerizer.pid(id) !== undefined) return true;
    return id.parent === undefined && this.executorOf(id) !== undefined;
  }

  /** Ends what is left of a container when its first process has ended, and stores how that ended. */
  #watch(container: ApiContainer): void {
    this.#finish(container).catch(error =>
      this.#parts.log.error('Failed to end a container', { error, container_id: container.key }),
    );
  }

  async #finish(container: ApiContainer): Promise<void> {
    const { containerizer, log } = this.#parts;
    const { id, key } = container;
    const ended = await containerizer.wait(id);
    container.state = 'DESTROYING';
    const termination = toContainerTermination(ended ?? { exit: { kind: 'unknown' } });
    await containerizer.destroy(id); // with those nested in it, each of which is watched as well
    await Promise.all(this.#below(id).map(({ over }) => over));
    log.info('Container ended', { container_id: key, status: termination.status, reason: termination.reason });
    try {
      await this.#store.end(id, termination);
      await containerizer.remove(id); // only now: its exit status is safe elsewhere
    } catch (error) {
      this.#parts.space.suspect(error);
      log.error('Failed to write down how a container ended', { error, container_id: key });
    }
    container.end(termination);
    this.#forgetOldest(id);
  }

  /**
   * Waits for the end of a container, also of one that has ended and was not removed.
   *
   * @param signal is aborted when the client is gone.
   * @returns undefined for an unknown container, and when `signal` is aborted.
   */
  async wait(id: ContainerId, signal: AbortSignal): Promise<ContainerTermination | undefined> {
    const container = this.get(id);
    if (container) return container.wait(signal);
    return this.#others.wait(id, signal);
  }

  /**
   * Sends a signal to the first process of a container; what else it has is ended when that ends.
   *
   * @param signal its number.
   * @returns false for a container that is unknown or has ended.
   */
  kill(id: ContainerId, signal: number): boolean {
    const { containerizer, log } = this.#parts;
    const container = this.get(id);
    if (container && container.state !== 'LAUNCHING' && container.state !== 'RUNNING') return false;
    log.info('Signalling a container', { container_id: containerKey(id), signal });
    if (container?.state === 'LAUNCHING' || (container && signal === constants.signals.SIGKILL)) {
      container.isKilled = true;
      void containerizer.destroy(id); // also while its files are fetched; its watch sees the end
      return true;
    }
    return containerizer.signalFirst(id, signal);
  }

  /**
   * Removes a container that has ended: its status, and its sandbox with all files.
   *
   * @throws {ContainerCallError} when it has not ended, or its root is unknown. {DiskError}
   */
  async remove(id: ContainerId): Promise<void> {
    const { containerizer, log, paths, sessions } = this.#parts;
    const container = this.get(id);
    const key = containerKey(id);
    if (container ? container.state !== 'ENDED' : this.#isOfOthers(id) && !(id.parent && (await this.#hasEnded(id)))) {
      throw new ContainerCallError(
        'NOT_ENDED',
        `${id.parent ? 'Nested container' : 'Container'} has not terminated yet`,
      );
    }
    const root = id.parent && (this.executorOf(id)?.directory ?? this.get(rootOf(id))?.config.directory);
    const isThere = id.parent ? root !== undefined : (container ?? (await exists(paths.container(id.value))));
    if (!isThere) {
      throw new ContainerCallError('ROOT_UNKNOWN', `Unknown root container ${rootOf(id).value}`);
    }
    log.info('Removing a container', { container_id: key });
    if (container) this.#forget(container);
    sessions.forget(id);
    await containerizer.remove(id); // the status of which could not be written down
    await this.#store.remove(id);
    const parent = id.parent && root !== undefined ? nestedSandbox(root, id.parent) : paths.workDirectory;
    await this.#removeSandbox(key, parent, id.value);
  }

  /** Tells whether the first process of a container has ended, for which a session or a task is known still. */
  async #hasEnded(id: ContainerId): Promise<boolean> {
    const ended = this.#parts.containerizer.wait(id)?.then(() => true);
    return Promise.race([ended, new Promise<false>(resolve => void setImmediate(resolve, false))]).then(Boolean);
  }

  async #removeSandbox(key: ContainerKey, parent: string, name: string): Promise<void> {
    const removal = removeSandbox(parent, name);
    const over = removal.catch(() => undefined); // the caller gets the failure
    this.#removals.set(key, over);
    try {
      await removal;
    } finally {
      if (this.#removals.get(key) === over) this.#removals.delete(key);
    }
  }

  /** Forgets an ended container and those nested in it; their sandboxes stay. */
  #forget(container: ApiContainer): void {
    for (const each of [...this.#below(container.id), container]) this.#containers.delete(each.key);
  }

  #forgetOldest(id: ContainerId): void {
    const root = id.parent && rootOf(id).value;
    const ended = this.#all(each => each.state === 'ENDED' && (each.id.parent && rootOf(each.id).value) === root);
    const [oldest] = ended;
    if (oldest === undefined || ended.length <= endedKept) return;
    this.#forget(oldest);
    void this.#store.drop(oldest.id);
  }

  /** Forgets what is nested below an executor's container when that has ended, however it ends. */
  #watchRoot(id: ContainerId): void {
    const executor = id.parent && this.executorOf(id);
    if (!executor || this.#roots.has(executor)) return;
    this.#roots.add(executor);
    void executor.containerOver.promise.then(async () => {
      this.#roots.delete(executor);
      const nested = this.#below(executor.container);
      await Promise.all(nested.map(({ over }) => over));
      for (const { key } of nested) this.#containers.delete(key);
      await this.#store.drop(executor.container);
    });
  }

  #below(id: ContainerId): ApiContainer[] {
    const prefix = `${containerKey(id)}.`;
    return this.#all(({ key }) => key.startsWith(prefix));
  }

  #all(select: (container: ApiContainer) => boolean): ApiContainer[] {
    return [...this.#containers.values().filter(select)];
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
