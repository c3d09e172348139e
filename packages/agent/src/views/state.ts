/** The classic `/state` of an agent. */
import { listed, versionInfo } from '@meseta/daemon';
import type { Resource } from '@meseta/protocol';
import { attributesView, type Resources, resourcesView, toEndpoint } from '@meseta/resources';
import { allocatedResources } from './allocated.ts';
import type { ViewContext } from './context.ts';
import { frameworkView } from './framework.ts';

/**
 * All of the agent, for `jsonPieces`. Which frameworks there are is fixed when it is called, what they have when their
 * turn comes.
 *
 * @see Mesos src/slave/http.cpp, Http::state
 */
export function stateView({ agent, flags, flagsView }: ViewContext) {
  const { info, totalResources: total } = agent;
  const allocated = allocatedResources(agent);
  return {
    ...versionInfo(),
    start_time: agent.startTime,
    id: agent.id ?? '',
    pid: agent.pid,
    hostname: info.hostname,
    capabilities: agent.capabilities.map(({ type }) => type),
    domain: info.domain,
    drain_config: agent.draining?.config,
    estimated_drain_start_time_seconds: agent.draining && Math.floor(agent.draining.startedAt),
    resources: resourcesView(total),
    reserved_resources: byRole(total, resourcesView),
    unreserved_resources: resourcesView(total.unreserved()),
    reserved_resources_full: byRole(total, fullView),
    unreserved_resources_full: fullView(total.unreserved()),
    reserved_resources_allocated: byRole(allocated, resourcesView),
    unreserved_resources_allocated: resourcesView(allocated.unreserved()),
    resource_providers: [],
    attributes: attributesView(info.attributes),
    master_hostname: agent.masterHostname,
    log_dir: flags.log_dir,
    external_log_file: flags.external_log_file,
    flags: flagsView(),
    frameworks: listed(agent.frameworks.values(), frameworkView),
    completed_frameworks: listed(agent.completedFrameworks, frameworkView),
  };
}

function byRole<T>(resources: Resources, view: (part: Resources) => T): Record<string, T> {
  return Object.fromEntries([...resources.reservations()].map(([role, part]) => [role, view(part)]));
}

function fullView(resources: Resources): Resource[] {
  return resources.toArray().map(toEndpoint);
}
