import { checkId, type FrameworkInfo } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { Framework } from '../state/framework.ts';

/**
 * Adds a framework that this master does not know: from its agents' re-registrations, or from its own subscription
 * after a change of master. It waits for its scheduler without a limit, because the time of its disconnection is
 * unknown.
 *
 * @param info with an id.
 */
export function recoverFramework(context: MasterContext, info: FrameworkInfo): Framework {
  const framework = new Framework(checkId(info.id?.value ?? ''), info, 'recovered', {
    maxCompletedTasks: context.flags.max_completed_tasks_per_framework,
    maxUnreachableTasks: context.flags.max_unreachable_tasks_per_framework,
  });
  context.log.info('Framework recovered', { framework_id: framework.id, name: info.name });
  context.cluster.addFramework(framework);
  context.allocation.addFramework(framework);
  return framework;
}
