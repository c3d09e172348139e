/** What is counted anew whenever metrics are read: agents, frameworks, resources, operations under way. */
import type { OfferOperationType, OperationState } from '@meseta/protocol';
import { fromThousandths, type Kind, type Resources } from '@meseta/resources';
import type { Cluster } from '../state/cluster.ts';

/** Agents or frameworks by what they are. */
interface Presence {
  active: number;
  inactive: number;
  connected: number;
  disconnected: number;
}

/** Sums of scalars, in thousandths, by kind: there are few kinds, and many agents. */
type Amounts = Map<Kind, number>;

/** Numbers of agents, frameworks and operations, and sums of resources. */
export interface Census {
  readonly agents: Presence;
  readonly frameworks: Presence;
  /** Everything agents have; in cpus, MB and so on. */
  readonly total: (name: string) => number;
  /** Held by tasks and executors. */
  readonly used: (name: string) => number;
  /** Held or offered. */
  readonly taken: (name: string) => number;
  /** Operations of this state; of one type, or of all. */
  readonly operations: (state: OperationState, type?: OfferOperationType) => number;
}

/** Counts agents, frameworks, operations and resources of the cluster. Walks all agents. */
export function takeCensus({ agents, frameworks }: Cluster): Census {
  const [total, used, taken]: [Amounts, Amounts, Amounts] = [new Map(), new Map(), new Map()];
  const operations = new Map<string, number>();
  for (const agent of agents.values()) {
    addTo(total, agent.total);
    for (const { sum: held } of agent.used.values()) {
      addTo(used, held);
      addTo(taken, held);
    }
    addTo(taken, agent.offered);
    for (const { info, latest_status } of agent.operations.values()) {
      for (const key of [latest_status.state, `${latest_status.state} ${info.type}`]) {
        operations.set(key, (operations.get(key) ?? 0) + 1);
      }
    }
  }
  const reader = (amounts: Amounts) => {
    const sums = byName(amounts);
    return (name: string) => fromThousandths(sums.get(name) ?? 0);
  };
  return {
    agents: presence(agents.values()),
    frameworks: presence(frameworks.values()),
    total: reader(total),
    used: reader(used),
    taken: reader(taken),
    operations: (state, type) => operations.get(type === undefined ? state : `${state} ${type}`) ?? 0,
  };
}

function presence(all: Iterable<{ readonly active: boolean; readonly connected: boolean }>): Presence {
  const counts = { active: 0, inactive: 0, connected: 0, disconnected: 0 };
  for (const { active, connected } of all) {
    counts[active ? 'active' : 'inactive']++;
    counts[connected ? 'connected' : 'disconnected']++;
  }
  return counts;
}

function addTo(amounts: Amounts, resources: Resources): void {
  for (const { kind, amount, count } of resources.entries) {
    if (!kind.isScalar) continue;
    amounts.set(kind, (amounts.get(kind) ?? 0) + (amount as number) * (kind.isShared ? 1 : count));
  }
}

/** Returns the sums by resource name; those that may be taken away as `<name>_revocable`. */
function byName(amounts: Amounts): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [kind, amount] of amounts) {
    const name = kind.isRevocable ? `${kind.name}_revocable` : kind.name;
    sums.set(name, (sums.get(name) ?? 0) + amount);
  }
  return sums;
}
