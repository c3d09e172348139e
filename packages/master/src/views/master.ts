/** Makes the classic views of the whole cluster: `/state`, `/slaves`, `/frameworks`. */

import { type Filters, listed, seenFrameworks, whole } from '@meseta/daemon';
import type { WireId } from '@meseta/protocol';
import { versionInfo } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import { agentView, fullAgentView, recoveredAgentView } from './agent.ts';
import { frameworkView } from './framework.ts';
import type { ClusterFilters } from './see.ts';
import { seconds } from './values.ts';

/**
 * Makes `/state`: everything the master knows.
 *
 * @see Mesos src/master/readonly_handler.cpp, Master::ReadOnlyHandler::state
 */
export function stateView(context: MasterContext, see: ClusterFilters & Filters<'VIEW_FLAGS'>): object {
  const { cluster, info, startedAt, electedAt } = context;
  const agents = [...cluster.agents.values()];
  const active = agents.filter(agent => agent.active).length;
  const capabilities = (info.capabilities ?? []).map(({ type }) => type);
  const { version, meseta_version, git_sha, build_date, build_time, build_user } = versionInfo();
  const { pid, hostname, port, domain } = info;
  return {
    version,
    meseta_version,
    git_sha,
    build_date,
    build_time,
    build_user,
    start_time: seconds(startedAt),
    elected_time: seconds(electedAt),
    id: context.id,
    pid,
    hostname,
    capabilities,
    activated_slaves: active,
    deactivated_slaves: agents.length - active,
    unreachable_slaves: cluster.unreachableAgents.size,
    domain,
    leader: pid,
    leader_info: { id: context.id, pid, port, hostname, domain },
    ...(see.VIEW_FLAGS?.(whole) === false ? {} : flagFields(context)),
    slaves: listed(agents, agent => agentView(agent, see)),
    recovered_slaves: listed(cluster.recoveredAgents.values(), recoveredAgentView),
    ...frameworkLists(context, see),
    orphan_tasks: [],
    unregistered_frameworks: [],
  };
}

function flagFields({ flags, flagsView }: MasterContext) {
  const { cluster, log_dir, external_log_file } = flags;
  return { cluster, log_dir, external_log_file, flags: flagsView() };
}

/** Makes `/slaves`, with one agent when its id is given. */
export function slavesView({ cluster }: MasterContext, see: Filters<'VIEW_ROLE'>, agentId?: WireId<'agent'>): object {
  const agents = [...cluster.agents.values()].filter(({ id }) => (agentId ?? id) === id);
  const recovered = [...cluster.recoveredAgents].filter(([id]) => (agentId ?? id) === id).map(([, info]) => info);
  return {
    slaves: listed(agents, agent => fullAgentView(agent, see)),
    recovered_slaves: listed(recovered, recoveredAgentView),
  };
}

type FrameworkFilters = Filters<'VIEW_FRAMEWORK' | 'VIEW_TASK' | 'VIEW_EXECUTOR'>;

/** Makes `/frameworks`, with one framework when its id is given. */
export function frameworksView(
  context: MasterContext,
  see: FrameworkFilters,
  frameworkId?: WireId<'framework'>,
): object {
  return { ...frameworkLists(context, see, frameworkId), unregistered_frameworks: [] };
}

function frameworkLists(
  { cluster }: MasterContext,
  see: FrameworkFilters,
  frameworkId?: WireId<'framework'>,
): Record<string, unknown> {
  // The lists of all frameworks are copied now, not when they are encoded: a task that ends in between would be in none.
  const lists = [cluster.frameworks.values(), cluster.completedFrameworks].map(frameworks =>
    [...seenFrameworks(frameworks, see)]
      .filter(({ id }) => (frameworkId ?? id) === id)
      .map(framework => frameworkView(framework, see)),
  );
  const same = (view: object) => view;
  return {
    frameworks: listed(lists[0] ?? [], same),
    completed_frameworks: listed(lists[1] ?? [], same),
  };
}
