/** `/allocation/offers`: who holds which offers, and for how long. */
import { type Filters, listed } from '@meseta/daemon';
import type { MasterContext } from '../context.ts';
import type { Offer } from '../state/offer.ts';
import { amounts, seconds } from '../views/values.ts';

/** How many offers are shown at most: those that are held the longest. */
const mostShown = 1000;

/** Makes the view: the oldest offers first, which keep resources from others the longest. */
export function offersView(context: MasterContext, see: Filters<'VIEW_FRAMEWORK' | 'VIEW_ROLE'>): object {
  const { cluster } = context;
  const seen: Offer[] = [];
  for (const offer of cluster.offers.values()) if (isSeen(context, offer, see)) seen.push(offer);
  // They are kept in the order in which they were made.
  return { total: seen.length, offers: listed(seen.slice(0, mostShown), offer => offerView(context, offer)) };
}

function isSeen({ cluster }: MasterContext, offer: Offer, see: Filters<'VIEW_FRAMEWORK' | 'VIEW_ROLE'>): boolean {
  const info = cluster.frameworks.get(offer.frameworkId)?.info;
  if (!info || see.VIEW_FRAMEWORK?.({ framework_info: info }) === false) return false;
  return see.VIEW_ROLE?.({ value: offer.role }) !== false;
}

function offerView({ cluster, clock }: MasterContext, offer: Offer): object {
  const { id, frameworkId, agentId, role, resources, madeAt, expiresAt } = offer;
  const now = clock.steady();
  return {
    ...{ id, framework_id: frameworkId, framework_name: cluster.frameworks.get(frameworkId)?.info.name },
    ...{ agent_id: agentId, hostname: cluster.agents.get(agentId)?.info.hostname, role },
    resources: amounts(resources.quantities()),
    held_seconds: seconds(Math.max(0, now - madeAt)),
    ...(expiresAt !== undefined && { left_seconds: seconds(Math.max(0, expiresAt - now)) }),
  };
}
