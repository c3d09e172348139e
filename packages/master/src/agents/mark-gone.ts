import { checkId, type WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { markGoneOperation } from '../registrar/agents.ts';
import { lostState } from '../tasks/status.ts';
import { type AgentOutcome, markGoneRefusal } from './refusals.ts';
import { forgetAgent, shutDownAgent } from './remove.ts';

/**
 * Marks an agent gone for good, in any state: it is asked to end, and can never register again.
 *
 * @see Mesos src/master/http.cpp, Master::Http::_markAgentGone
 */
export async function markAgentGone(context: MasterContext, agentId: WireId<'agent'>): Promise<AgentOutcome> {
  const { cluster, agentConnections, registrar, clock, metrics, log } = context;
  if (cluster.goneAgents.has(agentId)) return 'done';
  const refusal = markGoneRefusal(context, agentId);
  if (refusal !== undefined) return refusal;
  const id = checkId(agentId);
  const outcome = await agentConnections.transition(id, 'gone', async (): Promise<AgentOutcome> => {
    log.info('Marking agent gone', { agent_id: agentId });
    const nanoseconds = clock.now() * 1e6;
    await registrar.apply(markGoneOperation(id, nanoseconds));
    const agent = cluster.agents.get(agentId);
    cluster.goneAgents.set(id, { nanoseconds });
    cluster.recoveredAgents.delete(agentId);
    cluster.unreachableAgents.delete(agentId);
    if (!agent) return 'done';
    metrics.counter('master/slave_removals/reason_gone').increment();
    shutDownAgent(context, agent.pid, 'Agent has been marked gone');
    await forgetAgent(context, agent, {
      state: framework => lostState(framework, 'TASK_GONE_BY_OPERATOR'),
      reason: 'REASON_AGENT_REMOVED_BY_OPERATOR',
      message: `Agent ${agent.info.hostname} has been marked gone`,
    });
    return 'done';
  });
  return outcome ?? 'busy';
}
