/** The virtual file system behind `/files/*`, LIST_FILES and READ_FILE: real directories and files under attached names. */
import { constants, type Stats } from 'node:fs';
import { access, type FileHandle, lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Principal } from '@meseta/process';
import type { FileInfo } from '@meseta/protocol';
import { FilesError } from './error.ts';
import { groups, users } from './names.ts';
import { isInside, openInside } from './open-inside.ts';

/** Most bytes one read returns: 16 pages, as in Mesos. */
export const maxReadBytes = 64 * 1024;

/** Entries of a directory are looked at in portions, so that a huge one does not fill the thread pool. */
const portion = 64;

/** Tells whether a principal may see the files below an attached name. */
export type MayRead = (principal: Principal | undefined) => boolean | Promise<boolean>;

/** A real path and who may read it. */
export interface Attachment {
  /** Real path of a directory or a regular file. */
  readonly root: string;
  readonly mayRead: MayRead;
}

/** Attached paths that are numerous and change often: they are looked up for each request. */
export interface Mount {
  /**
   * Finds the attachment that contains a path.
   *
   * @param path without a slash at its end.
   * @returns the virtual name at the beginning of the path, the real path it stands for, and who may see it.
   */
  find(path: string): Promise<(Attachment & { readonly name: string }) | undefined>;
  /** All of them, virtual to real paths. */
  list(): Promise<ReadonlyMap<string, string>>;
}

/** A file to send whole. The receiver closes `handle`. */
export interface Download {
  readonly handle: FileHandle;
  readonly size: number;
  /** Identifies the file, under any name and whatever is added to it. */
  readonly id: string;
  /** Last component of the path, valid UTF-8. */
  readonly name: string;
}

/** A file that is made after the removal of another one may get its inode, but was born later. */
const fileId = ({ dev, ino, birthtimeMs }: Stats) => `${dev}-${ino}-${birthtimeMs}`;

const withoutSlash = (path: string) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);

/**
 * Attached paths and what can be seen through them. A name may be that of a directory or of one file. Every access is
 * checked against the attached path at the moment it happens; see `openInside`.
 *
 * All methods throw {@link FilesError} with codes `INVALID` (400), `NOT_FOUND` (404), `UNAUTHORIZED` (403), `UNKNOWN` (500).
 *
 * @see Mesos src/files/files.cpp
 */
export class Files {
  readonly #attached = new Map<string, Attachment>();
  readonly #mounts: Mount[] = [];

  /**
   * Shows a real path under a virtual one; replaces what that showed before.
   *
   * @throws {FilesError} NOT_FOUND or UNKNOWN when the path is not there or cannot be read.
   */
  async attach(realPath: string, virtualPath: string, mayRead: MayRead): Promise<void> {
    try {
      const root = await realpath(realPath);
      await access(root, constants.R_OK);
      this.#attached.set(withoutSlash(virtualPath), { root, mayRead });
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      const missing = code === 'ENOENT' || code === 'ENOTDIR';
      throw new FilesError(missing ? 'NOT_FOUND' : 'UNKNOWN', `Failed to get realpath of '${realPath}'`, { cause });
    }
  }

  /** Unknown names are no error. */
  detach(virtualPath: string): void {
    this.#attached.delete(withoutSlash(virtualPath));
  }

  /** Shows what a mount has, where no attached name says otherwise. */
  mount(mount: Mount): void {
    this.#mounts.push(mount);
  }

