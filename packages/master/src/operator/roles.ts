import type { MasterContext } from '../context.ts';

/** Tells whether the role may be used at all: `--roles` closes the list, when it is given. */
export function isKnownRole({ flags }: MasterContext, role: string): boolean {
  return role === '*' || flags.roles === undefined || flags.roles.includes(role);
}

/** Takes back every outstanding offer, so that a changed setting counts from now on. */
export function rescindAllOffers(context: MasterContext): void {
  for (const offer of [...context.cluster.offers.values()]) context.offers.rescind(offer);
}
