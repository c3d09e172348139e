/**
 * Writes the entries of a layer's archive into a directory. This is where it is decided what an entry may do.
 *
 * Whiteouts (`.wh.NAME`, which hides NAME of lower layers, and `.wh..wh..opq`, which hides all that lower layers have in
 * a directory) are recorded. For overlay they are also made in its form: a device 0/0, and an extended attribute.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/layer.md
 */
import { closeSync, fchmodSync, fchownSync, ftruncateSync, futimesSync, writeSync } from 'node:fs';
import { LayerError, shownPath } from './layer-error.ts';
import type { LayerRecord } from './layer-record.ts';
import { type Attributes, LayerTree } from './layer-tree.ts';
import { kindBits, makeSpecialFiles, type NodeRequest, type XattrRequest } from './special-files.ts';
import type { TarEntry } from './tar-reader.ts';

/** What a layer may have. */
export interface LayerLimits {
  readonly entries: number;
  /** Of all files together, with their holes. */
  readonly bytes: number;
}

const whiteoutPrefix = '.wh.';
const opaqueWhiteout = '.wh..wh..opq';
const opaqueXattr = { name: 'trusted.overlay.opaque', value: Buffer.from('y').toString('hex') };
/** Times of entries that the kernel's file systems can store, in seconds since the epoch. */
const [earliest, latest] = [-(2 ** 31), 2 ** 33];
/** The largest user or group id; one more means "no change" to chown(2). */
const largestId = 2 ** 32 - 2;
const rootAttributes: Attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };

/** Writes one layer. The caller passes every entry to `write`, and then calls `finish`. */
export class LayerWriter {
  readonly #tree: LayerTree;
  readonly #root: string;
  readonly #limits: LayerLimits;
  readonly #asRoot = process.geteuid?.() === 0;
  readonly #directories = new Map<string, Attributes>([['', rootAttributes]]);
  readonly #nodes = new Map<string, NodeRequest>();
  readonly #xattrs = new Map<string, XattrRequest[]>();
  readonly #whiteouts = new Set<string>();
  readonly #opaque = new Set<string>();
  #entries = 0;
  #bytes = 0;
  #skippedDevices = 0;

  /** @param root an empty directory. */
  constructor(root: string, limits: LayerLimits) {
    this.#root = root;
    this.#tree = new LayerTree(root);
    this.#limits = limits;
  }

  /** Writes an entry. @throws {LayerError} with its name. */
  async write(entry: TarEntry): Promise<void> {
    try {
      await this.#write(entry);
    } catch (error) {
      const { entry: known, message } = error as LayerError;
      if (!(error instanceof LayerError)) throw withEntry(error as NodeJS.ErrnoException, entry.path);
      throw known === undefined ? new LayerError(message, { entry: shownPath(entry.path), cause: error }) : error;
    }
  }

