/** Which executors a view of the master has, and what filters the view of a whole cluster. */
import { type Filters, shown } from '@meseta/daemon';
import type { ExecutorInfo, WireId } from '@meseta/protocol';
import type { Framework } from '../state/framework.ts';

/** What filters a view of the whole cluster. */
export type ClusterFilters = Filters<'VIEW_FRAMEWORK' | 'VIEW_TASK' | 'VIEW_EXECUTOR' | 'VIEW_ROLE'>;

/** Those of a framework's executors that may be seen, with the agents they are on. */
export function* seenExecutors(
  { executors, info }: Framework,
  see: Filters<'VIEW_EXECUTOR'>,
): Generator<{ readonly executor: ExecutorInfo; readonly agentId: WireId<'agent'> }> {
  for (const [agentId, byId] of executors) {
    const seen = shown(byId.values(), see.VIEW_EXECUTOR, executor_info => ({ executor_info, framework_info: info }));
    for (const executor of seen) yield { executor, agentId };
  }
}
