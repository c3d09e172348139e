import { parsePid } from '@meseta/process';
import { type InverseOffer as InverseOfferMessage, Offer as OfferMessage, type URL } from '@meseta/protocol';
import { convertMessage, stripAllocation } from '@meseta/resources';
import type { Agent } from '../state/agent.ts';
import type { Framework } from '../state/framework.ts';
import type { InverseOffer, Offer } from '../state/offer.ts';

/**
 * Makes the message of an offer for its framework: without RESERVATION_REFINEMENT, resources are in the older format;
 * without MULTI_ROLE, allocation roles are left out.
 *
 * @throws {DowngradeError} for refined reservations, which the allocator does not grant to such frameworks.
 * @see Mesos src/master/master.cpp, Master::offer
 */
export function offerMessage(offer: Offer, framework: Framework, agent: Agent, scheme: Scheme): OfferMessage {
  const { hostname, attributes, domain } = agent.info;
  const executors = agent.executors.get(framework.id);
  const message: OfferMessage = {
    id: { value: offer.id },
    framework_id: { value: framework.id },
    agent_id: { value: agent.id },
    hostname,
    url: agentUrl(agent, scheme),
    resources: offer.resources.toArray().filter(({ name }) => name !== 'ephemeral_ports'),
    ...(attributes?.length && { attributes }),
    ...(executors?.size && { executor_ids: [...executors.keys()].map(value => ({ value })) }),
    ...(domain && { domain }),
    ...(agent.unavailability && { unavailability: agent.unavailability }),
    allocation_info: { role: offer.role },
  };
  return inFormatOf(framework, message);
}

function inFormatOf(framework: Framework, message: OfferMessage): OfferMessage {
  const format = framework.has('RESERVATION_REFINEMENT') ? message : convertMessage(OfferMessage, message, 'pre');
  if (framework.has('MULTI_ROLE')) return format;
  const { allocation_info: _, ...rest } = stripAllocation(OfferMessage, format);
  return rest;
}

/** Returns an inverse offer as it is sent. */
export function inverseOfferMessage(offer: InverseOffer, agent: Agent, scheme: Scheme): InverseOfferMessage {
  const { startNs, durationNs } = offer.unavailability;
  return {
    id: { value: offer.id },
    url: agentUrl(agent, scheme),
    framework_id: { value: offer.frameworkId },
    agent_id: { value: agent.id },
    unavailability: {
      start: { nanoseconds: startNs },
      ...(durationNs !== undefined && { duration: { nanoseconds: durationNs } }),
    },
  };
}

/** How the addresses of agents begin. */
export type Scheme = 'http' | 'https';

/** Returns the URL of the agent's own endpoints: `http://host:5051/slave(1)`. */
function agentUrl({ pid, info: { hostname } }: Agent, scheme: Scheme): URL {
  const address = parsePid(pid);
  return {
    scheme,
    address: { hostname, ip: address?.ip ?? '', port: address?.port ?? 0 },
    path: `/${address?.id ?? ''}`,
  };
}
