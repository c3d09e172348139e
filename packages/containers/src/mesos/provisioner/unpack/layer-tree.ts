import {
  chmodSync,
  chownSync,
  constants,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  rmSync,
  type Stats,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { LayerError } from './layer-error.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
/** The kernel's limit of links in one path. */
const maximumLinks = 40;

/** The owner, permissions and time of an entry. */
export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
}

/**
 * A directory tree that only this process changes, and that nothing is written out of. Paths are relative to it; they
 * and names are bytes, one character each. Every directory on the way to an entry is looked at before the entry is
 * made: the tree is private, so it cannot change in between. Synchronous, for threads that do nothing else.
 *
 * Links on the way are followed only when they are relative and stay in the tree.
 */
export class LayerTree {
  /** Owners are set. */
  readonly #asRoot = process.geteuid?.() === 0;
  readonly #root: string;
  /** Paths that are known to be directories, not links. */
  readonly #directories = new Set<string>(['']);

  /** @param root an existing, empty directory. */
  constructor(root: string) {
    this.#root = Buffer.from(root).toString('latin1');
  }

  /**
   * Resolves the path of an entry: makes the directories on its way that are missing, and follows links there.
   *
   * @returns the path without links, to be passed to the other methods.
   * @throws {LayerError} when the path is absolute, leaves the tree, or leads through a file.
   */
  resolve(path: string): string {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) return '';
    const parent = parts.join('/');
    const real = this.#directories.has(parent) ? parent : this.#walk(parts);
    return real === '' ? name : `${real}/${name}`;
  }

  /** Returns what is at a resolved path; a link is not followed. */
  look(path: string): Stats | undefined {
    return lstatSync(this.#at(path), { throwIfNoEntry: false });
  }

  /** Makes a directory that only this user may read, or keeps an existing one. */
  directory(path: string): void {
    if (this.#directories.has(path)) return;
    if (!this.look(path)?.isDirectory()) {
      this.remove(path);
      mkdirSync(this.#at(path), 0o700);
    }
    this.#directories.add(path);
  }

  /** Creates a file in place of anything that is there, and opens it for writing. */
  create(path: string): number {
    this.remove(path);
    return openSync(this.#at(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  }

  /** Makes a symbolic link in place of anything that is there. */
  symlink(path: string, target: string, { uid, gid, mtime }: Attributes): void {
    this.remove(path);
    symlinkSync(Buffer.from(target, 'latin1'), this.#at(path));
    if (this.#asRoot) lchownSync(this.#at(path), uid, gid);
    lutimesSync(this.#at(path), mtime, mtime);
  }

  /** Makes another name of a file, in place of anything that is there. @throws {LayerError} */
  hardLink(path: string, target: string): void {
    const file = this.look(target);
    if (file === undefined) throw new LayerError('it is a hard link to a file that is not in the layer');
    if (file.isDirectory()) throw new LayerError('it is a hard link to a directory');
    if (path === target) return;
    this.remove(path);
    linkSync(this.#at(target), this.#at(path));
  }

  /** Sets owner, permissions and time of an entry that is not a link. The owner comes first: it clears setuid. */
  setAttributes(path: string, { mode, uid, gid, mtime }: Attributes): void {
    const at = this.#at(path);
    if (this.#asRoot) chownSync(at, uid, gid);
    chmodSync(at, mode);
    lutimesSync(at, mtime, mtime);
  }

  /** Removes what is at a resolved path, if anything. A link is removed itself. */
  remove(path: string): void {
    const stats = this.look(path);
    if (stats === undefined) return;
    if (path === '') throw new LayerError('it would replace the root directory');
    if (!stats.isDirectory()) return unlinkSync(this.#at(path));
    rmSync(this.#at(path), { recursive: true });
    for (const each of this.#directories)
      if (each === path || each.startsWith(`${path}/`)) this.#directories.delete(each);
  }

  #walk(parts: readonly string[]): string {
    const rest = [...parts];
    const done: string[] = [];
    for (let links = 0, name = rest.shift(); name !== undefined; name = rest.shift()) {
      if (name === '..') {
        if (done.pop() === undefined) throw new LayerError('it leads out of the layer, through a link');
        continue;
      }
      const here = [...done, name].join('/');
      const stats = this.#directories.has(here) ? undefined : this.look(here);
      if (stats?.isSymbolicLink()) {
        if (++links > maximumLinks) throw new LayerError('the links on its way lead in a circle');
        rest.unshift(...this.#targetOf(here));
        continue;
      }
      if (stats !== undefined && !stats.isDirectory()) {
        throw new LayerError('it is in a directory that is another kind of file');
      }
      if (stats === undefined && !this.#directories.has(here)) this.#makeMissing(here);
      this.#directories.add(here);
      done.push(name);
    }
    return done.join('/');
  }

  #makeMissing(path: string): void {
    mkdirSync(this.#at(path));
    chmodSync(this.#at(path), 0o755); // the umask does not apply
  }

  #targetOf(link: string): string[] {
    const target = readlinkSync(this.#at(link), 'latin1');
    if (target.startsWith('/')) throw new LayerError('it is to be written through a link to an absolute path');
    return target.split('/').filter(part => part !== '' && part !== '.');
  }

  #at(path: string): Buffer {
    return Buffer.from(path === '' ? this.#root : `${this.#root}/${path}`, 'latin1');
  }
}

/** Splits a path of an archive. @throws {LayerError} when it is absolute or has `..`. */
function partsOf(path: string): string[] {
  if (path.startsWith('/')) throw new LayerError('its path is absolute');
  if (path.includes('\0')) throw new LayerError('its path has a NUL byte');
  const parts = path.split('/').filter(part => part !== '' && part !== '.');
  if (parts.includes('..')) throw new LayerError("its path has '..'");
  return parts;
}
