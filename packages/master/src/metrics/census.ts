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
  /** In offers that frameworks have not answered. */
  readonly offered: (name: string) => number;
  /** Held or offered. */
  readonly taken: (name: string) => number;
  /** Reserved for a role, whether used or not. */
  readonly reserved: (name: string) => number;
  /** Operations of this state; of one type, or of all. */
  readonly operations: (state: OperationState, type?: OfferOperationType) => number;
}

/** The agents of a step. */
const agentsPerStep = 32;

/**
 * Counts agents, frameworks, operations and resources of the cluster. Walks all agents, some at a step: those that leave
 * meanwhile count where their turn came before, those that come do not, and none counts twice.
 */
export function* takeCensus({ agents, frameworks }: Cluster): Generator<void, Census> {
  const nothing = (): Amounts => new Map();
  const [total, used, offered] = [nothing(), nothing(), nothing()];
  const [taken, reserved] = [nothing(), nothing()];
  const operations = new Map<string, number>();
  const presenceOfAgents = noPresence();
  for (const [index, agent] of [...agents.values()].entries()) {
    if (index > 0 && index % agentsPerStep === 0) yield;
    if (agents.get(agent.id) !== agent) continue;
    countPresence(presenceOfAgents, agent);
    addTo(total, agent.total);
    addTo(reserved, agent.total, ({ isReserved }) => isReserved);
    for (const { sum: held } of agent.used.values()) {
      addTo(used, held);
      addTo(taken, held);
    }
    const inOffers = agent.offered;
    addTo(offered, inOffers);
    addTo(taken, inOffers);
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
    agents: presenceOfAgents,
    frameworks: frameworks.values().reduce(countPresence, noPresence()),
    total: reader(total),
    used: reader(used),
    offered: reader(offered),
    taken: reader(taken),
    reserved: reader(reserved),
    operations: (state, type) => operations.get(type === undefined ? state : `${state} ${type}`) ?? 0,
  };
}

const noPresence = (): Presence => ({ active: 0, inactive: 0, connected: 0, disconnected: 0 });

function countPresence(
  counts: Presence,
  { active, connected }: { readonly active: boolean; readonly connected: boolean },
): Presence {
  counts[active ? 'active' : 'inactive']++;
  counts[connected ? 'connected' : 'disconnected']++;
  return counts;
}

function addTo(amounts: Amounts, resources: Resources, counts: (kind: Kind) => boolean = () => true): void {
  for (const { kind, amount, count } of resources.entries) {
    if (!kind.isScalar || !counts(kind)) continue;
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
