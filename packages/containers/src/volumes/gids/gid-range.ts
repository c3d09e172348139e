/** The group ids of `--volume_gid_range`. */

/** Group ids, in ranges that include both ends. */
export type GidRange = readonly { readonly begin: number; readonly end: number }[];

/** The last group id: 2³²-1 means none. */
const last = 0xffff_fffe;

/**
 * Parses `[10000-20000]`, several ranges separated by commas.
 *
 * @returns what is wrong with the text, as a sentence, when it is no such range.
 */
export function parseGidRange(text: string): GidRange | string {
  const [, inside] = /^\s*\[([\d\s,-]+)\]\s*$/.exec(text) ?? [];
  const ranges = inside?.split(',').map(each => /^\s*(\d+)\s*-\s*(\d+)\s*$/.exec(each)) ?? [];
  if (ranges.length === 0 || ranges.includes(null)) return 'must be ranges of group ids, such as [10000-20000]';
  const parsed = ranges.map(each => ({ begin: Number(each?.[1]), end: Number(each?.[2]) }));
  const wrong = parsed.find(({ begin, end }) => begin > end || begin === 0 || end > last);
  if (wrong === undefined) return parsed.sort((a, b) => a.begin - b.begin);
  return `the range ${wrong.begin}-${wrong.end} must begin at 1 or above, and end at ${last} or below, after its begin`;
}

/** Returns what is wrong with a value of the flag; undefined when it is valid. */
export function gidRangeProblem(text: string): string | undefined {
  const parsed = parseGidRange(text);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** Tells whether a group id is among them. */
export const hasGid = (range: GidRange, gid: number): boolean =>
  range.some(({ begin, end }) => begin <= gid && gid <= end);

/** Returns the lowest group id that is not taken; undefined when all are. */
export function freeGid(range: GidRange, taken: ReadonlySet<number>): number | undefined {
  for (const { begin, end } of range) for (let gid = begin; gid <= end; gid++) if (!taken.has(gid)) return gid;
  return undefined;
}

/** Returns how many group ids there are. Overlapping ranges count once. */
export function countGids(range: GidRange): number {
  let [count, next] = [0, 0];
  for (const { begin, end } of range) {
    count += Math.max(0, end - Math.max(begin, next) + 1);
    next = Math.max(next, end + 1);
  }
  return count;
}
