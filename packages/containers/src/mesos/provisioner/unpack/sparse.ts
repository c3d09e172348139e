import type { TarInput } from './byte-input.ts';
import { LayerError, shownPath } from './layer-error.ts';
import type { PaxRecords } from './pax.ts';
import { blockSize, number } from './tar-header.ts';

/** A part of a sparse file that the archive has; all others are zeros. */
export interface SparsePart {
  readonly offset: number;
  readonly size: number;
}

/** How a sparse file is stored. */
export interface SparseMap {
  readonly parts: readonly SparsePart[];
  /** The size of the file. */
  readonly realSize: number;
  /** Bytes of the entry's data that the map itself took. */
  readonly mapSize: number;
}

/** The limit only keeps an archive from filling the memory; each part takes a number of bytes in the archive, too. */
const maximumParts = 1_000_000;

/** Reads the map of GNU's old format, which is in the header and in blocks that follow it. */
export async function readOldSparse(header: Buffer, entry: string, input: TarInput): Promise<SparseMap> {
  const parts: SparsePart[] = [];
  const take = (block: Buffer, start: number, count: number) => {
    for (let at = start; at < start + count * 24; at += 24) {
      const [offset, size] = [number(block, at, 12, entry), number(block, at + 12, 12, entry)];
      if (offset !== 0 || size !== 0) parts.push({ offset, size });
    }
  };
  take(header, 386, 4);
  for (let extended = header[482] === 1; extended; ) {
    const block = await input.exactly(blockSize);
    take(block, 0, 21);
    extended = block[504] === 1;
    if (parts.length > maximumParts) throw wrongMap(entry);
  }
  return checked({ parts, realSize: number(header, 483, 12, entry), mapSize: 0 }, entry);
}

/** Reads the map of one of GNU's formats in an extended header; undefined for files that are not sparse. */
export async function readPaxSparse(pax: PaxRecords, entry: string, input: TarInput): Promise<SparseMap | undefined> {
  const size = pax.get('GNU.sparse.realsize') ?? pax.get('GNU.sparse.size');
  if (size === undefined) return undefined;
  const realSize = whole(size, entry);
  const map = pax.get('GNU.sparse.map');
  if (map !== undefined) {
    const numbers = map === '' ? [] : map.split(',').map(each => whole(each, entry));
    return checked({ parts: pairs(numbers, entry), realSize, mapSize: 0 }, entry);
  }
  if (pax.get('GNU.sparse.major') !== '1') throw wrongMap(entry);
  return checked({ ...(await readMap(entry, input)), realSize }, entry);
}

/** Reads the map at the start of the data: decimal numbers on lines of their own, filled up to a whole block. */
async function readMap(entry: string, input: TarInput): Promise<Omit<SparseMap, 'realSize'>> {
  const numbers: number[] = [];
  let text = '';
  let mapSize = 0;
  for (let wanted = 1; numbers.length < wanted; ) {
    text += (await input.exactly(blockSize)).toString('latin1');
    mapSize += blockSize;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (numbers.length === wanted) break; // the rest of the block is filling
      numbers.push(whole(line, entry));
      if (numbers.length === 1) wanted = 1 + 2 * (numbers[0] ?? 0);
      if (wanted > 2 * maximumParts) throw wrongMap(entry);
    }
  }
  return { parts: pairs(numbers.slice(1), entry), mapSize };
}

function pairs(numbers: readonly number[], entry: string): SparsePart[] {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * maximumParts) throw wrongMap(entry);
  return Array.from({ length: numbers.length / 2 }, (_, index) => ({
    offset: numbers[2 * index] ?? 0,
    size: numbers[2 * index + 1] ?? 0,
  }));
}

/** The parts must follow each other within the file. */
function checked(map: SparseMap, entry: string): SparseMap {
  let end = 0;
  for (const { offset, size } of map.parts) {
    if (offset < end || size < 0 || offset + size > map.realSize) throw wrongMap(entry);
    end = offset + size;
  }
  return map;
}

function whole(text: string, entry: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) throw wrongMap(entry);
  return value;
}

function wrongMap(entry: string): LayerError {
  return new LayerError('its map of a sparse file is malformed', { entry: shownPath(entry) });
}
