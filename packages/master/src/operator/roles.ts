import { inSlices } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import type { Offer } from '../state/offer.ts';

/** Tells whether the role may be used at all: `--roles` closes the list, when it is given. */
export function isKnownRole({ flags }: MasterContext, role: string): boolean {
  return role === '*' || flags.roles === undefined || flags.roles.includes(role);
}

/**
 * Takes back every outstanding offer, so that a changed setting counts from now on: for a few milliseconds in each turn of
 * the event loop. What frameworks do with the others meanwhile counts as if they had done it before.
 */
export function rescindAllOffers(context: MasterContext): void {
  void inSlices(rescinding(context, [...context.cluster.offers.values()]));
}

function* rescinding(context: MasterContext, offers: readonly Offer[]): Generator<void> {
  for (const offer of offers) {
    context.offers.rescind(offer);
    yield;
  }
}
