/**
 * Stores the registry: what must survive the master, and what a successor must know. Operations change it in memory,
 * one after another. All changes are stored in one batch; changes that arrive during a store wait for the next one. No
 * effect of a change starts before it is stored.
 */
import type { Registry } from '@meseta/protocol';
import type { Storage } from '@meseta/storage';
import { type Clock, Slice } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { RegistryOperation } from './operation.ts';
import { RegistryState } from './registry-state.ts';

/** The storage of a registrar, its time limits, and what it reports to. */
export interface RegistrarOptions {
  readonly storage: Storage;
  /** How long the storage took to open, in milliseconds: that in ZooKeeper reads everything then. Default: 0. */
  readonly openingMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** `--registry_fetch_timeout`, milliseconds. */
  readonly fetchTimeoutMs: number;
  /** `--registry_store_timeout`, milliseconds. */
  readonly storeTimeoutMs: number;
  /** Called at most once, when the registry could not be stored: the master must end, nothing is applied any more. */
  readonly onFailure: (error: RegistrarError) => void;
}

/**
 * The registry cannot be read or written. A master that continued would act on changes that its successor does not
 * know.
 */
export class RegistrarError extends Error {
  override readonly name = 'RegistrarError';
  readonly code = 'REGISTRAR_FAILED';
}

/** The maximum number of operations in one store: one with thousands would take long, and delay the effects of all. */
const STORE_OPERATIONS = 512;

interface Waiting {
  /** The variables it changed, as it left them: a store ends with an operation, never within one. */
  readonly changes: ReadonlyMap<string, Uint8Array | undefined>;
  readonly changed: boolean;
  readonly resolve: (changed: boolean) => void;
}

/** The registrar of one term. See the top of this file. */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #state = new RegistryState();
  readonly #versions = new Map<string, number>();
  #waiting: Waiting[] = [];
  #storing = false;
  #scheduled = false;
  #ended = false;
  #recovered = false;

  constructor(options: RegistrarOptions) {
    this.#options = options;
    const { metrics } = options;
    metrics.gauge('registrar/queued_operations', () => this.#waiting.length);
    metrics.gauge('registrar/registry_size_bytes', () => this.#bytes);
    metrics.gauge('registrar/log/recovered', () => (this.#recovered ? 1 : 0));
  }

  /** Of all variables as stored. */
  #bytes = 0;
  readonly #sizes = new Map<string, number>();

  /** Returns the registry as operations left it. The part not stored yet will be stored, or the master ends. */
  get registry(): RegistryState {
    return this.#state;
  }

  /**
   * Reads the registry. Once, before anything else.
   *
   * @throws {RegistrarError} when it cannot be read, or not in time.
   */
  async recover(): Promise<Registry> {
    const { storage, openingMs = 0, fetchTimeoutMs, metrics } = this.#options;
    const start = performance.now();
    const variables = await this.#inTime(storage.load(), fetchTimeoutMs).catch(cause => {
      throw new RegistrarError(`Failed to recover the registry: ${messageOf(cause)}`, { cause });
    });
    metrics.timer('registrar/state_fetch_ms').record(openingMs + performance.now() - start);
    // With ten thousand agents this takes long: a master that begins to lead answers requests meanwhile.
    const slice = new Slice();
    for (const { name, value, version } of variables.values()) {
      if (slice.isOver) await slice.giveWay();
      try {
        this.#state.load(value);
      } catch (cause) {
        throw new RegistrarError(`Failed to recover the registry: variable '${name}' is damaged`, { cause });
      }
      this.#versions.set(name, version);
      this.#resized(name, value.length);
    }
    this.#recovered = true;
    return this.#state.toMessage();
  }

  /**
   * Applies an operation.
   *
   * @returns whether it changed anything; resolves when the change, and every one before it, is stored. Never settles
   *   when storing fails: the master ends then.
   * @throws {RegistryError} when the operation refuses.
   */
  async apply(operation: RegistryOperation): Promise<boolean> {
    if (this.#ended) return new Promise(() => undefined);
    const changed = operation.perform(this.#state);
    this.#options.log.debug(operation.what, { changed });
    if (!changed && this.#waiting.length === 0 && !this.#storing) return false;
    return new Promise(resolve => {
      const changes = new Map(this.#state.takeDirty().map(name => [name, this.#state.encodeVariable(name)]));
      this.#waiting.push({ changes, changed, resolve });
      this.#schedule();
    });
  }

  /** Stops: applies no further operation and ignores the results of running writes. */
  stop(): void {
    this.#ended = true;
  }

  /** Stores at the end of the turn, so that one batch of messages causes one write. */
  #schedule(): void {
    if (this.#scheduled || this.#storing) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#ended) return;
      this.#store().catch(cause => this.#fail(cause));
    });
  }

  async #store(): Promise<void> {
    const { storage, storeTimeoutMs, metrics } = this.#options;
    this.#storing = true;
    const waiting = this.#waiting.splice(0, STORE_OPERATIONS);
    const last = new Map(waiting.flatMap(({ changes }) => [...changes]));
    const batch = [...last].map(([name, value]) => ({ name, value, expectedVersion: this.#versions.get(name) ?? 0 }));
    // A variable that came and went since the last store was never there.
    const changes = batch.filter(({ value, expectedVersion }) => value !== undefined || expectedVersion > 0);
    if (changes.length > 0) {
      const versions = await metrics
        .timer('registrar/state_store_ms')
        .time(() => this.#inTime(storage.commit(changes), storeTimeoutMs));
      for (const [name, version] of versions) this.#stored(name, version);
      for (const { name, value } of changes) this.#resized(name, value?.length ?? 0);
    }
    const slice = new Slice();
    for (const { resolve, changed } of waiting) {
      resolve(changed);
      // Awaited at each step: effects run meanwhile, so that the slice includes their time.
      await slice.giveWay();
    }
    this.#storing = false;
    if (this.#waiting.length > 0) this.#schedule();
  }

  #stored(name: string, version: number): void {
    if (version === 0) this.#versions.delete(name);
    else this.#versions.set(name, version);
  }

  #resized(name: string, bytes: number): void {
    this.#bytes += bytes - (this.#sizes.get(name) ?? 0);
    if (bytes === 0) this.#sizes.delete(name);
    else this.#sizes.set(name, bytes);
  }

  #fail(cause: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.onFailure(new RegistrarError(`Failed to update the registry: ${messageOf(cause)}`, { cause }));
  }

  #inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.after(timeoutMs, () =>
        reject(new Error(`the store did not answer within ${timeoutMs / 1000} seconds`)),
      );
      work.then(resolve, reject).finally(cancel);
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
