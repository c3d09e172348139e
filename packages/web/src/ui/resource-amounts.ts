/** How much there is of resources, as text. */
import type { Resource } from '@meseta/protocol/browser';
import { amount, rangesText } from './format.ts';

/** Returns how much there is of each resource, by its name: numbers are added up, ports and items are listed. */
export function resourceAmounts(resources: readonly Resource[]): Record<string, string> {
  const sums = new Map<string, number>();
  const texts = new Map<string, string[]>();
  for (const { name, scalar, ranges, set } of resources) {
    if (scalar) sums.set(name, (sums.get(name) ?? 0) + scalar.value);
    else {
      const items = set ? (set.item ?? []).join(', ') : rangesText(ranges?.range);
      texts.set(name, [...(texts.get(name) ?? []), items]);
    }
  }
  const scalars = [...sums].map(([name, value]) => [name, amount(name, value)] as const);
  return Object.fromEntries([...scalars, ...[...texts].map(([name, items]) => [name, items.join(', ')] as const)]);
}
