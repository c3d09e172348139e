/** Resources, amounts and durations as users type them in forms. */
import type { Resource } from '@meseta/protocol/browser';

/** What was read, or a sentence that says what is wrong. */
export type Read<T> = { readonly value: T } | { readonly problem: string };

const example = 'Expecting resources such as cpus:2;mem:512;ports:[31000-31009].';

/** Reads resources without reservations: `cpus:2;mem:512;ports:[31000-31009];zones:{a,b}`. */
export function readResources(text: string): Read<Resource[]> {
  const parts = text
    .split(';')
    .map(part => part.trim())
    .filter(Boolean);
  if (parts.length === 0) return { problem: example };
  const resources: Resource[] = [];
  for (const part of parts) {
    const [, name = '', value = ''] = /^([^:\s()]+)\s*:\s*(.+)$/s.exec(part) ?? [];
    const resource = name === '' ? undefined : readValue(name, value);
    if (resource === undefined) return { problem: `'${part}' is no resource. ${example}` };
    if (resources.some(each => each.name === name)) return { problem: `'${name}' is there twice.` };
    resources.push(resource);
  }
  return { value: resources };
}

function readValue(name: string, text: string): Resource | undefined {
  const ranges = /^\[(.*)\]$/.exec(text)?.[1];
  if (ranges !== undefined) {
    const range = ranges.split(',').map(each => /^\s*(\d+)\s*-\s*(\d+)\s*$/.exec(each));
    if (!range.every(found => found && Number(found[1]) <= Number(found[2]))) return undefined;
    return {
      name,
      type: 'RANGES',
      ranges: { range: range.map(found => ({ begin: Number(found?.[1]), end: Number(found?.[2]) })) },
    };
  }
  const set = /^\{(.*)\}$/.exec(text)?.[1];
  if (set !== undefined) {
    const item = set.split(',').map(each => each.trim());
    return item.every(Boolean) ? { name, type: 'SET', set: { item } } : undefined;
  }
  const value = Number(text);
  return /^\d+(\.\d+)?$/.test(text) && value > 0 ? { name, type: 'SCALAR', scalar: { value } } : undefined;
}

/** Prints a resource without its reservations: `cpus:2`, `ports:[31000-31009]`. */
export function printResource({ name, scalar, ranges, set }: Resource): string {
  if (ranges) return `${name}:[${(ranges.range ?? []).map(({ begin, end }) => `${begin}-${end}`).join(',')}]`;
  if (set) return `${name}:{${(set.item ?? []).join(',')}}`;
  return `${name}:${scalar?.value ?? 0}`;
}

/** Milliseconds in a unit, by what its names match. */
const units: readonly (readonly [names: RegExp, ms: number])[] = [
  [/^(ms|millisecs?|milliseconds?)$/i, 1],
  [/^(s|secs?|seconds?)$/i, 1000],
  [/^(m|mins?|minutes?)$/i, 60_000],
  [/^(h|hrs?|hours?)$/i, 3_600_000],
  [/^(d|days?)$/i, 86_400_000],
  [/^(w|weeks?)$/i, 604_800_000],
];

/** What the master can say in nanoseconds, in milliseconds. */
const MAX_MS = 2 ** 63 / 1e6;

/** Reads a duration, `90s`, `10 min`, `1h 30m`, `2 days`, in milliseconds. */
export function readDuration(text: string): Read<number> {
  const terms = [...text.matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*/giy)];
  const isWhole = terms.reduce((length, [whole]) => length + whole.length, 0) === text.length;
  const msIn = (unit: string) => units.find(([names]) => names.test(unit))?.[1] ?? Number.NaN;
  const sum = terms.reduce((ms, [, number, unit = '']) => ms + Number(number) * msIn(unit), 0);
  if (isWhole && terms.length > 0 && sum >= MAX_MS)
    return { problem: `'${text}' is too long. Expecting less than 292 years.` };
  if (isWhole && terms.length > 0 && Number.isFinite(sum)) return { value: sum };
  return { problem: `'${text}' is no duration. Expecting one such as 90s, 10 min or 1h 30m.` };
}

/** Reads a number that is at least zero. */
export function readAmount(text: string): Read<number> {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return { value };
  return { problem: `${noAmount(text)}Expecting a number that is zero or more.` };
}

/** Reads a number above zero. */
export function readSize(text: string): Read<number> {
  const read = readAmount(text);
  return 'value' in read && read.value > 0 ? read : { problem: `${noAmount(text)}Expecting a number above zero.` };
}

const noAmount = (text: string) => (text.trim() === '' ? '' : `'${text}' is no amount. `);
