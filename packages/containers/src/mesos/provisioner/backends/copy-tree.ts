import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmSync,
  type Stats,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { LayerRecord } from '../unpack/layer-record.ts';
import type { NodeRequest, XattrRequest } from '../unpack/special-files.ts';

const { COPYFILE_EXCL, COPYFILE_FICLONE, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
const blockBytes = 512;
const chunkBytes = 1024 * 1024;
/** Holes are found in pieces of this size, the block of most file systems. */
const holeBytes = 4096;

/**
 * Copies layers over each other into one directory. Only this process changes it, and each directory on the way was
 * seen to be one: nothing is written through a link that a lower layer made. Paths are bytes, one character each.
 */
export class CopyTree {
  readonly #asRoot = process.geteuid?.() === 0;
  readonly #target: string;
  readonly #nodes = new Map<string, NodeRequest>();
  readonly #xattrs = new Map<string, XattrRequest[]>();
  readonly #directories = new Map<string, Stats>();
  #bytes = 0;

  /** @param target an existing directory. */
  constructor(target: string) {
    this.#target = Buffer.from(target).toString('latin1');
  }

  /** Devices that are to be made at the end. */
  get nodes(): NodeRequest[] {
    return [...this.#nodes.values()];
  }

  /** Attributes that are to be set at the end. */
  get xattrs(): XattrRequest[] {
    return [...this.#xattrs.values()].flat();
  }

  /** The size of all files that were copied. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Applies the whiteouts of a layer to what the lower ones have brought, and then copies its files. */
  add(root: string, record: LayerRecord): void {
    for (const path of record.whiteouts) if (this.#isReached(path)) this.#remove(path);
    for (const path of record.opaque) if (this.#isReached(path)) this.#empty(path);
    const from = Buffer.from(root).toString('latin1');
    this.#directory(from, '', new Map());
    for (const [path, name, value] of record.xattrs) {
      this.#xattrs.set(path, [...(this.#xattrs.get(path) ?? []), { path, name, value }]);
    }
  }

  /** Sets owners, permissions and times of directories, after all that is in them was made; the deepest first. */
  finish(): void {
    for (const [path, stats] of [...this.#directories].sort(([a], [b]) => depth(b) - depth(a))) {
      const at = this.#at(path);
      if (this.#asRoot) lchownSync(at, stats.uid, stats.gid);
      chmodSync(at, stats.mode & 0o7777);
      lutimesSync(at, stats.atimeMs / 1000, stats.mtimeMs / 1000);
    }
  }

  /** Copies a directory. @param links the files of the layer with several names, by their numbers. */
  #directory(from: string, path: string, links: Map<number, string>): void {
    this.#directories.set(path, lstatSync(bytes(path === '' ? from : `${from}/${path}`)));
    for (const name of readdirSync(bytes(path === '' ? from : `${from}/${path}`), 'latin1')) {
      this.#entry(from, path === '' ? name : `${path}/${name}`, links);
    }
  }

  #entry(from: string, path: string, links: Map<number, string>): void {
    const source = bytes(`${from}/${path}`);
    const stats = lstatSync(source);
    if (isWhiteout(stats)) return; // in the form of overlay; the record has it, too
    const existing = lstatSync(this.#at(path), { throwIfNoEntry: false });
    if (stats.isDirectory()) {
      if (!existing?.isDirectory()) {
        this.#remove(path);
        mkdirSync(this.#at(path), { mode: 0o700 });
      }
      this.#xattrs.delete(path);
      return this.#directory(from, path, links);
    }
    this.#remove(path);
    const first = stats.nlink > 1 ? links.get(stats.ino) : undefined;
    if (first !== undefined) return this.#hardLink(first, path);
    if (stats.nlink > 1) links.set(stats.ino, path);
    if (stats.isFile()) this.#file(source, path, stats);
    else if (stats.isSymbolicLink()) this.#symlink(source, path, stats);
    else this.#node(path, stats);
  }

  #file(source: Buffer, path: string, stats: Stats): void {
    this.#bytes += stats.size;
    const target = this.#at(path);
    if (stats.blocks * blockBytes < stats.size) copySparse(source, target, stats.size);
    else copyFileSync(source, target, COPYFILE_EXCL | COPYFILE_FICLONE);
    const file = openSync(target, O_RDONLY | O_NOFOLLOW);
    try {
      if (this.#asRoot) fchownSync(file, stats.uid, stats.gid);
      fchmodSync(file, stats.mode & 0o7777);
      futimesSync(file, stats.atimeMs / 1000, stats.mtimeMs / 1000);
    } finally {
      closeSync(file);
    }
  }

  #hardLink(first: string, path: string): void {
    const node = this.#nodes.get(first);
    if (node !== undefined) this.#nodes.set(path, { ...node, path });
    else linkSync(this.#at(first), this.#at(path));
  }

  #symlink(source: Buffer, path: string, { uid, gid, atimeMs, mtimeMs }: Stats): void {
    const at = this.#at(path);
    symlinkSync(readlinkSync(source, 'buffer'), at);
    if (this.#asRoot) lchownSync(at, uid, gid);
    lutimesSync(at, atimeMs / 1000, mtimeMs / 1000);
  }

  #node(path: string, { mode, uid, gid, mtimeMs, rdev }: Stats): void {
    const [major, minor] = [(rdev >> 8) & 0xfff, (rdev & 0xff) | ((rdev >> 12) & 0xfff00)];
    this.#nodes.set(path, { path, mode, uid, gid, mtime: mtimeMs / 1000, major, minor });
  }

  /** Tells whether a path of a record can be followed without a link: a link of a lower layer may be in its place. */
  #isReached(path: string): boolean {
    const parts = path.split('/');
    return parts.slice(0, -1).every((_, index) => this.#isDirectory(parts.slice(0, index + 1).join('/')));
  }

  #isDirectory(path: string): boolean {
    return lstatSync(this.#at(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  #empty(path: string): void {
    if (!this.#isDirectory(path)) return;
    for (const name of readdirSync(this.#at(path), 'latin1')) this.#remove(path === '' ? name : `${path}/${name}`);
    for (const key of this.#nodes.keys()) if (path === '' || key.startsWith(`${path}/`)) this.#nodes.delete(key);
  }

  #remove(path: string): void {
    const stats = lstatSync(this.#at(path), { throwIfNoEntry: false });
    this.#nodes.delete(path);
    this.#xattrs.delete(path);
    if (stats === undefined) return;
    if (!stats.isDirectory()) return unlinkSync(this.#at(path));
    rmSync(this.#at(path), { recursive: true });
    for (const each of [this.#nodes, this.#xattrs, this.#directories]) {
      for (const key of each.keys()) if (key === path || key.startsWith(`${path}/`)) each.delete(key);
    }
  }

  #at(path: string): Buffer {
    return bytes(path === '' ? this.#target : `${this.#target}/${path}`);
  }
}

/** Copies a file with holes, and keeps pieces of zeros as holes. */
function copySparse(source: Buffer, target: Buffer, size: number): void {
  const from = openSync(source, O_RDONLY | O_NOFOLLOW);
  try {
    const to = openSync(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      const chunk = Buffer.alloc(chunkBytes);
      for (let offset = 0; ; ) {
        const length = readSync(from, chunk, 0, chunkBytes, offset);
        if (length === 0) break;
        for (let start = 0; start < length; start += holeBytes) {
          const piece = chunk.subarray(start, Math.min(start + holeBytes, length));
          if (piece.some(byte => byte !== 0)) writeSync(to, piece, 0, piece.length, offset + start);
        }
        offset += length;
      }
      ftruncateSync(to, size);
    } finally {
      closeSync(to);
    }
  } finally {
    closeSync(from);
  }
}

function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0;
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

function depth(path: string): number {
  return path === '' ? 0 : path.split('/').length;
}
