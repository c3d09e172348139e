import type { AgentInfo } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { markUnreachableOperation } from '../registrar/agents.ts';
import type { Agent } from '../state/agent.ts';
import type { UnreachableAgent } from '../state/cluster.ts';
import { lostState } from '../tasks/status.ts';
import { forgetAgent } from './remove.ts';

/**
 * Marks an agent unreachable as soon as `--agent_removal_rate_limit` allows it.
 *
 * @param still called when its turn comes; false means that the agent has answered meanwhile and is kept.
 */
export function markUnreachableSoon(context: MasterContext, agent: Agent, why: string, still: () => boolean): void {
  const { metrics, agentConnections, removalLimiter, log } = context;
  if (agentConnections.transitions.has(agent.id) || removalLimiter.has(agent.id)) return;
  metrics.counter('master/slave_unreachable_scheduled').increment();
  removalLimiter.acquire(agent.id, () => {
    if (context.cluster.agents.get(agent.id) !== agent || !still()) {
      metrics.counter('master/slave_unreachable_canceled').increment();
      return;
    }
    markUnreachable(context, agent, why).catch(error =>
      log.error('Marking an agent unreachable failed', { agent_id: agent.id, error }),
    );
  });
}

/** Marks a registered agent unreachable: in the registry, then for its frameworks. */
export async function markUnreachable(context: MasterContext, agent: Agent, why: string): Promise<void> {
  await context.agentConnections.transition(agent.id, 'unreachable', async () => {
    const { cluster, metrics, log, clock } = context;
    const { hostname } = agent.info;
    log.info(`Marking agent unreachable: ${why}`, { agent_id: agent.id, pid: agent.pid, hostname });
    const nanoseconds = clock.now() * 1e6;
    await context.registrar.apply(markUnreachableOperation(agent.id, nanoseconds));
    metrics.counter('master/slave_unreachable_completed').increment();
    metrics.counter('master/slave_removals/reason_unhealthy').increment();
    cluster.unreachableAgents.set(agent.id, unreachableAgent(nanoseconds, agent.info));
    // A launch that is still on its way would arrive when its framework has heard of the task's end.
    context.messages.abandon(agent.pid);
    await forgetAgent(context, agent, {
      state: framework => lostState(framework, 'TASK_UNREACHABLE'),
      reason: 'REASON_AGENT_REMOVED',
      message: `Agent ${agent.info.hostname} is unreachable: ${why}`,
      unreachableTimeNs: nanoseconds,
    });
  });
}

/** Returns what a master remembers of an agent that is unreachable since a time, by what the agent last said of itself. */
export function unreachableAgent(nanoseconds: number, info: AgentInfo | undefined): UnreachableAgent {
  const since = { nanoseconds };
  return info ? { since, place: { hostname: info.hostname, port: info.port ?? 5051 } } : { since };
}
