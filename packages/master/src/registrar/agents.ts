/** Registry operations on agents. */
import { isDeepStrictEqual } from 'node:util';
import type { AgentInfo, DrainConfig, RegistrySlave } from '@meseta/protocol';
import { RegistryError, type RegistryOperation } from './operation.ts';
import type { RegistryState } from './registry-state.ts';

/** A new agent. */
export class AdmitAgent implements RegistryOperation {
  readonly what: string;
  readonly #info: AgentInfo;
  readonly #id: string;
  constructor(id: string, info: AgentInfo) {
    this.#id = id;
    this.#info = info;
    this.what = `Admit agent ${id}`;
  }
  perform(registry: RegistryState): boolean {
    const { agents, unreachable, gone } = registry;
    if ([agents, unreachable, gone].some(each => each.has(this.#id))) {
      throw new RegistryError(`Agent ${this.#id} is known already`);
    }
    registry.agents.set(this.#id, { info: this.#info });
    return true;
  }
}

/** An agent that is back, from wherever: admitted (perhaps with another info), unreachable, or forgotten. */
export class ReadmitAgent implements RegistryOperation {
  readonly what: string;
  readonly #info: AgentInfo;
  readonly #id: string;
  constructor(id: string, info: AgentInfo) {
    this.#id = id;
    this.#info = info;
    this.what = `Readmit agent ${id}`;
  }
  perform(registry: RegistryState): boolean {
    const id = this.#id;
    if (registry.gone.has(id)) throw new RegistryError(`Agent ${id} is gone`);
    const admitted = registry.agents.get(id);
    if (admitted && isDeepStrictEqual(admitted.info, this.#info)) return false;
    const before = admitted ?? registry.unreachable.get(id);
    registry.unreachable.delete(id);
    registry.agents.set(id, {
      info: this.#info,
      ...(before?.drain_info && { drain_info: before.drain_info }),
      ...(before?.deactivated !== undefined && { deactivated: before.deactivated }),
    });
    return true;
  }
}

/** An agent that is silent or did not come back. */
export class MarkUnreachable implements RegistryOperation {
  readonly what: string;
  readonly #id: string;
  readonly #nanoseconds: number;
  constructor(id: string, nanoseconds: number) {
    this.#id = id;
    this.#nanoseconds = nanoseconds;
    this.what = `Mark agent ${id} unreachable`;
  }
  perform(registry: RegistryState): boolean {
    const agent = registry.agents.get(this.#id);
    if (!agent) throw new RegistryError(`Agent ${this.#id} is not admitted`);
    const { info: _, ...kept } = agent;
    registry.agents.delete(this.#id);
    registry.unreachable.set(this.#id, {
      id: { value: this.#id },
      timestamp: { nanoseconds: this.#nanoseconds },
      ...kept,
    });
    return true;
  }
}

/** An agent that must never come back. */
export class MarkGone implements RegistryOperation {
  readonly what: string;
  readonly #id: string;
  readonly #nanoseconds: number;
  constructor(id: string, nanoseconds: number) {
    this.#id = id;
    this.#nanoseconds = nanoseconds;
    this.what = `Mark agent ${id} gone`;
  }
  perform(registry: RegistryState): boolean {
    if (registry.gone.has(this.#id)) return false;
    if (!registry.agents.has(this.#id) && !registry.unreachable.has(this.#id)) {
      throw new RegistryError(`Agent ${this.#id} is not known`);
    }
    registry.agents.delete(this.#id);
    registry.unreachable.delete(this.#id);
    registry.gone.set(this.#id, { id: { value: this.#id }, timestamp: { nanoseconds: this.#nanoseconds } });
    return true;
  }
}

/** An agent that left by itself. */
export class RemoveAgent implements RegistryOperation {
  readonly what: string;
  readonly #id: string;
  constructor(id: string) {
    this.#id = id;
    this.what = `Remove agent ${id}`;
  }
  perform(registry: RegistryState): boolean {
    return registry.agents.delete(this.#id);
  }
}

/** Forgets agents that are unreachable or gone for long. */
export class PruneAgents implements RegistryOperation {
  readonly what = 'Prune unreachable and gone agents';
  readonly #unreachable: readonly string[];
  readonly #gone: readonly string[];
  constructor(unreachable: readonly string[], gone: readonly string[]) {
    this.#unreachable = unreachable;
    this.#gone = gone;
  }
  perform(registry: RegistryState): boolean {
    // Both, not the first that changed something.
    const pruned = [
      ...this.#unreachable.map(id => registry.unreachable.delete(id)),
      ...this.#gone.map(id => registry.gone.delete(id)),
    ];
    return pruned.includes(true);
  }
}

/** Changes what the registry keeps of an agent's draining, be it admitted or unreachable. */
class UpdateDraining implements RegistryOperation {
  readonly what: string;
  readonly #id: string;
  readonly #change: (agent: Draining) => Draining | undefined;
  constructor(what: string, id: string, change: (agent: Draining) => Draining | undefined) {
    this.what = `${what} ${id}`;
    this.#id = id;
    this.#change = change;
  }
  perform(registry: RegistryState): boolean {
    const { agents, unreachable } = registry;
    const admitted = agents.get(this.#id);
    const lost = unreachable.get(this.#id);
    const agent = admitted ?? lost;
    if (!agent) throw new RegistryError(`Agent ${this.#id} is not known`);
    const changed = this.#change(agent);
    if (!changed) return false;
    if (admitted) agents.set(this.#id, { ...withoutDraining(admitted), ...changed });
    else if (lost) unreachable.set(this.#id, { ...withoutDraining(lost), ...changed });
    return true;
  }
}

function withoutDraining<T extends Draining>({ drain_info: _, deactivated: __, ...rest }: T): Omit<T, keyof Draining> {
  return rest;
}

type Draining = Pick<RegistrySlave, 'drain_info' | 'deactivated'>;

/** An operator drains an agent: no more offers of it, and its tasks are killed. */
export function drainAgentOperation(id: string, config: DrainConfig): RegistryOperation {
  return new UpdateDraining('Drain agent', id, () => ({
    drain_info: { state: 'DRAINING', config },
    deactivated: true,
  }));
}

/** A draining agent has no tasks left. */
export function agentDrainedOperation(id: string): RegistryOperation {
  return new UpdateDraining('Mark drained agent', id, ({ drain_info, deactivated }) =>
    drain_info?.state === 'DRAINING'
      ? { drain_info: { ...drain_info, state: 'DRAINED' }, ...(deactivated !== undefined && { deactivated }) }
      : undefined,
  );
}

/** An operator takes an agent out of all offers. */
export function deactivateAgentOperation(id: string): RegistryOperation {
  return new UpdateDraining('Deactivate agent', id, ({ drain_info, deactivated }) =>
    deactivated ? undefined : { ...(drain_info && { drain_info }), deactivated: true },
  );
}

/** An operator takes an agent in again, drained or not. */
export function reactivateAgentOperation(id: string): RegistryOperation {
  return new UpdateDraining('Reactivate agent', id, ({ drain_info, deactivated }) =>
    drain_info || deactivated ? {} : undefined,
  );
}
