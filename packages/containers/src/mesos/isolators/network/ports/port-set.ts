import type { Resource } from '@meseta/protocol';

/** Ranges of ports, both ends included. */
export type PortSet = readonly (readonly [begin: number, end: number])[];

/** Tells whether a port is in a set. */
export function hasPort(set: PortSet, port: number): boolean {
  return set.some(([begin, end]) => begin <= port && port <= end);
}

/** Returns the ports among resources. */
export function portsOf(resources: readonly Resource[] = []): PortSet {
  const ranges = resources.filter(({ name }) => name === 'ports').flatMap(({ ranges }) => ranges?.range ?? []);
  return ranges.map(({ begin, end }) => [Number(begin), Number(end)] as const);
}

/** Joins ports to ranges, in order. */
export function toPortSet(ports: Iterable<number>): PortSet {
  const ranges: [begin: number, end: number][] = [];
  for (const port of [...new Set(ports)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === port - 1) last[1] = port;
    else ranges.push([port, port]);
  }
  return ranges;
}

/** Parses a text such as `[0-1023, 8000-8080]`. @returns undefined when it is none. */
export function parsePorts(text: string): PortSet | undefined {
  const [, inside] = /^\s*\[(.*)\]\s*$/.exec(text) ?? [];
  if (inside === undefined) return undefined;
  const ranges = inside.split(',').map(range => /^\s*(\d{1,5})\s*-\s*(\d{1,5})\s*$/.exec(range));
  const set = ranges.map(range => [Number(range?.[1] ?? Number.NaN), Number(range?.[2])] as const);
  return set.every(([begin, end]) => begin <= end && end <= 65_535) ? set : undefined;
}

/** Returns the text of a set, as {@link parsePorts} takes it. */
export function formatPorts(set: PortSet): string {
  return `[${set.map(([begin, end]) => `${begin}-${end}`).join(', ')}]`;
}
