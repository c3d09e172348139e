/** Frameworks in the classic views. */
import { labelsView, listed, taskView } from '@meseta/daemon';
import { resourcesView } from '@meseta/resources';
import type { Framework } from '../state/framework.ts';
import type { Offer } from '../state/offer.ts';
import { executorView } from './executor.ts';
import { finite, seconds } from './values.ts';

/**
 * A framework without what it runs, as `/state-summary` shows it.
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

/** A framework with all it runs and ran, as `/state` and `/frameworks` show it. */
export function frameworkView(framework: Framework): object {
  const { info, registeredAt = 0, reregisteredAt, unregisteredAt = 0, used, offered } = framework;
  const executors = [...framework.executors].flatMap(([agentId, byId]) =>
    [...byId.values()].map(executor => ({ executor, agentId })),
  );
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
    tasks: listed(framework.tasks.values(), taskView),
    unreachable_tasks: listed(framework.unreachableTasks, taskView),
    completed_tasks: listed(framework.completedTasks, taskView),
    offers: listed(framework.offers.values(), offerView),
    executors: listed(executors, ({ executor, agentId }) => executorView(executor, agentId)),
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
