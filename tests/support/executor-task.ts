import path from 'node:path';
import type { ExecutorInfo, TaskInfo } from '@meseta/protocol';
import type { Framework } from './framework.ts';

/**
 * Returns a task with an executor of its own, of the same id.
 *
 * @param program a file for Node.js, by its path from `tests/support`.
 * @param variables before it on its command line.
 */
export function executorTask(framework: Framework, id: string, program: string, variables = ''): Partial<TaskInfo> {
  const file = path.join(import.meta.dirname, program);
  const executor: ExecutorInfo = {
    ...{ type: 'CUSTOM', executor_id: { value: id }, framework_id: framework.info.id ?? { value: '' } },
    command: { value: `${variables} exec '${process.execPath}' --disable-warning=ExperimentalWarning '${file}'` },
  };
  return { task_id: { value: id }, executor };
}

/** Leaves what a framework is offered to others, for good. */
export async function leaveOffers(framework: Framework): Promise<void> {
  const offer_ids = [...framework.offers.values()].map(({ id }) => id);
  framework.offers.clear();
  if (offer_ids.length > 0)
    await framework.call({ type: 'DECLINE', decline: { offer_ids, filters: { refuse_seconds: 3600 } } });
}
