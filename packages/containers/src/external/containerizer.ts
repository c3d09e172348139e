/**
 * Runs containers by a program of the operator's, as Mesos 0.17 to 1.0 did: one process of the program for each command.
 *
 * ```text
 * launch ──▶ returns ──▶ wait ─────────────────────────────▶ Termination
 *                  └──▶ update, usage, …   destroy ──▶ (ends the wait)
 * ```
 *
 * Until `launch` has returned, nothing else is sent to its container. Then one `wait` runs until the container has
 * ended.
 *
 * @see Mesos 0.21, src/slave/containerizer/external_containerizer.cpp, and docs/external-containerizer.md
 */
import {
  type CommandInfo,
  type ContainerConfig,
  type ContainerizerTermination,
  type ContainerStatus,
  checkId,
  type Resource,
  type ResourceStatistics,
} from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
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
import { type CommandOptions, type CommandTarget, ContainerCommands, commandMs } from './commands.ts';
import { ExternalProgramError } from './error.ts';
import { unsupportedExternally } from './launch-message.ts';
import type { RunningCall } from './program.ts';
import { endLeftProcesses, listContainers } from './recovery.ts';
import type { StoredContainer } from './store.ts';
import { fromTermination } from './termination.ts';
import { atMost, pause } from './timing.ts';

/** How long `wait` may take to tell of the end after `destroy`, and of a container that is not active any more. */
const lastWordMs = 5000;
/** A `destroy` that fails is tried again, after a pause in milliseconds. */
const destroyAttempts = 3;
const destroyPauseMs = 1000;

/** The parts of an external containerizer. */
export interface ExternalContainerizerOptions extends CommandOptions {
  /** The path of `mesos-executor`. */
  readonly commandExecutor: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * - `launching`: `launch` has not returned
 * - `running`: it has, and `wait` runs
 * - `uncertain`: the program may have something of it: `launch` was killed, or the container is not known to it any more
 * - `over`: the program is told nothing more about it
 */
type State = 'launching' | 'running' | 'uncertain' | 'over';

/** A container from its launch to its removal. */
interface Container extends CommandTarget {
  state: State;
  /** Resolves when the launch has ended, successfully or not. */
  launching: Promise<void>;
  /** The process of `launch`, while it runs. */
  pid: number | undefined;
  readonly ended: PromiseWithResolvers<Termination>;
  waiting: RunningCall<ContainerizerTermination> | undefined;
  destroying: Promise<void> | undefined;
  /** Resolves when the last update has ended: the next one must come after it. */
  updated: Promise<void>;
}

/** The containerizer of an external program. See the top of this file. */
export class ExternalContainerizer implements Containerizer {
  readonly name = 'external';
  readonly isolates = true;
  readonly #options: ExternalContainerizerOptions;
  readonly #containers = new Map<ContainerKey, Container>();
  readonly #commands: ContainerCommands;
  readonly #closing = Promise.withResolvers<never>();
  #closed = false;

  constructor(options: ExternalContainerizerOptions) {
    this.#options = options;
    this.#commands = new ContainerCommands(options);
    this.#closing.promise.catch(() => undefined); // for launches under way, of which there may be none
  }

  refuses(config: ContainerConfig): string | undefined {
    return unsupportedExternally(config);
  }

