import type { ValueRange } from '@meseta/protocol';
import type { Algebra } from './algebra.ts';

/**
 * Inclusive ranges of non-negative integers in a flat list: `[begin, end, begin, end, …]`; ascending, neither
 * overlapping nor adjacent.
 */
export type Ranges = readonly number[];

/** Sorts ranges and joins those that overlap or are adjacent. Ranges that end before they begin are left out. */
export function coalesce(ranges: Iterable<ValueRange>): Ranges {
  const sorted = [...ranges].filter(({ begin, end }) => begin <= end).sort((a, b) => a.begin - b.begin);
  const flat: number[] = [];
  for (const { begin, end } of sorted) append(flat, begin, end);
  return flat;
}

/** Appends a range that begins no earlier than the last one. */
function append(flat: number[], begin: number, end: number): void {
  const last = flat.length - 1;
  if (last > 0 && begin <= flat[last]! + 1) {
    if (end > flat[last]!) flat[last] = end;
  } else {
    flat.push(begin, end);
  }
}

/** Converts flat ranges to those of a message. */
export function toMessage(flat: Ranges): ValueRange[] {
  const range: ValueRange[] = [];
  for (let i = 0; i < flat.length; i += 2) range.push({ begin: flat[i]!, end: flat[i + 1]! });
  return range;
}

function union(a: Ranges, b: Ranges): Ranges {
  const flat: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (j >= b.length || (i < a.length && a[i]! <= b[j]!)) {
      append(flat, a[i]!, a[i + 1]!);
      i += 2;
    } else {
      append(flat, b[j]!, b[j + 1]!);
      j += 2;
    }
  }
  return flat;
}

function difference(a: Ranges, b: Ranges): Ranges {
  const flat: number[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    let begin = a[i]!;
    const end = a[i + 1]!;
    while (j < b.length && b[j + 1]! < begin) j += 2;
    for (let k = j; k < b.length && b[k]! <= end; k += 2) {
      if (b[k]! > begin) flat.push(begin, b[k]! - 1);
      begin = Math.max(begin, b[k + 1]! + 1);
    }
    if (begin <= end) flat.push(begin, end);
  }
  return flat;
}

function contains(a: Ranges, b: Ranges): boolean {
  let i = 0;
  for (let j = 0; j < b.length; j += 2) {
    while (i < a.length && a[i + 1]! < b[j]!) i += 2;
    if (i >= a.length || a[i]! > b[j]! || a[i + 1]! < b[j + 1]!) return false;
  }
  return true;
}

function print(flat: Ranges): string {
  const parts: string[] = [];
  for (let i = 0; i < flat.length; i += 2) parts.push(`${flat[i]}-${flat[i + 1]}`);
  return `[${parts.join(', ')}]`;
}

/** The arithmetic of RANGES. */
export const ranges: Algebra<Ranges> = {
  read: resource => coalesce(resource.ranges?.range ?? []),
  write: (template, flat) => ({ ...template, ranges: { range: toMessage(flat) } }),
  add: union,
  subtract: difference,
  contains,
  isEmpty: flat => flat.length === 0,
  print,
};
