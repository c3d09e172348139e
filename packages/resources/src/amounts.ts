import type { Resource, ValueType } from '@meseta/protocol';
import type { Algebra } from './algebra.ts';
import { type Ranges, ranges } from './ranges.ts';
import { scalars } from './scalars.ts';
import { type Items, sets } from './sets.ts';

/** An amount of a resource: thousandths, flat ranges or items of a set. */
export type Amount = number | Ranges | Items;

const algebras: Partial<Record<ValueType, Algebra<Amount>>> = {
  SCALAR: scalars as Algebra<Amount>,
  RANGES: ranges as Algebra<Amount>,
  SET: sets as Algebra<Amount>,
};

/** Returns the algebra of a type; undefined for TEXT and unknown types, which resources cannot have. */
export function algebraOf(type: Resource['type']): Algebra<Amount> | undefined {
  return algebras[type];
}