  commandExecutor(): CommandInfo {
    return { value: this.#options.commandExecutor };
  }

  async recover(known: readonly KnownContainer[]): Promise<Recovery> {
    const { store, program, launchTimeoutMs, clock, log } = this.#options;
    const stored = await store.read((path, error) => log.warning('Ignored a damaged record', { path, error }));
    await endLeftProcesses(stored, { bootId: await store.bootId(), launchTimeoutMs, clock, log });
    const active = await listContainers(program, commandMs, log);
    const containers = new Map<ContainerKey, RecoveredContainer>();
    const own = known.filter(({ id }) => stored.has(containerKey(id)) || active.has(containerKey(id)));
    const takeOvers = own.map(async ({ id, directory }) => {
      const key = containerKey(id);
      const container = await this.#takeOver(id, directory, stored.get(key), active.has(key));
      if (container.state !== 'uncertain')
        containers.set(key, { pid: undefined, running: container.state === 'running' });
    });
    await Promise.all(takeOvers);
    const orphans = [...new Set([...stored.keys(), ...active])]
      .filter(key => !this.#containers.has(key))
      .map(key => ({ value: checkId<'container'>(String(key)) })); // the program knows no nested ones
    await Promise.all(
      orphans.map(id => {
        const record = stored.get(containerKey(id));
        return this.#takeOver(id, record?.directory, record, true);
      }),
    );
    return { containers, orphans };
  }

  /**
   * Takes over a container of an earlier agent.
   *
   * @param isActive the program lists it, or it is to be ended. Otherwise it may have ended, or was never launched:
   *   `wait` then answers or fails soon.
   */
  async #takeOver(
    id: ContainerId,
    directory: string | undefined,
    record: StoredContainer | undefined,
    isActive: boolean,
  ): Promise<Container> {
    const { store, clock } = this.#options;
    const container = this.#add(id, directory);
    if (!record) await store.add(container.key, directory);
    if (record?.termination) {
      this.#end(container, fromTermination(record.termination));
      return container;
    }
    const ended = this.#wait(container, isActive ? 'destroy' : 'forget');
    if (!isActive) await atMost(clock, ended, lastWordMs);
    return container;
  }

  async launch(id: ContainerId, launch: ContainerLaunch, options: LaunchOptions = {}): Promise<LaunchResult> {
    const problem =
      unsupportedExternally(launch.config, id) ?? this.#unsupportedTask(launch.config) ?? unsupportedPause(launch);
    if (problem !== undefined) return { unsupported: problem };
    if (this.#closed) throw closedError();
    const key = containerKey(id);
    if (this.#containers.has(key)) throw new LaunchError('EXISTS', `Container ${key} was launched before`);
    const container = this.#add(id, launch.config.directory);
    const launching = this.#launch(container, launch, options);
    container.launching = launching.catch(() => undefined); // the caller of `launch` gets it
    try {
      await Promise.race([launching, this.#closing.promise]);
      return { pid: undefined };
    } catch (error) {
      if (this.#closed) throw closedError(); // the next agent finds what there is of it
      await this.remove(id);
      throw error;
    }
  }

  /** A task without an executor: it would run where the agent can neither signal nor check it. */
  #unsupportedTask({ task_info, command_info }: ContainerConfig): string | undefined {
    if (task_info === undefined || command_info.value === this.#options.commandExecutor) return undefined;
    return 'Commands without an executor are not possible in external containers';
  }

  async #launch(container: Container, launch: ContainerLaunch, options: LaunchOptions): Promise<void> {
    try {
      await options.fetched?.();
      mustBeWanted(container);
      await this.#options.store.add(container.key, container.directory);
      await this.#commands.launch(container, launch, async ({ pid }) => {
        container.pid = pid;
        await checkpoint(pid, options);
        mustBeWanted(container);
      });
    } catch (error) {
      const { problem } = error instanceof ExternalProgramError ? error : {};
      container.state = problem === 'SILENT' || problem === 'SIGNALED' ? 'uncertain' : 'over';
      throw problem === undefined ? error : new LaunchError('EXEC', (error as Error).message, { cause: error });
    } finally {
      container.pid = undefined;
    }
    void this.#wait(container, 'destroy');
    mustBeWanted(container);
  }

  /**
   * Runs `wait` until the container has ended. Never rejects.
   *
   * @param failed what becomes of a container for which `wait` fails: its end could not be noticed.
   * @returns when that is done.
   */
  async #wait(container: Container, failed: 'destroy' | 'forget'): Promise<void> {
    const { store, log } = this.#options;
    const { key } = container;
    container.state = 'running';
    container.waiting = this.#commands.wait(container);
    try {
      const termination = await container.waiting.answer;
      await store.setTermination(key, termination); // the program need not know it any more
      this.#end(container, fromTermination(termination));
    } catch (error) {
      if (this.#closed) return;
      if (container.destroying) return this.#end(container, { exit: { kind: 'unknown' } });
      log.warning('Cannot wait for an external container', { error, container_id: key });
      if (failed === 'forget') {
        container.state = 'uncertain';
        return;
      }
      await this.#sendDestroy(container);
      this.#end(container, { exit: { kind: 'unknown' }, message: (error as Error).message });
    }
  }

  #end(container: Container, termination: Termination): void {
    container.state = 'over';
    const destroyed = container.destroying !== undefined || termination.limitation !== undefined;
    container.ended.resolve({ ...termination, ...(destroyed && { destroyed: true }) });
  }

  async update(id: ContainerId, resources: readonly Resource[]): Promise<void> {
    const container = this.#containers.get(containerKey(id));
    if (!container) return;
    container.updated = container.updated.then(() => this.#update(container, resources));
    await container.updated;
  }

  async #update(container: Container, resources: readonly Resource[]): Promise<void> {
    await container.launching;
    if (container.state !== 'running' || container.destroying) return;
    await this.#commands.update(container, resources).catch(error =>
      this.#options.log.warning('Failed to update the resources of an external container; it keeps those it had', {
        ...{ error, container_id: container.key },
      }),
    );
  }

