/** Makes the messages of agents for subscribers that follow agents: with what executors hold, of which no event tells. */
import type { Filters } from '@meseta/daemon';
import type { MasterResponseGetAgentsAgent, MasterResponseGetAgentsAgentExecutorUse } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { Agent } from '../state/agent.ts';
import type { Cluster } from '../state/cluster.ts';
import { endpointResources } from './agent.ts';
import { agentMessage } from './messages.ts';
import { type ClusterFilters, seesExecutor } from './see.ts';

/** Makes the message of an agent, with the sum of what the executors of each framework hold there without their tasks. */
export function followedAgentMessage(
  agent: Agent,
  see: ClusterFilters,
  cluster: Cluster,
): MasterResponseGetAgentsAgent {
  const executor_use = executorUse(agent, see, cluster);
  return { ...agentMessage(agent, see), ...(executor_use.length > 0 && { executor_use }) };
}

/** Sums up the executors that may be seen, as views of executors do; those that hold nothing are left out. */
function executorUse(
  { executors }: Agent,
  see: Filters<'VIEW_FRAMEWORK' | 'VIEW_EXECUTOR' | 'VIEW_ROLE'>,
  cluster: Cluster,
): MasterResponseGetAgentsAgentExecutorUse[] {
  return [...executors].flatMap(([frameworkId, byId]) => {
    const framework = cluster.frameworkWithTasks(frameworkId);
    if (framework === undefined) return [];
    const seen = byId.values().filter(executor => seesExecutor(executor, framework, see));
    const held = Resources.sum([...seen].map(({ resources }) => Resources.of(resources)));
    return held.isEmpty ? [] : [{ framework_id: { value: frameworkId }, resources: endpointResources(held, see) }];
  });
}
