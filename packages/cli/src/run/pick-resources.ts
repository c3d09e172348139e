import type { Offer, Resource } from '@meseta/protocol';

/**
 * Takes amounts of scalar resources out of an offer, whatever they are reserved for.
 *
 * @param wanted by resource name.
 * @returns undefined when the offer has less of any.
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

function thousandths(value: number): number {
  return Math.round(value * 1000);
}