  async usage(id: ContainerId): Promise<ResourceStatistics | undefined> {
    const container = this.#containers.get(containerKey(id));
    if (container?.state !== 'running' || container.destroying) return undefined;
    try {
      return await this.#commands.usage(container);
    } catch (error) {
      const over = this.#closed || this.#containers.get(container.key)?.state !== 'running';
      if (!over) {
        this.#options.log.warning('Failed to get the usage of an external container', {
          ...{ error, container_id: container.key },
        });
      }
      return undefined;
    }
  }

  /** Only the program knows of the container's processes, and it tells nothing of them. */
  async status(id: ContainerId): Promise<ContainerStatus> {
    return { container_id: id };
  }

  pid(id: ContainerId): number | undefined {
    return this.#containers.get(containerKey(id))?.pid;
  }

  wait(id: ContainerId): Promise<Termination> | undefined {
    const container = this.#containers.get(containerKey(id));
    if (container?.state !== 'running' && container?.state !== 'over') return undefined;
    return container.ended.promise;
  }

  async drained(id: ContainerId): Promise<void> {
    await this.wait(id);
  }

  /** The protocol has no command for signals. */
  async signal(): Promise<number> {
    return 0;
  }

  signalFirst(): boolean {
    return false;
  }

  async destroy(id: ContainerId): Promise<void> {
    const container = this.#containers.get(containerKey(id));
    if (!container) return;
    container.destroying ??= this.#destroy(container);
    await container.destroying;
  }

  async #destroy(container: Container): Promise<void> {
    await container.launching;
    if (container.state === 'over') return; // as in Mesos, which sends nothing after the answer to `wait`
    const isRunning = container.state === 'running';
    await this.#sendDestroy(container);
    if (!isRunning) {
      container.state = 'over';
      return;
    }
    await atMost(this.#options.clock, container.ended.promise, lastWordMs);
    container.waiting?.kill();
    if (!this.#closed) await container.ended.promise;
  }

  /** Sends `destroy`, several times when it fails. Never rejects: then the container is left to the operator. */
  async #sendDestroy(container: Container): Promise<void> {
    const { clock, log } = this.#options;
    for (let attempt = 1; attempt <= destroyAttempts && !this.#closed; attempt++) {
      try {
        await this.#commands.destroy(container);
        return;
      } catch (error) {
        if (this.#closed || !isLive(container)) return; // it has ended, so there was nothing to destroy
        log.error('Failed to destroy an external container; if it still runs, end it by hand', {
          ...{ error, container_id: container.key, attempt },
        });
      }
      if (attempt < destroyAttempts) await pause(clock, destroyPauseMs);
    }
  }

  async remove(id: ContainerId): Promise<void> {
    await this.destroy(id);
    const container = this.#containers.get(containerKey(id));
    if (!container || this.#closed) return;
    await this.#options.store.remove(container.key);
    this.#containers.delete(container.key);
  }

  *containers(): Iterable<ContainerId> {
    for (const { id } of this.#containers.values()) yield id;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#closing.reject(closedError());
    this.#options.program.close();
    this.#options.store.close();
  }

  #add(id: ContainerId, directory: string | undefined): Container {
    const key = containerKey(id);
    const container: Container = {
      ...{ id, key, directory, state: 'launching', pid: undefined, waiting: undefined, destroying: undefined },
      ...{ launching: Promise.resolve(), updated: Promise.resolve() },
      ended: Promise.withResolvers<Termination>(),
    };
    this.#containers.set(key, container);
    return container;
  }
}

function isLive({ state }: Container): boolean {
  return state !== 'over';
}

function mustBeWanted({ key, destroying }: Container): void {
  if (destroying) throw new LaunchError('DESTROYED', `Container ${key} was destroyed while it was launched`);
}

async function checkpoint(pid: number, options: LaunchOptions): Promise<void> {
  try {
    await options.checkpoint?.(pid);
  } catch (cause) {
    throw new LaunchError('CHECKPOINT', `The checkpoint failed: ${(cause as Error).message}`, { cause });
  }
}

function closedError(): LaunchError {
  return new LaunchError('SPAWNER', 'The containerizer is closed');
}

function unsupportedPause({ pauses }: ContainerLaunch): string | undefined {
  return pauses ? 'Containers for others to be nested in are not possible in external containers' : undefined;
}
