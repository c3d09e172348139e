import type {
  ContainerConfig,
  ContainerID,
  ContainerLimitation,
  ContainerState,
  ContainerStatus,
  Resource,
  ResourceStatistics,
} from '@meseta/protocol';
import type { Logger } from '@meseta/telemetry';
import { containerKey } from '../../container-id.ts';
import type { ResourceLimits } from '../../resource-limits.ts';
import type { ContainerFeature } from '../container-features.ts';
import type { LaunchPart } from '../launch-plan.ts';
import type { Isolator } from './isolator.ts';
import { mergeLaunchInfos, type PreparedBy } from './merge-launch-info.ts';
import { type Json, mergeMessages } from './merge-messages.ts';

/** A phase of an isolator failed. The message is the one that Mesos puts into a task's status. */
export class IsolatorError extends Error {
  override readonly name = 'IsolatorError';
  readonly code:
    | 'ISOLATOR_PREPARE_FAILED'
    | 'ISOLATOR_ISOLATE_FAILED'
    | 'ISOLATOR_CLEANUP_FAILED'
    | 'ISOLATOR_RECOVER_FAILED';
  /** The isolators that failed. */
  readonly isolators: readonly string[];

  constructor(code: IsolatorError['code'], message: string, isolators: readonly string[], cause: unknown) {
    super(message, { cause });
    this.code = code;
    this.isolators = isolators;
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Runs all isolators of a containerizer: decides order, merges results, handles failures. */
export class IsolatorChain {
  readonly #isolators: readonly Isolator[];
  readonly #log: Logger;

  /** @param isolators in the order of `--isolation`. */
  constructor(isolators: readonly Isolator[], log: Logger) {
    this.#isolators = isolators;
    this.#log = log;
  }

  /** What containers may ask for: each feature that one of the isolators provides. */
  get provides(): ReadonlySet<ContainerFeature> {
    return new Set(this.#isolators.flatMap(({ provides = [] }) => provides));
  }

  get names(): readonly string[] {
    return this.#isolators.map(({ name }) => name);
  }

  /** Lets all isolators recover. @throws {IsolatorError} naming the first that failed. */
  async recover(states: readonly ContainerState[], orphans: readonly ContainerID[]): Promise<void> {
    for (const isolator of this.#isolators) {
      const served = (id: ContainerID) => serves(isolator, id);
      const known = states.filter(state => served(state.container_id));
      await isolator.recover?.(known, orphans.filter(served)).catch(cause => {
        const message = `Isolator '${isolator.name}' could not recover: ${messageOf(cause)}`;
        throw new IsolatorError('ISOLATOR_RECOVER_FAILED', message, [isolator.name], cause);
      });
    }
  }

  /**
   * Lets all isolators prepare a container.
   *
   * @returns the merged launch info.
   * @throws {IsolatorError} with the failed isolator's message; those after it were not called. The caller then has to
   * call `cleanup`.
   */
  async prepare(id: ContainerID, config: ContainerConfig): Promise<LaunchPart> {
    const prepared: PreparedBy[] = [];
    let current = '';
    try {
      for (const isolator of this.#of(id, config)) {
        current = isolator.name;
        const info = await isolator.prepare?.(id, config);
        if (info !== undefined) prepared.push({ isolator: current, info });
      }
      return mergeLaunchInfos(prepared);
    } catch (cause) {
      throw new IsolatorError('ISOLATOR_PREPARE_FAILED', messageOf(cause), [current], cause);
    }
  }

  /**
   * Lets all isolators isolate a process. @throws {IsolatorError} `Collect failed: <the first failure>`, when all have
   * answered.
   */
  async isolate(id: ContainerID, pid: number): Promise<void> {
    const failed = await this.#all(id, isolator => isolator.isolate?.(id, pid));
    const [first] = failed;
    if (first === undefined) return;
    const names = failed.map(({ isolator }) => isolator.name);
    throw new IsolatorError('ISOLATOR_ISOLATE_FAILED', `Collect failed: ${messageOf(first.error)}`, names, first.error);
  }

  /**
   * Resolves with the first limitation that an isolator reports, or with undefined when `signal` is aborted. An
   * isolator whose watch fails limits the container, too: it cannot be watched any longer.
   */
  async watch(id: ContainerID, signal: AbortSignal): Promise<ContainerLimitation | undefined> {
    const done = new AbortController();
    const discard = AbortSignal.any([signal, done.signal]);
    const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
    const stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      return await Promise.race([aborted, ...this.#of(id).map(isolator => this.#watchOne(isolator, id, discard))]);
    } finally {
      signal.removeEventListener('abort', stop);
      done.abort();
    }
  }

  /** Returns the first limitation for which a container has ended by itself. Isolators that fail are left out and logged. */
  async limitation(id: ContainerID): Promise<ContainerLimitation | undefined> {
    const found: ContainerLimitation[] = [];
    const failed = await this.#all(id, async isolator => {
      const limitation = await isolator.limitation?.(id);
      if (limitation) found.push(limitation);
    });
    this.#warn('limitation', id, failed);
    return found[0];
  }

  /** An isolator mounts persistent volumes. */
  get mountsVolumes(): boolean {
    return this.#isolators.some(({ mountVolumes }) => mountVolumes !== undefined);
  }

  /** Mounts volumes in a running container. @throws the isolator's error. */
  async mountVolumes(id: ContainerID, resources: readonly Resource[]): Promise<void> {
    for (const isolator of this.#of(id)) await isolator.mountVolumes?.(id, resources);
  }

  /** Passes new resources to all isolators. Failures are logged: the container keeps what it had. */
  async update(id: ContainerID, resources: readonly Resource[], limits?: ResourceLimits): Promise<void> {
    const failed = await this.#all(id, isolator => isolator.update?.(id, resources, limits));
    this.#warn('update', id, failed);
  }

  /**
   * Merges the usage that the isolators report: lists are appended; of other fields, the last isolator's value counts.
   * Isolators that fail are left out and logged.
   */
  async usage(id: ContainerID, signal?: AbortSignal): Promise<Partial<ResourceStatistics>> {
    return this.#gather('usage', id, isolator => isolator.usage?.(id, signal));
  }

  /** Merges the status that the isolators report, as `usage` does. */
  async status(id: ContainerID): Promise<ContainerStatus> {
    return this.#gather('status', id, isolator => isolator.status?.(id));
  }

  /**
   * Cleans up all isolators in reverse order, also after failures.
   *
   * @throws {IsolatorError} when any failed, after the last.
   */
  async cleanup(id: ContainerID): Promise<void> {
    const failed: Failed[] = [];
    for (const isolator of this.#of(id).toReversed()) {
      await isolator.cleanup?.(id).catch(error => failed.push({ isolator, error }));
    }
    if (failed.length === 0) return;
    const causes = failed.map(({ error }) => messageOf(error));
    const message = `Failed to clean up an isolator when destroying container: ${causes.join('; ')}`;
    const names = failed.map(({ isolator }) => isolator.name);
    throw new IsolatorError('ISOLATOR_CLEANUP_FAILED', message, names, failed[0]?.error);
  }

  async close(): Promise<void> {
    await Promise.all(this.#isolators.map(isolator => isolator.close?.()));
  }

  #of(id: ContainerID, config?: ContainerConfig): Isolator[] {
    const standalone = config !== undefined && id.parent === undefined && config.executor_info === undefined;
    return this.#isolators.filter(
      isolator => serves(isolator, id) && (!standalone || (isolator.supportsStandalone ?? false)),
    );
  }

  async #watchOne(isolator: Isolator, id: ContainerID, discard: AbortSignal): Promise<ContainerLimitation | undefined> {
    const never = new Promise<undefined>(() => {}); // collected as garbage together with the race below
    if (isolator.watch === undefined) return never;
    const limitation = await isolator.watch(id, discard).catch(error => {
      if (discard.aborted) return undefined;
      const message = `Isolator '${isolator.name}' can watch the container no longer: ${messageOf(error)}`;
      return { message };
    });
    return limitation ?? never;
  }

  async #all(id: ContainerID, phase: (isolator: Isolator) => Promise<unknown> | undefined): Promise<Failed[]> {
    const failed: Failed[] = [];
    const run = async (isolator: Isolator) => {
      try {
        await phase(isolator);
      } catch (error) {
        failed.push({ isolator, error });
      }
    };
    await Promise.all(this.#of(id).map(run));
    return failed;
  }

  async #gather<T extends object>(
    phase: string,
    id: ContainerID,
    ask: (isolator: Isolator) => Promise<T> | undefined,
  ): Promise<Partial<T>> {
    const answers = new Map<Isolator, T>();
    const failed = await this.#all(id, async isolator => {
      const answer = await ask(isolator);
      if (answer !== undefined) answers.set(isolator, answer);
    });
    this.#warn(phase, id, failed);
    const inOrder = this.#isolators.map(isolator => answers.get(isolator) ?? {});
    return inOrder.reduce<Json>((merged, answer) => mergeMessages(merged, answer as Json), {}) as Partial<T>;
  }

  #warn(phase: string, id: ContainerID, failed: readonly Failed[]): void {
    for (const { isolator, error } of failed) {
      this.#log.warning(`Isolator failed: ${phase}`, {
        isolator: isolator.name,
        container_id: containerKey(id),
        error,
      });
    }
  }
}

interface Failed {
  readonly isolator: Isolator;
  readonly error: unknown;
}

function serves(isolator: Isolator, id: ContainerID): boolean {
  return id.parent === undefined || (isolator.supportsNesting ?? false);
}
