import type { SchedulerCallDecline } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';

/**
 * Performs DECLINE: takes offers back with the framework's filters. Those that are gone already, or never were its own,
 * are passed over.
 */
export function declineOffers(context: MasterContext, framework: Framework, call: SchedulerCallDecline): void {
  context.metrics.counter('master/messages_decline_offers').increment();
  for (const { value } of call.offer_ids ?? []) {
    const offer = framework.offers.get(value);
    if (offer) context.offers.discard(offer, call.filters ?? {});
    else
      context.log.debug('Declined an offer that is no longer valid', { framework_id: framework.id, offer_id: value });
  }
}
