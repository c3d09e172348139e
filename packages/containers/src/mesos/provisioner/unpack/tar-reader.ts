/**
 * Reads tar archives entry by entry: POSIX (ustar, pax), GNU (long names, sparse files) and old ones. It only reads;
 * what an entry may do is decided where entries are written.
 */
import type { TarInput } from './byte-input.ts';
import { LayerError, shownPath } from './layer-error.ts';
import { type PaxRecords, readPax } from './pax.ts';
import { readOldSparse, readPaxSparse, type SparseMap } from './sparse.ts';
import { blockSize, readHeader, type TarHeader } from './tar-header.ts';

/** The kinds of entries. */
export type EntryKind = 'file' | 'hardLink' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';

/** An entry. Texts are bytes, one character each. */
export interface TarEntry {
  readonly kind: EntryKind;
  /** As the archive writes it; nothing was checked. */
  readonly path: string;
  /** The target of a link. */
  readonly target: string;
  /** The size of the file, with its holes. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly major: number;
  readonly minor: number;
  /** Extended attributes by name. */
  readonly xattrs: ReadonlyMap<string, string>;
  /** The stored parts of the contents, in order; to be read before the next entry, or not at all. */
  contents(): AsyncIterable<{ readonly offset: number; readonly bytes: Buffer }>;
}

const kinds: Readonly<Record<string, EntryKind>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file', // contiguous
  S: 'file', // GNU sparse
  '1': 'hardLink',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

/** Headers that describe the next entry are kept in memory, so they have a limit. */
const maximumMetadata = 1024 * 1024;
const xattrKey = 'SCHILY.xattr.';

/** Yields the entries of an archive, and then reads to the end of the input. @throws {LayerError} */
export async function* readTar(input: TarInput): AsyncGenerator<TarEntry, void, void> {
  const reader = new TarReader(input);
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) yield entry;
  await input.drain();
}

class TarReader {
  readonly #input: TarInput;
  #global: PaxRecords = new Map();
  /** Bytes of the current entry that were not read yet, with its filling. */
  #unread = 0;

  constructor(input: TarInput) {
    this.#input = input;
  }

  async next(): Promise<TarEntry | undefined> {
    const input = this.#input;
    let pax: PaxRecords = new Map();
    let [longName, longLink]: (string | undefined)[] = [];
    await input.skip(this.#unread);
    this.#unread = 0;
    for (;;) {
      const block = await input.exactlyOrEnd(blockSize);
      const header = block && readHeader(block);
      if (block === undefined || header === undefined) return undefined;
      if (header.size < 0) throw new LayerError('its size is negative', { entry: shownPath(header.name) });
      switch (header.type) {
        case 'x':
          pax = readPax(await this.#metadata(header));
          continue;
        case 'g':
          this.#global = new Map([...this.#global, ...readPax(await this.#metadata(header))]);
          continue;
        case 'L':
          longName = upToNul(await this.#metadata(header));
          continue;
        case 'K':
          longLink = upToNul(await this.#metadata(header));
          continue;
        case 'V': // the name of the archive
          await input.skip(padded(header.size));
          continue;
        default:
          return this.#entry(block, header, new Map([...this.#global, ...pax]), longName, longLink);
      }
    }
  }

  async #entry(
    block: Buffer,
    header: TarHeader,
    pax: PaxRecords,
    longName: string | undefined,
    longLink: string | undefined,
  ): Promise<TarEntry> {
    const path = pax.get('GNU.sparse.name') ?? pax.get('path') ?? longName ?? header.name;
    const named = kinds[header.type];
    if (named === undefined) {
      throw new LayerError(`its type '${shownPath(header.type)}' is not known`, { entry: shownPath(path) });
    }
    const kind = named === 'file' && path.endsWith('/') ? 'directory' : named;
    const numberOf = (key: string, otherwise: number) => paxNumber(pax, key, path) ?? otherwise;
    const stored = numberOf('size', header.size);
    if (!Number.isSafeInteger(stored)) throw new LayerError('its size is no number', { entry: shownPath(path) });
    const sparse = await this.#sparse(block, header.type, pax, path);
    // The others have no data, even where their header gives a size, as some programs write for hard links.
    const data = kind === 'file' ? stored - (sparse?.mapSize ?? 0) : 0;
    if (data < 0) throw new LayerError('its size is smaller than its map', { entry: shownPath(path) });
    this.#unread = kind === 'file' ? data + padded(stored) - stored : 0;
    return {
      ...{ kind, path },
      target: pax.get('linkpath') ?? longLink ?? header.linkName,
      size: kind === 'file' ? (sparse?.realSize ?? stored) : 0,
      mode: header.mode & 0o7777,
      uid: numberOf('uid', header.uid),
      gid: numberOf('gid', header.gid),
      mtime: numberOf('mtime', header.mtime),
      ...{ major: header.major, minor: header.minor },
      xattrs: xattrsOf(pax),
      contents: () => this.#contents(data, sparse, path),
    };
  }

  #sparse(block: Buffer, type: string, pax: PaxRecords, path: string): Promise<SparseMap | undefined> {
    return type === 'S' ? readOldSparse(block, path, this.#input) : readPaxSparse(pax, path, this.#input);
  }

  async *#contents(
    size: number,
    sparse: SparseMap | undefined,
    path: string,
  ): AsyncGenerator<{ offset: number; bytes: Buffer }, void, void> {
    let left = size;
    for (const part of sparse?.parts ?? [{ offset: 0, size }]) {
      if (part.size > left) throw new LayerError('its map is larger than its data', { entry: shownPath(path) });
      for (let done = 0; done < part.size; ) {
        const bytes = await this.#input.some(part.size - done);
        this.#unread -= bytes.length;
        left -= bytes.length;
        yield { offset: part.offset + done, bytes };
        done += bytes.length;
      }
    }
  }

  async #metadata({ size, name }: TarHeader): Promise<Buffer> {
    if (size > maximumMetadata) {
      throw new LayerError(`its extended header has ${size} bytes, more than ${maximumMetadata}`, {
        entry: shownPath(name),
      });
    }
    return (await this.#input.exactly(padded(size))).subarray(0, size);
  }
}

function padded(size: number): number {
  return Math.ceil(size / blockSize) * blockSize;
}

function upToNul(data: Buffer): string {
  const text = data.toString('latin1');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function paxNumber(pax: PaxRecords, key: string, path: string): number | undefined {
  const text = pax.get(key);
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (/^-?[0-9]+(\.[0-9]+)?$/.test(text) && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  throw new LayerError(`its ${key} is no number that can be used`, { entry: shownPath(path) });
}

function xattrsOf(pax: PaxRecords): Map<string, string> {
  const found = [...pax].filter(([key]) => key.startsWith(xattrKey));
  return new Map(found.map(([key, value]) => [key.slice(xattrKey.length), value]));
}
