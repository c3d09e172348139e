/** Makes the classic views of frameworks. */
import { type Filters, labelsView, listed, seesTask, taskView } from '@meseta/daemon';
import type { Task } from '@meseta/protocol';
import { resourcesView } from '@meseta/resources';
import type { Framework } from '../state/framework.ts';
import type { Offer } from '../state/offer.ts';
import { executorView } from './executor.ts';
import { seenExecutors } from './see.ts';
import { finite, seconds } from './values.ts';

/**
 * Makes the view of a framework without its tasks and executors, for `/state-summary`.
 *
 * @see Mesos src/master/readonly_handler.cpp, json(Summary<Framework>)
 */
export function frameworkSummary(framework: Framework): Record<string, unknown> {
  const { info } = framework;
  return {
    id: framework.id,
    name: info.name,
    pid: framework.pid,
    used_resources: resourcesView(framework.used),
    offered_resources: resourcesView(framework.offered),
    capabilities: (info.capabilities ?? []).map(({ type }) => type ?? 'UNKNOWN'),
    hostname: info.hostname ?? '',
    webui_url: info.webui_url ?? '',
    active: framework.active,
    connected: framework.connected,
    recovered: framework.recovered,
  };
}

/** Makes the view of a framework with its present and past tasks and executors, for `/state` and `/frameworks`. */
export function frameworkView(framework: Framework, see: Filters<'VIEW_TASK' | 'VIEW_EXECUTOR'>): object {
  const { info, registeredAt = 0, reregisteredAt, unregisteredAt = 0, used, offered } = framework;
  const tasks = (all: Iterable<Task>) => listed(all, taskView, seesTask(framework, see));
  return {
    ...frameworkSummary(framework),
    user: info.user,
    failover_timeout: finite(info.failover_timeout),
    checkpoint: info.checkpoint ?? false,
    registered_time: seconds(registeredAt),
    unregistered_time: seconds(unregisteredAt),
    principal: info.principal,
    resources: resourcesView(used.add(offered)),
    reregistered_time:
      reregisteredAt === undefined || reregisteredAt === registeredAt ? undefined : seconds(reregisteredAt),
    ...(framework.has('MULTI_ROLE') ? { roles: info.roles ?? [] } : { role: info.role ?? '*' }),
    tasks: tasks(framework.tasks.values()),
    unreachable_tasks: tasks(framework.unreachableTasks),
    completed_tasks: tasks(framework.completedTasks),
    offers: listed(framework.offers.values(), offerView),
    executors: listed(seenExecutors(framework, see), ({ executor, agentId }) => executorView(executor, agentId)),
    labels: labelsView(info.labels),
    offer_constraints: framework.offerConstraints ?? {},
  };
}

function offerView({ id, frameworkId, agentId, role, resources }: Offer): object {
  return {
    id,
    framework_id: frameworkId,
    allocation_info: { role },
    slave_id: agentId,
    resources: resourcesView(resources),
  };
}
