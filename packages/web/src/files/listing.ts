/** Directories of agents, as `/files/browse` lists them. */
import { RequestError } from '../requests/request.ts';
import type { Row } from '../store/table.ts';
import type { Sorting } from '../ui/data-table.tsx';

/** What a directory holds, as rows: `name`, `kind`, `size`, `mtime` in seconds, `mode`, `owner`. */
export type Listing = readonly Row[];

/** Returns the address of a listing of an agent's directory, through the master. */
export function browseUrl(agentId: string, path: string): string {
  return `/agents/${encodeURIComponent(agentId)}/files/browse?${new URLSearchParams({ path })}`;
}

/** Makes rows of what an agent answers. What has no name is left out. @throws {RequestError} when it is no listing. */
export function readListing(answer: unknown): Listing {
  if (!Array.isArray(answer)) throw new RequestError('The agent answered with something that is no listing');
  return answer.flatMap(entry => {
    const { path, size, mtime, mode, uid, gid } = (entry ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof path !== 'string') return [];
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name === '') return [];
    const text = typeof mode === 'string' ? mode : '';
    return [
      {
        ...{ key: name, name, mode: text, kind: kindOf(text) },
        size: typeof size === 'number' ? size : 0,
        mtime: typeof mtime === 'number' ? mtime : Number.NaN,
        owner: [uid, gid].filter(each => typeof each === 'string' || typeof each === 'number').join(':'),
      },
    ];
  });
}

const kinds: Readonly<Record<string, string>> = {
  '-': 'file',
  d: 'directory',
  l: 'link',
  p: 'pipe',
  s: 'socket',
  b: 'device',
  c: 'device',
};

function kindOf(mode: string): string {
  return kinds[mode[0] ?? '-'] ?? 'file';
}

const collator = new Intl.Collator('en', { numeric: true });

/** Sorts rows, directories first in both orders; what is equal is in the order of names. */
export function sortedListing(rows: Listing, { sort, descending }: Sorting): Listing {
  const sign = descending ? -1 : 1;
  const byName = (one: Row, other: Row) => collator.compare(String(one.name), String(other.name));
  const isDirectory = (row: Row) => Number(row.kind === 'directory');
  return rows.toSorted((one, other) => {
    const kind = isDirectory(other) - isDirectory(one);
    return kind || sign * compare(one[sort], other[sort]) || byName(one, other) * (sort === 'name' ? sign : 1);
  });
}

function compare(one: string | number | undefined, other: string | number | undefined): number {
  if (typeof one === 'number' && typeof other === 'number') return (one || 0) - (other || 0);
  return collator.compare(String(one ?? ''), String(other ?? ''));
}

/** Returns the path of a place: one that begins with a slash is a path of the agent, another one is below the sandbox. */
export function directoryPath(sandbox: string, place: string): string {
  if (place.startsWith('/')) return place.length > 1 ? place.replace(/\/+$/, '') || '/' : place;
  return [sandbox, ...parts(place)].join('/');
}

/** A directory on the way to another one. */
export interface Crumb {
  readonly name: string;
  /** What the address says for it. */
  readonly path: string;
}

/** Returns the directories on the way to a place, itself included, without the sandbox. */
export function crumbs(place: string): readonly Crumb[] {
  const root = place.startsWith('/') ? '/' : '';
  const names = parts(place);
  return names.map((name, index) => ({ name, path: root + names.slice(0, index + 1).join('/') }));
}

/** Returns the place of a directory in another one. */
export function placeIn(place: string, name: string): string {
  return place === '' ? name : `${place.replace(/\/+$/, '')}/${name}`;
}

/** What is no step down is left out: a sandbox is not left that way. */
function parts(place: string): string[] {
  return place.split('/').filter(part => part !== '' && part !== '.' && part !== '..');
}
