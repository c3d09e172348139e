/** What a master knows of agents from the registry, before and until they come back. */

import type { AgentId } from '@meseta/protocol';
import { every } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import { markUnreachableOperation, pruneAgentsOperation } from '../registrar/agents.ts';
import type { RegistryMap } from '../registrar/registry-state.ts';
import { unreachableAgent } from './mark-unreachable.ts';
import { tellAgentLost } from './tell-lost.ts';

/** A master that would have to give up too many agents at once: an operator should look first. */
export class RecoveryLimitError extends Error {
  override readonly name = 'RecoveryLimitError';
  readonly code = 'RECOVERY_AGENT_REMOVAL_LIMIT';
}

/** Takes the agents of the recovered registry into the cluster. They have `--agent_reregister_timeout` to come back. */
export function recoverAgents(context: MasterContext): () => void {
  const { cluster, registrar, clock, flags, log } = context;
  const { agents, unreachable, gone } = registrar.registry;
  for (const [id, { info }] of agents.entries()) cluster.recoveredAgents.set(id, info);
  for (const [id, { timestamp }] of unreachable.entries()) cluster.unreachableAgents.set(id, { since: timestamp });
  for (const [id, { timestamp }] of gone.entries()) cluster.goneAgents.set(id, timestamp);
  log.info('Recovered the registry', { agents: agents.size, unreachable: unreachable.size, gone: gone.size });
  const known = agents.size;
  if (known === 0) return () => undefined;
  return clock.after(flags.agent_reregister_timeout, () => giveUpMissing(context, known));
}

/**
 * Marks the agents unreachable that did not come back, unless they are too many.
 *
 * @param known how many agents the registry had at the change of master: those that came since do not count.
 * @see Mesos src/master/master.cpp, Master::recoveredSlavesTimeout
 */
function giveUpMissing(context: MasterContext, known: number): void {
  const { cluster, flags, log } = context;
  const missing = cluster.recoveredAgents.size;
  const share = missing / known;
  if (share > flags.recovery_agent_removal_limit) {
    const percent = (share * 100).toFixed(1);
    context.abort(
      new RecoveryLimitError(
        `${missing} agents (${percent}%) did not come back in time, more than --recovery_agent_removal_limit allows; ` +
          'see to them, or raise the limit',
      ),
    );
    return;
  }
  if (missing > 0) log.warning('Agents did not come back after the change of master', { agents: missing });
  for (const id of [...cluster.recoveredAgents.keys()]) {
    context.removalLimiter.acquire(id, () => {
      if (!cluster.recoveredAgents.has(id)) return;
      giveUp(context, id).catch(error => log.error('Marking an agent unreachable failed', { agent_id: id, error }));
    });
  }
}

async function giveUp(context: MasterContext, id: AgentId): Promise<void> {
  await context.agentConnections.transition(id, 'unreachable', async () => {
    const { cluster, registrar, metrics, clock, log } = context;
    const nanoseconds = clock.now() * 1e6;
    const info = cluster.recoveredAgents.get(id);
    log.info('Marking agent unreachable: it did not come back', { agent_id: id, hostname: info?.hostname });
    await registrar.apply(markUnreachableOperation(id, nanoseconds));
    cluster.recoveredAgents.delete(id);
    cluster.unreachableAgents.set(id, unreachableAgent(nanoseconds, info));
    metrics.counter('master/recovery_slave_removals').increment();
    metrics.counter('master/slave_removals').increment();
    if (info) tellAgentLost(context, id, info);
  });
}

/** Forgets, each `--registry_gc_interval`, agents that are unreachable or gone for too long, or too many. */
export function pruneRegularly(context: MasterContext): () => void {
  return every(context.clock, context.flags.registry_gc_interval, () => {
    prune(context).catch(error => context.log.error('Pruning the registry failed', { error }));
  });
}

async function prune({ registrar, cluster, flags, clock }: MasterContext): Promise<void> {
  const { unreachable, gone } = registrar.registry;
  const before = (clock.now() - flags.registry_max_agent_age) * 1e6;
  const lost = overdue(unreachable, before, flags.registry_max_agent_count);
  const left = overdue(gone, before, flags.registry_max_agent_count);
  if (lost.length === 0 && left.length === 0) return;
  await registrar.apply(pruneAgentsOperation(lost, left));
  for (const id of lost) if (!unreachable.has(id)) cluster.unreachableAgents.delete(id);
  for (const id of left) if (!gone.has(id)) cluster.goneAgents.delete(id);
}

/** The oldest come first in a registry map, save after a restart, when they come by name. */
function overdue(
  agents: RegistryMap<{ timestamp: { nanoseconds: number } }>,
  before: number,
  limit: number,
): AgentId[] {
  const byAge = [...agents.entries()].sort(([, a], [, b]) => a.timestamp.nanoseconds - b.timestamp.nanoseconds);
  const excess = byAge.length - limit;
  return byAge.filter(([, { timestamp }], index) => index < excess || timestamp.nanoseconds < before).map(([id]) => id);
}
