import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import {
  type FileHandle,
  lchown,
  lstat,
  mkdir,
  open,
  opendir,
  readdir,
  readlink,
  rename,
  rmdir,
  symlink,
  unlink,
} from 'node:fs/promises';
import { promisify } from 'node:util';
import type { User } from '@meseta/system';
import { NotRegularFileError } from '@meseta/system/regular-file';
import { readMountPoints, unmount } from '../mount-points.ts';

const runFile = promisify(execFile);

/** Who owns new entries. */
type Owner = Pick<User, 'uid' | 'gid'>;

/** Of Linux; Node.js has no name for it. */
const O_PATH = 0o10000000;
const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/**
 * An open directory. Names are resolved in the directory itself, not along a path, so that renames and links that its
 * owner makes meanwhile cannot lead to another directory. A name is one component; links are never followed.
 *
 * It works like the *at functions of POSIX, through `/proc/self/fd`.
 */
export class Directory {
  readonly #handle: FileHandle;
  readonly #owner: Owner | undefined;

  private constructor(handle: FileHandle, owner: Owner | undefined) {
    this.#handle = handle;
    this.#owner = owner;
  }

  /** Opens a directory. @param owner of new entries; undefined for this process's user. */
  static async open(path: string, owner: Owner | undefined): Promise<Directory> {
    return new Directory(await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), owner);
  }

  /**
   * Opens a subdirectory.
   *
   * @param options.create makes it when it is missing.
   * @param options.owner of new entries in it, when that is another one.
   * @throws ENOTDIR for anything else, links included.
   */
  async enter(
    name: string,
    options: { readonly create?: boolean; readonly owner?: Owner | undefined } = {},
  ): Promise<Directory> {
    const made = options.create && (await this.#make(name));
    const directory = await Directory.open(this.#at(name), options.owner ?? this.#owner);
    if (made) await directory.#handle.chown(...this.#ids());
    return directory;
  }

  /** Creates a file. @param mode less the umask. @throws EEXIST for an existing file or link. */
  async create(name: string, mode = 0o644): Promise<FileHandle> {
    const file = await open(this.#at(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    if (this.#owner === undefined) return file;
    try {
      await file.chown(...this.#ids());
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Opens a file for appending. @throws {NotRegularFileError} for a link, FIFO, device and the like. */
  append(name: string): Promise<FileHandle> {
    return this.#regular(name, O_WRONLY | O_APPEND);
  }

  /** Opens a file for reading. @throws {NotRegularFileError} for a link, FIFO, device and the like. */
  openFile(name: string): Promise<FileHandle> {
    return this.#regular(name, O_RDONLY);
  }

  /** A path that leads to it as long as it is open, for processes of this user, and of root's. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.#handle.fd}`;
  }

  names(): Promise<string[]> {
    return readdir(this.#at('.'));
  }

  /** Finds the directories in it, and closes it in the end. There may be very many: only some are read at a time. */
  async *directories(): AsyncGenerator<{ name: string; changedMs: number }> {
    try {
      for await (const entry of await opendir(this.#at('.'))) {
        if (!entry.isDirectory()) continue;
        const found = await lstat(this.#at(entry.name)).catch(() => undefined); // its owner has removed it
        if (found?.isDirectory()) yield { name: entry.name, changedMs: Math.min(found.mtimeMs, found.ctimeMs) };
      }
    } finally {
      await this.close();
    }
  }

  /** Moves an entry, and replaces a file or link at the destination. @throws ENOTEMPTY, EISDIR, ENOTDIR, … */
  async move(name: string, destination: Directory, newName = name): Promise<void> {
    const move = () => rename(this.#at(name), destination.#at(newName));
    try {
      await move();
    } catch (error) {
      // Only root can move a directory that its owner may not write to.
      if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
      const directory = await Directory.open(this.#at(name), this.#owner);
      try {
        const { mode } = await directory.#handle.stat();
        await directory.#handle.chmod(mode | 0o700);
        await move();
        await directory.#handle.chmod(mode);
      } finally {
        await directory.close();
      }
    }
  }

  /** Makes a symbolic link, in place of another one. @throws EEXIST for anything else that has the name. */
  async link(name: string, target: string): Promise<void> {
    const make = () => symlink(target, this.#at(name));
    try {
      await make();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if ((await this.#target(name)) === undefined) throw error;
      await unlink(this.#at(name));
      await make();
    }
  }

  /** Removes a file or link. */
  removeFile(name: string): Promise<void> {
    return unlink(this.#at(name));
  }

  /** Removes an empty directory. @returns false when it is not empty. */
  async removeEmpty(name: string): Promise<boolean> {
    try {
      await rmdir(this.#at(name));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
      return false;
    }
  }

  /** Returns the size of a file or link; undefined when it is missing. */
  async size(name: string): Promise<number | undefined> {
    return lstat(this.#at(name)).then(
      ({ size }) => size,
      () => undefined,
    );
  }

  /** Removes a symbolic link to that target; does nothing for anything else. */
  async unlink(name: string, target: string): Promise<void> {
    if ((await this.#target(name)) === target) await unlink(this.#at(name));
  }

  /** Gives the owner all permissions, whatever mode an archive has set. */
  open(): Promise<void> {
    return this.#handle.chmod(0o700);
  }

  /** Gives the directory a mode and an owner. */
  async become({ mode, uid, gid }: { mode: number; uid: number; gid: number }): Promise<void> {
    await this.#handle.chown(uid, gid);
    await this.#handle.chmod(mode & 0o7777);
  }

  /** Returns its mode, and whose it is. */
  async ownership(): Promise<{ mode: number; uid: number; gid: number }> {
    const { mode, uid, gid } = await this.#handle.stat();
    return { mode: mode & 0o7777, uid, gid };
  }

  /** Finds what is in it. There may be very many: only some are read at a time. */
  async *entries(): AsyncGenerator<{ name: string; isDirectory: boolean; uid: number; links: number }> {
    for await (const { name } of await opendir(this.#at('.'))) {
      const found = await lstat(this.#at(name)).catch(() => undefined); // its owner has removed it
      if (found) yield { name, isDirectory: found.isDirectory(), uid: found.uid, links: found.nlink };
    }
  }

  /** Gives a file or link to a user and a group. A link is not followed. */
  giveFile(name: string, uid: number, gid: number): Promise<void> {
    return lchown(this.#at(name), uid, gid);
  }

  /** Returns the user id of its owner. */
  async ownerId(): Promise<number> {
    return (await this.#handle.stat()).uid;
  }

  /**
   * Removes an entry with everything in it, in a process of its own: a sandbox can have many files. A link is removed,
   * not followed. What is mounted in it is unmounted, and stays what it is. A missing entry is fine.
   *
   * @param signal leaves the rest when it is aborted.
   * @throws what `rm` could not remove, or `umount` could not unmount.
   */
  async removeTree(name: string, signal?: AbortSignal): Promise<void> {
    await this.#remove([name], signal).catch(async () => {
      signal?.throwIfAborted();
      // Root cannot remove what is marked as immutable, and others not what is in a directory without permissions.
      if (process.geteuid?.() === 0) await this.#unmark(name, signal);
      else await this.#run('chmod', ['--recursive', 'u+rwX'], [name], signal);
      await this.#remove([name], signal);
    });
  }

  /**
   * The same for many entries, in one process where that can remove them.
   *
   * @returns what could not be removed, and why.
   */
  async removeTrees(names: readonly string[], signal?: AbortSignal): Promise<{ name: string; error: unknown }[]> {
    const failures: { name: string; error: unknown }[] = [];
    try {
      await this.#remove(names, signal);
    } catch {
      for (const name of names) await this.removeTree(name, signal).catch(error => failures.push({ name, error }));
    }
    return failures;
  }

  async #remove(names: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    // A part of the same file system that is mounted in it would be entered.
    const own = await readlink(this.#at('').slice(0, -1));
    const points = await readMountPoints();
    const isIn = (point: string) => names.some(name => `${point}/`.startsWith(`${own}/${name}/`));
    for (const point of points.filter(isIn)) await unmount(point);
    await this.#run('rm', ['--recursive', '--force', '--one-file-system'], names, signal);
  }

  async #run(command: string, options: string[], names: readonly string[], signal?: AbortSignal): Promise<void> {
    const argv = [...options, '--', ...names.map(name => `./${name}`)];
    await runFile(command, argv, { cwd: this.#at('.'), ...(signal && { signal }) });
  }

  /** Takes the marks away by which files cannot be changed. */
  async #unmark(name: string, signal?: AbortSignal): Promise<void> {
    const marked = ['(', '-type', 'd', '-o', '-type', 'f', ')'];
    const chattr = ['-execdir', 'chattr', '-f', '-i', '-a', '--', '{}', '+'];
    const options = { cwd: this.#at('.'), ...(signal && { signal }) };
    const find = runFile('find', ['-P', `./${name}`, '-xdev', ...marked, ...chattr], options);
    await find.catch(() => undefined); // rm says what it cannot remove
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #make(name: string): Promise<boolean> {
    try {
      await mkdir(this.#at(name), 0o755);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  /** Returns what a link says; undefined for anything else. */
  async #target(name: string): Promise<string | undefined> {
    return readlink(this.#at(name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EINVAL' && error.code !== 'ENOENT') throw error;
      return undefined;
    });
  }

  /**
   * Opens a regular file. To open a FIFO waits for its other end, and to open a device does something: so it is found first, which
   * opens nothing, and what was found is opened.
   */
  async #regular(name: string, flags: number): Promise<FileHandle> {
    const found = await open(this.#at(name), O_PATH | O_NOFOLLOW);
    try {
      const stats = await found.stat();
      if (!stats.isFile()) throw new NotRegularFileError(name, stats);
      return await open(`/proc/self/fd/${found.fd}`, flags);
    } finally {
      await found.close();
    }
  }

  #at(name: string): string {
    return `/proc/self/fd/${this.#handle.fd}/${name}`;
  }

  /** Returns the ids for chown; -1 means no change. */
  #ids(): [uid: number, gid: number] {
    return this.#owner === undefined ? [-1, -1] : [this.#owner.uid, this.#owner.gid];
  }
}
