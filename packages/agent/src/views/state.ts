/** The classic `/state` of an agent. */
import { type Filters, listed, seenFrameworks, seenRoles, seesResource, whole } from '@meseta/daemon';
import type { Resource } from '@meseta/protocol';
import { attributesView, type Resources, resourcesView, toEndpoint } from '@meseta/resources';
import { versionInfo } from '@meseta/system';
import { allocatedResources } from './allocated.ts';
import type { ViewContext } from './context.ts';
import { frameworkView } from './framework.ts';
import type { AgentFilters } from './see.ts';

/**
 * Returns the whole state of the agent, for `jsonPieces`. The list of frameworks is fixed when it is called; the
 * content of each is read when it is written.
 *
 * @see Mesos src/slave/http.cpp, Http::state
 */
export function stateView({ agent, flags, flagsView }: ViewContext, see: AgentFilters & Filters<'VIEW_FLAGS'>) {
  const full = (resources: Resources) => fullView(resources, see);
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
    reserved_resources: byRole(total, resourcesView, see),
    unreserved_resources: resourcesView(total.unreserved()),
    reserved_resources_full: byRole(total, full, see),
    unreserved_resources_full: full(total.unreserved()),
    reserved_resources_allocated: byRole(allocated, resourcesView, see),
    unreserved_resources_allocated: resourcesView(allocated.unreserved()),
    resource_providers: [],
    attributes: attributesView(info.attributes),
    master_hostname: agent.masterHostname,
    ...(see.VIEW_FLAGS?.(whole) === false
      ? {}
      : { log_dir: flags.log_dir, external_log_file: flags.external_log_file, flags: flagsView() }),
    frameworks: listed(seenFrameworks(agent.frameworks.values(), see), framework => frameworkView(framework, see)),
    completed_frameworks: listed(seenFrameworks(agent.completedFrameworks, see), framework =>
      frameworkView(framework, see),
    ),
  };
}

function byRole<T>(resources: Resources, view: (part: Resources) => T, see: Filters<'VIEW_ROLE'>): Record<string, T> {
  return Object.fromEntries([...seenRoles(resources.reservations(), see)].map(([role, part]) => [role, view(part)]));
}

function fullView(resources: Resources, see: Filters<'VIEW_ROLE'>): Resource[] {
  return resources
    .toArray()
    .filter(resource => seesResource(resource, see))
    .map(toEndpoint);
}
