/** Where the cells of a map are: squares in rows, from left to right. All lengths are CSS pixels. */
import { own } from '@meseta/protocol/own';

/** A layout of so many cells. */
export interface MapLayout {
  readonly count: number;
  /** Cells of a row. */
  readonly columns: number;
  readonly rows: number;
  /** From one cell to the next. */
  readonly pitch: number;
  /** The length of a cell's side; the rest of the pitch is space between cells. */
  readonly side: number;
  readonly height: number;
}

const LARGEST_PITCH = 32;
const SMALLEST_PITCH = 5;

/** Returns the layout with the largest cells with which the map is not higher than `maxHeight`; with the smallest ones it may be. */
export function layoutOf(count: number, width: number, maxHeight: number): MapLayout {
  for (let pitch = LARGEST_PITCH; ; pitch--) {
    const columns = Math.max(1, Math.floor(width / pitch));
    const rows = Math.ceil(count / columns);
    if (pitch > SMALLEST_PITCH && rows * pitch > maxHeight) continue;
    return { count, columns, rows, pitch, side: pitch - (pitch > 12 ? 2 : 1), height: rows * pitch };
  }
}

/** Returns the left and the upper edge of a cell. */
export function cellAt({ columns, pitch }: MapLayout, index: number): readonly [x: number, y: number] {
  return [(index % columns) * pitch, Math.floor(index / columns) * pitch];
}

/** Returns the cell at a point; the space beside a cell belongs to it. Undefined: there is none. */
export function indexAt({ count, columns, rows, pitch }: MapLayout, x: number, y: number): number | undefined {
  const [column, row] = [Math.floor(x / pitch), Math.floor(y / pitch)];
  if (column < 0 || row < 0 || column >= columns || row >= rows) return undefined;
  const index = row * columns + column;
  return index < count ? index : undefined;
}

/** Returns where a key leads from a cell; undefined: the key is none of those that do. */
export function movedCell({ count, columns }: MapLayout, key: string, at: number): number | undefined {
  const row = at - (at % columns);
  const moves: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at < columns ? at : at - columns,
    ArrowDown: at + columns < count ? at + columns : at,
    Home: row,
    End: row + columns - 1,
    PageUp: 0,
    PageDown: count - 1,
  };
  const to = own(moves, key);
  return to === undefined ? undefined : Math.min(Math.max(to, 0), Math.max(0, count - 1));
}
