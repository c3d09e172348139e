import type { Fields } from '../stream/fields.ts';

/** Amounts of the resources that tables show: cores, MB, MB, devices. */
export interface Quantities {
  cpus: number;
  mem: number;
  disk: number;
  gpus: number;
}

/** The names of these resources. */
export const quantityNames = ['cpus', 'mem', 'disk', 'gpus'] as const;

/** Returns amounts of nothing. */
export const noQuantities = (): Quantities => ({ cpus: 0, mem: 0, disk: 0, gpus: 0 });

/** Adds a `mesos.v1.Resource` to amounts. @returns the role that it is allocated to; undefined: to none. */
export function quantitiesInto(sum: Quantities, resource: Fields): string | undefined {
  let name = '';
  let value = 0;
  let role: string | undefined;
  while (resource.next()) {
    if (resource.number === 1) name = resource.word();
    else if (resource.number === 3) {
      const scalar = resource.message();
      while (scalar.next()) if (scalar.number === 1) value = scalar.double();
    } else if (resource.number === 11) {
      const allocation = resource.message();
      while (allocation.next()) if (allocation.number === 1) role = allocation.word();
    }
  }
  if (isQuantity(name)) sum[name] += value;
  return role;
}

/** Adds amounts, or takes them away with a factor of -1. */
export function addQuantities(sum: Quantities, amounts: Quantities, factor: 1 | -1 = 1): void {
  // Not by their names: a number that is stored under a computed name is garbage a moment later, and this is done for each update.
  sum.cpus = inThousandths(sum.cpus + factor * amounts.cpus);
  sum.mem = inThousandths(sum.mem + factor * amounts.mem);
  sum.disk = inThousandths(sum.disk + factor * amounts.disk);
  sum.gpus = inThousandths(sum.gpus + factor * amounts.gpus);
}

/** Mesos counts in thousandths, and so nothing is left of tenths that came and went. */
const inThousandths = (amount: number): number => Math.round(amount * 1000) / 1000;

/** Tells whether tables show a resource of this name. */
export function isQuantity(name: string): name is keyof Quantities {
  return (quantityNames as readonly string[]).includes(name);
}
