import { containerKey, type Isolator, type ResourceLimits } from '@meseta/containers/isolators';
import {
  ContainerConfig,
  ContainerID,
  ContainerLaunchInfo,
  ContainerLimitation,
  ContainerState,
  ContainerStatus,
  fromV0Json,
  type MessageType,
  parseJson,
  type Resource,
  ResourceStatistics,
  toV0Json,
} from '@meseta/protocol';
import { type Clock, delay } from '@meseta/system';
import { CommandError } from '../errors.ts';
import { holdLoop } from '../hold-loop.ts';
import { type CommandModule, readMessage } from './command-module.ts';
import { ContextStore } from './context-store.ts';
import type { IsolatorMethod } from './methods.ts';
import { Sequencer } from './sequencer.ts';

/** What the isolator keeps of a container from `prepare` to `cleanup`. */
interface Context {
  readonly id: ContainerID;
  /** The container's ContainerConfig as JSON, which is part of every input. Made once. */
  readonly config: string;
  /** Aborted to end the container's watch. */
  readonly ended: AbortController;
}

/** A query of a container's usage or status that is under way. */
interface Look<T = unknown> {
  readonly answer: Promise<T | undefined>;
  /** Aborted when no caller waits for it any longer, or the container ends. */
  readonly stop: AbortController;
  waiting: number;
}

/** Implements an isolator by a module's commands. */
export class CommandIsolator implements Isolator {
  readonly name: string;
  readonly supportsNesting = true;
  readonly supportsStandalone = true;
  readonly #module: CommandModule;
  readonly #store: ContextStore;
  readonly #clock: Clock;
  readonly #contexts = new Map<string, Context>();
  /** Runs the events of one container in order. Watch and usage are no events. */
  readonly #events = new Sequencer();
  /**
   * Queries of usage and status that are under way. Callers that ask meanwhile share the answer, so that queries do not
   * pile up.
   */
  readonly #looks = new Map<string, Look>();

  /** @param name as in `--isolation`. @param runtimeDirectory the agent's `--runtime_dir`. */
  constructor(name: string, module: CommandModule, runtimeDirectory: string, clock: Clock) {
    this.name = name;
    this.#module = module;
    this.#clock = clock;
    this.#store = new ContextStore(runtimeDirectory, module.configuration.name, module.log);
  }

  async recover(states: readonly ContainerState[], orphans: readonly ContainerID[]): Promise<void> {
    const known = new Set([...states.map(state => state.container_id), ...orphans].map(containerKey));
    const unknown: ContainerID[] = [];
    for (const id of await this.#store.list()) {
      await this.#reload(id);
      if (!known.has(containerKey(id)) && !hasParentIn(known, id)) unknown.push(id);
    }
    await this.#reportRecovered(states, orphans);
    // The agent was killed before it launched these containers, or they ended with it: no other code cleans up after
    // them.
    for (const id of unknown) {
      this.cleanup(id).catch(error => this.#warn('Failed to clean up after a container that is gone', id, error));
    }
  }

  prepare(id: ContainerID, config: ContainerConfig): Promise<ContainerLaunchInfo | undefined> {
    const key = containerKey(id);
    return this.#events.run(key, async () => {
      if (this.#contexts.has(key)) throw new Error('mesos-command-module already initialized for container');
      const json = JSON.stringify(toV0Json(ContainerConfig, config));
      this.#contexts.set(key, { id, config: json, ended: new AbortController() });
      await this.#store.write(id, json);
      return this.#ask('prepare', id, ContainerLaunchInfo);
    });
  }

  isolate(id: ContainerID, pid: number): Promise<void> {
    return this.#event('isolate', id, { pid });
  }

  update(id: ContainerID, resources: readonly Resource[], limits?: ResourceLimits): Promise<void> {
    const scalars = Object.entries(limits ?? {}).map(([name, value]) => [name, { value }] as const);
    const { resources: list = [], limits: map } = toV0Json(ContainerConfig, {
      directory: '',
      command_info: {},
      resources: [...resources],
      ...(limits && { limits: Object.fromEntries(scalars.filter(([, { value }]) => Number.isFinite(value))) }),
    });
    return this.#event('update', id, { ...(map !== undefined && { limits: map }), resources: list });
  }

