/** Agents in the classic views. */
import type { AgentInfo, Resource } from '@meseta/protocol';
import { attributesView, type Resources, resourcesView, toEndpoint } from '@meseta/resources';
import type { Agent } from '../state/agent.ts';
import { seconds } from './values.ts';

/**
 * A registered agent as `/state` and `/state-summary` show it.
 *
 * @see Mesos src/master/readonly_handler.cpp, SlaveWriter
 */
export function agentView(agent: Agent): Record<string, unknown> {
  const { total, drainInfo, drainStartedAt, reregisteredAt } = agent;
  return {
    ...recoveredAgentView(agent.info),
    pid: agent.pid,
    registered_time: seconds(agent.registeredAt),
    reregistered_time: reregisteredAt === undefined ? undefined : seconds(reregisteredAt),
    resources: resourcesView(total),
    used_resources: resourcesView(agent.totalUsed),
    offered_resources: resourcesView(agent.offered),
    reserved_resources: byRole(total, resourcesView),
    unreserved_resources: resourcesView(total.unreserved()),
    active: agent.active,
    deactivated: agent.deactivated,
    version: agent.version,
    capabilities: agent.capabilities.map(({ type }) => type),
    drain_info: drainInfo,
    estimated_drain_start_time_seconds: drainStartedAt === undefined ? undefined : seconds(drainStartedAt),
  };
}

/** The same with each resource in full, as `/slaves` shows it. */
export function fullAgentView(agent: Agent): Record<string, unknown> {
  return {
    ...agentView(agent),
    reserved_resources_full: byRole(agent.total, endpointResources),
    unreserved_resources_full: endpointResources(agent.total.unreserved()),
    used_resources_full: endpointResources(agent.totalUsed),
    offered_resources_full: endpointResources(agent.offered),
  };
}

/** An agent that is known from the registry only. */
export function recoveredAgentView({ id, hostname, port, attributes, domain }: AgentInfo): Record<string, unknown> {
  return { id: id?.value ?? '', hostname, port: port ?? 5051, attributes: attributesView(attributes), domain };
}

/** Resources with the fields of old and new formats both. */
export function endpointResources(resources: Resources): Resource[] {
  return resources.toArray().map(toEndpoint);
}

function byRole<T>(resources: Resources, view: (resources: Resources) => T): Record<string, T> {
  return Object.fromEntries([...resources.reservations()].map(([role, reserved]) => [role, view(reserved)]));
}
