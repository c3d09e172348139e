import type { Resource, ValueType } from '@meseta/protocol';
import type { Algebra } from './algebra.ts';
import { type Ranges, ranges } from './ranges.ts';
import { scalars } from './scalars.ts';
import { type Items, sets } from './sets.ts';

/** How much of a resource: thousandths, flat ranges or words. */
export type Amount = number | Ranges | Items;

const algebras: Partial<Record<ValueType, Algebra<Amount>>> = {
  SCALAR: scalars as Algebra<Amount>,
  RANGES: ranges as Algebra<Amount>,
  SET: sets as Algebra<Amount>,
};

/** Undefined for TEXT and for unknown types, of which there can be no resources. */
export function algebraOf(type: Resource['type']): Algebra<Amount> | undefined {
  return algebras[type];
}
