/** Resources, amounts and durations as users type and read them in forms of actions. */
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

const units: Readonly<Record<string, number>> = {
  ...{ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 },
  ...{ secs: 1000, min: 60_000, mins: 60_000, hrs: 3_600_000, days: 86_400_000, weeks: 604_800_000 },
};

/** Reads a duration, `90s`, `10 min`, `1h30m`, in milliseconds. */
export function readDuration(text: string): Read<number> {
  const terms = [...text.matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy)];
  const isWhole = terms.reduce((length, [whole]) => length + whole.length, 0) === text.length;
  const sum = terms.reduce((ms, [, amount, unit = '']) => ms + Number(amount) * (units[unit] ?? Number.NaN), 0);
  if (isWhole && terms.length > 0 && Number.isFinite(sum)) return { value: sum };
  return { problem: `'${text}' is no duration. Expecting one such as 90s, 10m or 1h30m.` };
}

/** Reads a number that is at least zero. */
export function readAmount(text: string): Read<number> {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return { value };
  return { problem: `'${text}' is no amount. Expecting a number that is zero or more.` };
}
