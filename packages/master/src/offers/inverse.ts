import type { Filters, OfferID } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';
import { inverseOfferIdsProblem } from './validation/offer-ids.ts';

/** What a framework said last to the maintenance of an agent. */
export type InverseOfferAnswer = 'ACCEPT' | 'DECLINE';

/**
 * ACCEPT_INVERSE_OFFERS and DECLINE_INVERSE_OFFERS: an operator sees the answer in the maintenance status, and the
 * framework is not asked again while its filter lasts. Nothing else happens.
 *
 * @see Mesos src/master/master.cpp, Master::acceptInverseOffers
 */
export function answerInverseOffers(
  context: MasterContext,
  framework: Framework,
  answer: InverseOfferAnswer,
  ids: readonly OfferID[],
  filters: Filters | undefined,
): void {
  const { cluster, log } = context;
  const problem = inverseOfferIdsProblem(ids, framework, cluster);
  if (problem !== undefined) log.warning(`Inverse offers: ${problem}`, { framework_id: framework.id });
  for (const { value } of ids) {
    const offer = framework.inverseOffers.get(value);
    if (!offer) continue;
    cluster.removeInverseOffer(offer);
    context.allocation.answerInverse(framework.id, offer.agentId, answer, filters ?? {});
  }
}
