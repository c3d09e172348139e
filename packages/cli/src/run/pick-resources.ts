import type { Offer, Resource } from '@meseta/protocol';

/**
 * Takes amounts of scalar resources from an offer, whatever their reservations.
 *
 * @param wanted amounts by resource name.
 * @returns undefined when the offer does not have enough of any.
 */
export function pickResources(offer: Offer, wanted: Readonly<Record<string, number>>): Resource[] | undefined {
  const picked: Resource[] = [];
  for (const [name, amount] of Object.entries(wanted)) {
    let missing = thousandths(amount);
    for (const resource of offer.resources ?? []) {
      if (resource.name !== name || resource.disk || missing <= 0) continue;
      const taken = Math.min(missing, thousandths(resource.scalar?.value ?? 0));
      if (taken > 0) picked.push({ ...resource, scalar: { value: taken / 1000 } });
      missing -= taken;
    }
    if (missing > 0) return undefined;
  }
  return picked;
}

/** Returns how much of each resource `pickResources` could take from an offer. */
export function offeredAmounts(offer: Offer, names: readonly string[]): Record<string, number> {
  const amountOf = (name: string) =>
    (offer.resources ?? [])
      .filter(resource => resource.name === name && !resource.disk)
      .reduce((sum, { scalar }) => sum + thousandths(scalar?.value ?? 0), 0) / 1000;
  return Object.fromEntries(names.map(name => [name, amountOf(name)]));
}

function thousandths(value: number): number {
  return Math.round(value * 1000);
}
