import type { WireId } from '@meseta/protocol';
import type { MasterContext } from './context.ts';
import type { Agent } from './state/agent.ts';
import type { Framework } from './state/framework.ts';

/** Forgets an executor that is gone and frees what it held. */
export function removeExecutor(
  context: MasterContext,
  framework: Framework,
  agent: Agent,
  executorId: WireId<'executor'>,
): void {
  const freed = context.cluster.removeExecutor(executorId, framework, agent);
  if (!freed.isEmpty) context.allocation.recover(framework.id, agent.id, freed);
}
