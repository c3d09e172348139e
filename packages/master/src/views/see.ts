/** What a principal may see of the cluster. */
import { type Filters, shown } from '@meseta/daemon';
import type { ExecutorInfo, WireId } from '@meseta/protocol';
import type { Framework } from '../state/framework.ts';

/** The filters of a view of the whole cluster. */
export type ClusterFilters = Filters<'VIEW_FRAMEWORK' | 'VIEW_TASK' | 'VIEW_EXECUTOR' | 'VIEW_ROLE'>;

/** Whether an executor of a framework may be seen. */
export function seesExecutor(
  executor_info: ExecutorInfo,
  { info: framework_info }: Framework,
  { VIEW_FRAMEWORK, VIEW_EXECUTOR }: Filters<'VIEW_FRAMEWORK' | 'VIEW_EXECUTOR'>,
): boolean {
  return VIEW_FRAMEWORK?.({ framework_info }) !== false && VIEW_EXECUTOR?.({ executor_info, framework_info }) !== false;
}

/** Returns the executors of a framework that may be seen, with the agents they are on. */
export function* seenExecutors(
  { executors, info }: Framework,
  see: Filters<'VIEW_EXECUTOR'>,
): Generator<{ readonly executor: ExecutorInfo; readonly agentId: WireId<'agent'> }> {
  for (const [agentId, byId] of executors) {
    const seen = shown(byId.values(), see.VIEW_EXECUTOR, executor_info => ({ executor_info, framework_info: info }));
    for (const executor of seen) yield { executor, agentId };
  }
}