  /** Virtual to real paths, sorted. */
  async debug(): Promise<Record<string, string>> {
    const mounted = await Promise.all(this.#mounts.map(mount => mount.list()));
    const attached = [...this.#attached].map(([virtual, { root }]) => [virtual, root] as const);
    const entries = [...mounted.flatMap(each => [...each]), ...attached];
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** What a directory holds, sorted by name; nothing for a plain file. Names that are not UTF-8 are made so. */
  async browse(path: string, principal?: Principal): Promise<FileInfo[]> {
    const { handle, root } = await this.#open(path, principal);
    try {
      if (!(await handle.stat()).isDirectory()) return [];
      // Through the open directory: its path may lead elsewhere by now.
      const directory = `/proc/self/fd/${handle.fd}`;
      const names = (await readdir(directory, { encoding: 'buffer' })).sort(Buffer.compare);
      const owners = { users: await users.names(), groups: await groups.names() };
      const result: FileInfo[] = [];
      for (let start = 0; start < names.length; start += portion) {
        const infos = names.slice(start, start + portion).map(async name => {
          const stats = await statEntry(root, Buffer.concat([Buffer.from(`${directory}/`), name]));
          return stats && fileInfo(join(path, name.toString('utf8')), stats, owners);
        });
        result.push(...(await Promise.all(infos)).filter(info => info !== undefined));
      }
      return result;
    } finally {
      await handle.close();
    }
  }

  /**
   * Part of a file.
   *
   * @param offset in bytes; at or beyond the end nothing is read.
   * @param length in bytes, cut to {@link maxReadBytes}; absent: as much as that. 0 only asks for the size.
   */
  async read(
    path: string,
    offset: number,
    length?: number,
    principal?: Principal,
  ): Promise<{ readonly size: number; readonly data: Buffer }> {
    const { handle } = await this.#open(path, principal);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new FilesError('INVALID', 'Cannot read a directory.\n');
      const wanted = Math.min(length ?? maxReadBytes, maxReadBytes, Math.max(0, stats.size - offset));
      if (wanted === 0) return { size: stats.size, data: Buffer.alloc(0) };
      const buffer = Buffer.alloc(wanted);
      const { bytesRead } = await handle.read(buffer, 0, wanted, offset);
      return { size: stats.size, data: buffer.subarray(0, bytesRead) };
    } finally {
      await handle.close();
    }
  }

  /** Opens a file to send it whole. */
  async download(path: string, principal?: Principal): Promise<Download> {
    const { handle, real } = await this.#open(path, principal);
    try {
      const stats = await handle.stat();
      if (stats.isFile()) {
        return { handle, size: stats.size, id: fileId(stats), name: basename(real).toWellFormed() };
      }
      throw new FilesError('INVALID', 'Cannot download a directory.\n');
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Finds what the path lies below, and opens what it means there. */
  async #open(path: string, principal: Principal | undefined) {
    const requested = withoutSlash(path);
    const { name, root, mayRead } = await this.#find(requested);
    if (!(await mayRead(principal))) throw new FilesError('UNAUTHORIZED');
    const real = join(root, requested.slice(name.length));
    return { handle: await openInside(root, real), root, real };
  }

  /** The attachment with the longest name that a path begins with, else the first mount's that has one. */
  async #find(path: string): Promise<Attachment & { readonly name: string }> {
    for (let name = path; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('/')))) {
      const attachment = this.#attached.get(name);
      if (attachment) return { ...attachment, name };
    }
    for (const mount of this.#mounts) {
      const found = await mount.find(path);
      if (found) return found;
    }
    throw new FilesError('NOT_FOUND');
  }
}

/** Of what a link points to, as long as that is inside; of the link itself otherwise. Undefined when it is gone. */
async function statEntry(root: string, path: Buffer): Promise<Stats | undefined> {
  try {
    const stats = await lstat(path);
    if (!stats.isSymbolicLink()) return stats;
    const target = await realpath(path).catch(() => undefined); // it points to nothing, or in a circle
    if (target === undefined || !isInside(root, target)) return stats;
    return await stat(target);
  } catch {
    return undefined; // removed since the directory was read
  }
}

interface Owners {
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
}

function fileInfo(path: string, stats: Stats, owners: Owners): FileInfo {
  return {
    path,
    nlink: stats.nlink,
    size: stats.size,
    mtime: { nanoseconds: Math.floor(stats.mtimeMs / 1000) * 1e9 },
    mode: stats.mode,
    uid: owners.users.get(stats.uid) ?? String(stats.uid),
    gid: owners.groups.get(stats.gid) ?? String(stats.gid),
  };
}
