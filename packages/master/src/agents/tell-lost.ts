import type { AgentInfo, WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';

/** Tells frameworks and hooks that an agent is lost. Does not wait for the hooks. */
export function tellAgentLost({ cluster, hooks }: MasterContext, agentId: WireId<'agent'>, info: AgentInfo): void {
  for (const framework of cluster.frameworks.values()) {
    framework.connection?.send({ type: 'FAILURE', failure: { agent_id: { value: agentId } } });
  }
  void hooks.masterSlaveLostHook(info);
}
