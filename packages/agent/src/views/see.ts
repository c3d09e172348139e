/** Which executors a view of the agent has, and what filters the view of a whole agent. */
import { type Filters, shown } from '@meseta/daemon';
import type { FrameworkInfo } from '@meseta/protocol';
import type { Executor } from '../state/executor.ts';

/** What filters a view of the whole agent. */
export type AgentFilters = Filters<'VIEW_FRAMEWORK' | 'VIEW_TASK' | 'VIEW_EXECUTOR' | 'VIEW_ROLE'>;

/** Returns those of a framework's executors that the principal may see. */
export function seenExecutors(
  executors: Iterable<Executor>,
  { info }: { readonly info: FrameworkInfo },
  see: Filters<'VIEW_EXECUTOR'>,
): Iterable<Executor> {
  return shown(executors, see.VIEW_EXECUTOR, executor => ({ executor_info: executor.info, framework_info: info }));
}
