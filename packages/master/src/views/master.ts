/** The classic views of the whole: `/state`, `/slaves`, `/frameworks`. */
import { listed, versionInfo } from '@meseta/daemon';
import type { MasterContext } from '../context.ts';
import { agentView, fullAgentView, recoveredAgentView } from './agent.ts';
import { frameworkView } from './framework.ts';
import { seconds } from './values.ts';

/**
 * `/state`: everything the master knows.
 *
 * @see Mesos src/master/readonly_handler.cpp, Master::ReadOnlyHandler::state
 */
export function stateView(context: MasterContext): object {
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
    cluster: context.flags.cluster,
    log_dir: context.flags.log_dir,
    flags: context.flagsView(),
    slaves: listed(agents, agentView),
    recovered_slaves: listed(cluster.recoveredAgents.values(), recoveredAgentView),
    ...frameworkLists(context),
    orphan_tasks: [],
    unregistered_frameworks: [],
  };
}

/** `/slaves`, of one agent when its id is given. */
export function slavesView({ cluster }: MasterContext, agentId?: string): object {
  const agents = [...cluster.agents.values()].filter(({ id }) => (agentId ?? id) === id);
  const recovered = [...cluster.recoveredAgents].filter(([id]) => (agentId ?? id) === id).map(([, info]) => info);
  return {
    slaves: listed(agents, fullAgentView),
    recovered_slaves: listed(recovered, recoveredAgentView),
  };
}

/** `/frameworks`, of one framework when its id is given. */
export function frameworksView(context: MasterContext, frameworkId?: string): object {
  return { ...frameworkLists(context, frameworkId), unregistered_frameworks: [] };
}

function frameworkLists({ cluster }: MasterContext, frameworkId?: string): Record<string, unknown> {
  // Made lazy one by one now, not when their turn comes: a task that ends meanwhile would be in none of their lists.
  const lists = [cluster.frameworks.values(), cluster.completedFrameworks].map(frameworks =>
    [...frameworks].filter(({ id }) => (frameworkId ?? id) === id).map(frameworkView),
  );
  const same = (view: object) => view;
  return {
    frameworks: listed(lists[0] ?? [], same),
    completed_frameworks: listed(lists[1] ?? [], same),
  };
}
