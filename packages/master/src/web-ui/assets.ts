/** The files of a web UI: read from a directory once, by the names that browsers ask for. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** One file. */
export interface Asset {
  /** Where it is on disk. */
  readonly file: string;
  /** Compressed copies beside it, by the coding's name in HTTP. */
  readonly compressed: Readonly<Partial<Record<Coding, string>>>;
}

/** Codings of compressed copies, the best first. */
export const codings = ['br', 'gzip'] as const;
/** One of {@link codings}. */
export type Coding = (typeof codings)[number];

const extensions: Readonly<Record<Coding, string>> = { br: '.br', gzip: '.gz' };

/** The files of a directory by their path in it, `assets/main.js`. */
export type Assets = ReadonlyMap<string, Asset>;

/**
 * Lists the files of a directory, and of those in it. What is asked for later is looked up here, so that no path leads out of it.
 * Links are left out.
 *
 * @returns undefined when there is no such directory, or no `index.html` in it.
 * @throws {Error} of `fs` when it cannot be read.
 */
export async function readAssets(directory: string): Promise<Assets | undefined> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(missing);
  const names = new Set<string>();
  for (const entry of entries) if (entry.isFile()) names.add(relative(directory, join(entry.parentPath, entry.name)));
  if (!names.has('index.html')) return undefined;
  const assets = new Map<string, Asset>();
  for (const name of names) {
    const copies = codings.filter(coding => names.has(name + extensions[coding]));
    const compressed = Object.fromEntries(copies.map(coding => [coding, join(directory, name + extensions[coding])]));
    assets.set(name, { file: join(directory, name), compressed });
  }
  return assets;
}

/** Reads a file, in the best coding that a client accepts. @returns undefined when it is gone since the directory was listed. */
export async function readAsset(
  { file, compressed }: Asset,
  accepts: (coding: Coding) => boolean,
): Promise<{ readonly body: Buffer; readonly coding: Coding | undefined } | undefined> {
  const coding = codings.find(each => compressed[each] !== undefined && accepts(each));
  const body = await readFile((coding && compressed[coding]) ?? file).catch(gone);
  return body && { body, coding };
}

function missing(error: NodeJS.ErrnoException): [] {
  gone(error);
  return [];
}

function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
