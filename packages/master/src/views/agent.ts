/** Makes the classic views of agents. */

import { type Filters, seenRoles, seesResource } from '@meseta/daemon';
import type { AgentInfo, Resource } from '@meseta/protocol';
import { attributesView, type Resources, resourcesView, toEndpoint } from '@meseta/resources';
import type { Agent } from '../state/agent.ts';
import { seconds } from './values.ts';

/**
 * Makes the view of a registered agent in `/state` and `/state-summary`.
 *
 * @see Mesos src/master/readonly_handler.cpp, SlaveWriter
 */
export function agentView(agent: Agent, see: Filters<'VIEW_ROLE'>): Record<string, unknown> {
  const { total, drainInfo, drainStartedAt, reregisteredAt } = agent;
  return {
    ...recoveredAgentView(agent.info),
    pid: agent.pid,
    registered_time: seconds(agent.registeredAt),
    reregistered_time: reregisteredAt === undefined ? undefined : seconds(reregisteredAt),
    resources: resourcesView(total),
    used_resources: resourcesView(agent.totalUsed),
    offered_resources: resourcesView(agent.offered),
    reserved_resources: byRole(total, resourcesView, see),
    unreserved_resources: resourcesView(total.unreserved()),
    active: agent.active,
    deactivated: agent.deactivated,
    version: agent.version,
    capabilities: agent.capabilities.map(({ type }) => type),
    drain_info: drainInfo,
    estimated_drain_start_time_seconds: drainStartedAt === undefined ? undefined : seconds(drainStartedAt),
  };
}

/** Makes the same view with each resource in full, for `/slaves`. */
export function fullAgentView(agent: Agent, see: Filters<'VIEW_ROLE'>): Record<string, unknown> {
  const full = (resources: Resources) => endpointResources(resources, see);
  return {
    ...agentView(agent, see),
    reserved_resources_full: byRole(agent.total, full, see),
    unreserved_resources_full: full(agent.total.unreserved()),
    used_resources_full: full(agent.totalUsed),
    offered_resources_full: full(agent.offered),
  };
}

/** Makes the view of an agent that is known from the registry only. */
export function recoveredAgentView({ id, hostname, port, attributes, domain }: AgentInfo): Record<string, unknown> {
  return { id: id?.value ?? '', hostname, port: port ?? 5051, attributes: attributesView(attributes), domain };
}

/** Returns resources with the fields of the old and the new format, without those of roles that may not be seen. */
export function endpointResources(resources: Resources, see: Filters<'VIEW_ROLE'>): Resource[] {
  return resources
    .toArray()
    .filter(resource => seesResource(resource, see))
    .map(toEndpoint);
}

function byRole<T>(
  resources: Resources,
  view: (resources: Resources) => T,
  see: Filters<'VIEW_ROLE'>,
): Record<string, T> {
  return Object.fromEntries(
    [...seenRoles(resources.reservations(), see)].map(([role, reserved]) => [role, view(reserved)]),
  );
}