  /**
   * Makes what has to come last: devices, attributes, and the times of directories.
   *
   * @param overlay makes whiteouts in the form of overlay, which needs root.
   */
  finish(overlay: boolean): LayerRecord {
    const xattrs = [...this.#xattrs.values()].flat();
    const marks = overlay ? this.#overlayMarks() : { nodes: [], xattrs: [] };
    makeSpecialFiles(this.#root, [...this.#nodes.values(), ...marks.nodes], [...xattrs, ...marks.xattrs]);
    // The deepest first: without being root, a directory cannot be entered after it got its own permissions.
    const paths = [...this.#directories.keys()].sort((a, b) => depth(b) - depth(a));
    for (const path of paths) this.#tree.setAttributes(path, this.#directories.get(path) ?? rootAttributes);
    return {
      format: 1,
      whiteouts: [...this.#whiteouts],
      opaque: [...this.#opaque],
      xattrs: xattrs.map(({ path, name, value }) => [path, name, value]),
      bytes: this.#bytes,
      entries: this.#entries,
      skippedDevices: this.#skippedDevices,
    };
  }

  async #write(entry: TarEntry): Promise<void> {
    if (++this.#entries > this.#limits.entries) {
      throw new LayerError(`the layer has more than ${this.#limits.entries} entries`);
    }
    this.#bytes += entry.size;
    if (this.#bytes > this.#limits.bytes) {
      throw new LayerError(`the files of the layer have more than ${this.#limits.bytes} bytes`);
    }
    if (isOfAufs(entry.path)) return;
    const path = this.#tree.resolve(entry.path);
    if (this.#whiteout(path)) return;
    const attributes = attributesOf(entry);
    this.#forget(path, entry.kind === 'directory');
    switch (entry.kind) {
      case 'directory':
        this.#tree.directory(path);
        this.#directories.set(path, attributes);
        break;
      case 'file':
        await this.#file(path, entry, attributes);
        break;
      case 'symlink':
        if (entry.target === '') throw new LayerError('it is a link without a target');
        this.#tree.symlink(path, entry.target, attributes);
        break;
      case 'hardLink':
        return this.#hardLink(path, this.#tree.resolve(entry.target));
      case 'character':
      case 'block':
      case 'fifo':
        return this.#node(path, entry.kind, entry, attributes);
      default:
        throw new Error(`unhandled kind ${entry.kind satisfies never}`);
    }
    this.#setXattrs(path, entry);
  }

  async #file(path: string, entry: TarEntry, { mode, uid, gid, mtime }: Attributes): Promise<void> {
    const file = this.#tree.create(path);
    try {
      let end = 0;
      for await (const { offset, bytes } of entry.contents()) {
        for (let done = 0; done < bytes.length; ) {
          done += writeSync(file, bytes, done, bytes.length - done, offset + done);
        }
        end = offset + bytes.length;
      }
      if (end < entry.size) ftruncateSync(file, entry.size);
      if (this.#asRoot) fchownSync(file, uid, gid);
      fchmodSync(file, mode);
      futimesSync(file, mtime, mtime);
    } finally {
      closeSync(file);
    }
  }

  /** A link to a device becomes another device: the first one is not made yet. */
  #hardLink(path: string, target: string): void {
    this.#tree.hardLink(path, target);
    const node = this.#nodes.get(target);
    if (node !== undefined && path !== target) this.#nodes.set(path, { ...node, path });
  }

  /** A file keeps the place of a device until `finish`. */
  #node(path: string, kind: keyof typeof kindBits, { major, minor }: TarEntry, attributes: Attributes): void {
    if (kind !== 'fifo' && !this.#asRoot) {
      this.#skippedDevices++;
      return;
    }
    closeSync(this.#tree.create(path));
    this.#nodes.set(path, { ...attributes, path, major, minor, mode: attributes.mode | kindBits[kind] });
  }

  #setXattrs(path: string, { xattrs }: TarEntry): void {
    const wanted = [...xattrs].filter(([name]) => isKept(name));
    if (wanted.length === 0) return;
    const at = path === '' ? '.' : path;
    const hex = (value: string) => Buffer.from(value, 'latin1').toString('hex');
    this.#xattrs.set(
      path,
      wanted.map(([name, value]) => ({ path: at, name, value: hex(value) })),
    );
  }

  /** Forgets what was to be made at a path that another entry replaces. */
  #forget(path: string, byDirectory: boolean): void {
    this.#nodes.delete(path);
    this.#xattrs.delete(path);
    if (byDirectory || !this.#isDirectory(path)) return;
    const inside = (each: string) => each === path || each.startsWith(`${path}/`);
    for (const each of [this.#nodes, this.#xattrs, this.#directories]) {
      for (const key of each.keys()) if (inside(key)) each.delete(key);
    }
    for (const key of this.#opaque) if (inside(key)) this.#opaque.delete(key);
    for (const key of this.#whiteouts) if (key.startsWith(`${path}/`)) this.#whiteouts.delete(key);
  }

  /** Also one without an entry of its own, which was made for what is in it. Few layers have anything to look for there. */
  #isDirectory(path: string): boolean {
    if (this.#directories.has(path)) return true;
    const isPending = [this.#nodes, this.#xattrs, this.#opaque, this.#whiteouts].some(({ size }) => size > 0);
    return isPending && this.#tree.look(path)?.isDirectory() === true;
  }

  /** Records a whiteout. @returns false for every other entry. */
  #whiteout(path: string): boolean {
    const slash = path.lastIndexOf('/');
    const [parent, name] = [path.slice(0, Math.max(slash, 0)), path.slice(slash + 1)];
    if (!name.startsWith(whiteoutPrefix)) return false;
    if (name === opaqueWhiteout) this.#opaque.add(parent);
    else {
      const hidden = name.slice(whiteoutPrefix.length);
      if (['', '.', '..'].includes(hidden)) throw new LayerError('it is a whiteout of no name');
      this.#whiteouts.add(parent === '' ? hidden : `${parent}/${hidden}`);
    }
    return true;
  }

  /**
   * A whiteout hides the path of lower layers only. So where this layer has the path as well, its file is enough, and its
   * directory becomes opaque.
   */
  #overlayMarks(): { nodes: NodeRequest[]; xattrs: XattrRequest[] } {
    const nodes: NodeRequest[] = [];
    const opaque = new Set(this.#opaque);
    for (const path of this.#whiteouts) {
      const own = this.#tree.look(path);
      if (own?.isDirectory()) opaque.add(path);
      else if (own === undefined) {
        nodes.push({ ...rootAttributes, path, mode: kindBits.character, major: 0, minor: 0 });
      }
    }
    return { nodes, xattrs: [...opaque].map(path => ({ path: path === '' ? '.' : path, ...opaqueXattr })) };
  }
}

/** Tells whether an entry is one of the files in which aufs kept its own state (`.wh..wh.plnk`, …). */
function isOfAufs(path: string): boolean {
  return path.split('/').some(part => part.startsWith(whiteoutPrefix + whiteoutPrefix) && part !== opaqueWhiteout);
}

/**
 * Tells whether an extended attribute is set. Others belong to the machine, not to an image: those of overlay
 * (`trusted.overlay.*`) could make a layer show files of other layers, and labels of SELinux are the agent's.
 */
function isKept(name: string): boolean {
  if (name.startsWith('user.')) return !name.startsWith('user.overlay.');
  return name === 'security.capability' || name.startsWith('system.posix_acl_');
}

function attributesOf({ mode, uid, gid, mtime }: TarEntry): Attributes {
  for (const id of [uid, gid]) {
    if (!Number.isInteger(id) || id < 0 || id > largestId)
      throw new LayerError(`its owner ${id} is no id of a user or group`);
  }
  return { mode, uid, gid, mtime: Math.min(Math.max(mtime, earliest), latest) };
}

function depth(path: string): number {
  return path === '' ? 0 : path.split('/').length;
}

/** Adds the entry to an error of the system, and keeps its code: a full disk is known by it. */
function withEntry(error: NodeJS.ErrnoException, path: string): NodeJS.ErrnoException {
  return Object.assign(error, { entry: shownPath(path) });
}
