/** Registry operations on agents. */
import { isDeepStrictEqual } from 'node:util';
import type { AgentId, AgentInfo, DrainConfig, RegistrySlave } from '@meseta/protocol';
import { RegistryError, type RegistryOperation } from './operation.ts';

/** Admits a new agent. */
export function admitAgentOperation(id: AgentId, info: AgentInfo): RegistryOperation {
  return {
    what: `Admit agent ${id}`,
    perform({ agents, unreachable, gone }) {
      if ([agents, unreachable, gone].some(each => each.has(id))) {
        throw new RegistryError(`Agent ${id} is known already`);
      }
      agents.set(id, { info });
      return true;
    },
  };
}

/**
 * Readmits an agent that is back, whatever it was before: admitted (perhaps with another info), unreachable, or
 * forgotten.
 */
export function readmitAgentOperation(id: AgentId, info: AgentInfo): RegistryOperation {
  return {
    what: `Readmit agent ${id}`,
    perform({ agents, unreachable, gone }) {
      if (gone.has(id)) throw new RegistryError(`Agent ${id} is gone`);
      const admitted = agents.get(id);
      if (admitted && isDeepStrictEqual(admitted.info, info)) return false;
      const before = admitted ?? unreachable.get(id);
      unreachable.delete(id);
      agents.set(id, {
        info,
        ...(before?.drain_info && { drain_info: before.drain_info }),
        ...(before?.deactivated !== undefined && { deactivated: before.deactivated }),
      });
      return true;
    },
  };
}

/** Marks an agent unreachable that is silent or did not come back. */
export function markUnreachableOperation(id: AgentId, nanoseconds: number): RegistryOperation {
  return {
    what: `Mark agent ${id} unreachable`,
    perform({ agents, unreachable }) {
      const agent = agents.get(id);
      if (!agent) throw new RegistryError(`Agent ${id} is not admitted`);
      const { info: _, ...kept } = agent;
      agents.delete(id);
      unreachable.set(id, { id: { value: id }, timestamp: { nanoseconds }, ...kept });
      return true;
    },
  };
}

/** Marks an agent gone: it must never come back. */
export function markGoneOperation(id: AgentId, nanoseconds: number): RegistryOperation {
  return {
    what: `Mark agent ${id} gone`,
    perform({ agents, unreachable, gone }) {
      if (gone.has(id)) return false;
      if (!agents.has(id) && !unreachable.has(id)) throw new RegistryError(`Agent ${id} is not known`);
      agents.delete(id);
      unreachable.delete(id);
      gone.set(id, { id: { value: id }, timestamp: { nanoseconds } });
      return true;
    },
  };
}

/** Removes an agent that left by itself. */
export function removeAgentOperation(id: AgentId): RegistryOperation {
  return { what: `Remove agent ${id}`, perform: ({ agents }) => agents.delete(id) };
}

/** Forgets agents that are unreachable or gone for long. */
export function pruneAgentsOperation(unreachable: readonly AgentId[], gone: readonly AgentId[]): RegistryOperation {
  return {
    what: 'Prune unreachable and gone agents',
    perform(registry) {
      // Both, not the first that changed something.
      const pruned = [
        ...unreachable.map(id => registry.unreachable.delete(id)),
        ...gone.map(id => registry.gone.delete(id)),
      ];
      return pruned.includes(true);
    },
  };
}

/** Changes what the registry keeps of an agent's draining, be it admitted or unreachable. */
function updateDraining(
  what: string,
  id: AgentId,
  change: (agent: Draining) => Draining | undefined,
): RegistryOperation {
  return {
    what: `${what} ${id}`,
    perform({ agents, unreachable }) {
      const admitted = agents.get(id);
      const lost = unreachable.get(id);
      const agent = admitted ?? lost;
      if (!agent) throw new RegistryError(`Agent ${id} is not known`);
      const changed = change(agent);
      if (!changed) return false;
      if (admitted) agents.set(id, { ...withoutDraining(admitted), ...changed });
      else if (lost) unreachable.set(id, { ...withoutDraining(lost), ...changed });
      return true;
    },
  };
}

function withoutDraining<T extends Draining>({ drain_info: _, deactivated: __, ...rest }: T): Omit<T, keyof Draining> {
  return rest;
}

type Draining = Pick<RegistrySlave, 'drain_info' | 'deactivated'>;

/** Records that an operator drains an agent: it is in no more offers, and its tasks are killed. */
export function drainAgentOperation(id: AgentId, config: DrainConfig): RegistryOperation {
  return updateDraining('Drain agent', id, () => ({
    drain_info: { state: 'DRAINING', config },
    deactivated: true,
  }));
}

/** Records that a draining agent has no tasks left. */
export function agentDrainedOperation(id: AgentId): RegistryOperation {
  return updateDraining('Mark drained agent', id, ({ drain_info, deactivated }) =>
    drain_info?.state === 'DRAINING'
      ? { drain_info: { ...drain_info, state: 'DRAINED' }, ...(deactivated !== undefined && { deactivated }) }
      : undefined,
  );
}

/** Records that an operator takes an agent out of all offers. */
export function deactivateAgentOperation(id: AgentId): RegistryOperation {
  return updateDraining('Deactivate agent', id, ({ drain_info, deactivated }) =>
    deactivated ? undefined : { ...(drain_info && { drain_info }), deactivated: true },
  );
}

/** Records that an operator reactivates an agent, drained or not. */
export function reactivateAgentOperation(id: AgentId): RegistryOperation {
  return updateDraining('Reactivate agent', id, ({ drain_info, deactivated }) =>
    drain_info || deactivated ? {} : undefined,
  );
}
