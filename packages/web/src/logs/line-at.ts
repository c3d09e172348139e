import type { Line } from './line-buffer.ts';

/** Returns the index of the last line that begins at a place or before it; -1: there is none. @param lines in their order. */
export function indexBefore(lines: readonly Pick<Line, 'offset'>[], at: number): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.offset ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Returns the index of the line that a place is in; undefined: it is in none of these. @param at in bytes. */
export function lineAt(lines: readonly Line[], at: number | undefined): number | undefined {
  if (at === undefined) return undefined;
  const index = indexBefore(lines, at);
  const line = lines[index];
  return line && at < line.offset + line.bytes.length ? index : undefined;
}