  async watch(id: ContainerID, signal: AbortSignal): Promise<ContainerLimitation | undefined> {
    const context = this.#contexts.get(containerKey(id));
    const configured = this.#module.configuration.commands.get('watch');
    if (configured === undefined) return aborted(signal);
    if (context === undefined) throw notInitialized();
    const discarded = AbortSignal.any([signal, context.ended.signal]);
    while (!discarded.aborted) {
      const limitation = await this.#poll('watch', id, ContainerLimitation, discarded);
      if (limitation !== undefined && !discarded.aborted) return limitation;
      await holdLoop(() => delay(this.#clock, configured.frequenceMs, discarded));
    }
    return aborted(signal);
  }

  async usage(id: ContainerID, signal?: AbortSignal): Promise<ResourceStatistics> {
    const empty = { timestamp: this.#clock.now() / 1000 };
    if (!this.#module.has('usage')) return empty;
    if (!this.#contexts.has(containerKey(id))) throw notInitialized();
    return (await this.#look('usage', id, ResourceStatistics, signal)) ?? empty;
  }

  async status(id: ContainerID): Promise<ContainerStatus> {
    if (!this.#module.has('status') || !this.#contexts.has(containerKey(id))) return {};
    return (await this.#look('status', id, ContainerStatus)) ?? {};
  }

  cleanup(id: ContainerID): Promise<void> {
    const key = containerKey(id);
    this.#contexts.get(key)?.ended.abort();
    for (const method of ['usage', 'status'] as const) this.#looks.get(lookKey(method, id))?.stop.abort();
    return this.#events.run(key, async () => {
      if (!this.#contexts.has(key)) {
        this.#module.log.debug('No context of a container to clean up', { container_id: key });
        return this.#store.remove(id); // its context could not be read
      }
      try {
        await this.#module.call('cleanup', this.#input(id));
      } finally {
        this.#contexts.delete(key);
        await this.#store.remove(id);
      }
    });
  }

  async close(): Promise<void> {
    for (const { ended } of this.#contexts.values()) ended.abort();
    this.#store.close();
    await this.#module.close();
  }

  #event(method: 'isolate' | 'update', id: ContainerID, members: Record<string, unknown>): Promise<void> {
    return this.#events.run(containerKey(id), async () => {
      await this.#module.call(method, this.#input(id, members));
    });
  }

  async #look<T>(
    method: 'usage' | 'status',
    id: ContainerID,
    type: MessageType<T>,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    const key = lookKey(method, id);
    const look = (this.#looks.get(key) as Look<T> | undefined) ?? this.#startLook(method, id, type);
    this.#looks.set(key, look);
    look.waiting++;
    try {
      return await (signal ? Promise.race([look.answer, aborted(signal)]) : look.answer);
    } finally {
      if (--look.waiting === 0) {
        this.#looks.delete(key);
        if (signal?.aborted) look.stop.abort();
      }
    }
  }

  #startLook<T>(method: 'usage' | 'status', id: ContainerID, type: MessageType<T>): Look<T> {
    const stop = new AbortController();
    return { answer: this.#poll(method, id, type, stop.signal), stop, waiting: 0 };
  }

  /** Queries once. A failure is only logged: the query is repeated later. */
  async #poll<T>(
    method: 'watch' | 'usage' | 'status',
    id: ContainerID,
    type: MessageType<T>,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    try {
      return await this.#ask(method, id, type, signal);
    } catch (error) {
      if (!signal?.aborted) this.#warn(`Command of ${method} failed`, id, error);
      return undefined;
    }
  }

  /** @throws {CommandError} */
  async #ask<T>(
    method: IsolatorMethod,
    id: ContainerID,
    type: MessageType<T>,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    try {
      const answer = await this.#module.call(method, this.#input(id), signal);
      return answer && readMessage(type, answer);
    } catch (cause) {
      if (!(cause instanceof CommandError) || cause.code !== 'COMMAND_OUTPUT') throw cause;
      throw new CommandError(cause.code, `Unable to deserialize ${type.name}: ${cause.message}`, { cause });
    }
  }

  /** Formats an input. `members` follow those that every input has. */
  #input(id: ContainerID, members: Readonly<Record<string, unknown>> = {}): string {
    const config = this.#contexts.get(containerKey(id))?.config;
    const all = [
      ...(config === undefined ? [] : [`"container_config":${config}`]),
      `"container_id":${JSON.stringify(toV0Json(ContainerID, id))}`,
      ...Object.entries(members).map(([name, value]) => `"${name}":${JSON.stringify(value)}`),
    ];
    return `{${all.join(',')}}`;
  }

  async #reload(id: ContainerID): Promise<void> {
    try {
      const json = await this.#store.read(id);
      fromV0Json(ContainerConfig, parseJson(json)); // written by mesos-command-modules or by Meseta
      this.#contexts.set(containerKey(id), { id, config: json, ended: new AbortController() });
    } catch (error) {
      this.#module.log.error('Cannot restore the context of a container', { container_id: containerKey(id), error });
    }
  }

  async #reportRecovered(states: readonly ContainerState[], orphans: readonly ContainerID[]): Promise<void> {
    const input = {
      container_states: states.map(state => toV0Json(ContainerState, state)),
      orphans: orphans.map(id => toV0Json(ContainerID, id)),
    };
    try {
      await this.#module.call('recover', JSON.stringify(input));
    } catch (error) {
      this.#module.log.warning('Command of recover failed', { error });
    }
  }

  #warn(message: string, id: ContainerID, error: unknown): void {
    this.#module.log.warning(message, { container_id: containerKey(id), error });
  }
}

const lookKey = (method: 'usage' | 'status', id: ContainerID) => `${method} ${containerKey(id)}`;

const notInitialized = () => new Error('mesos-command-module is not initialized for current container');

/** Resolves when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise(resolve => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function hasParentIn(known: ReadonlySet<string>, { parent }: ContainerID): boolean {
  return parent !== undefined && (known.has(containerKey(parent)) || hasParentIn(known, parent));
}
