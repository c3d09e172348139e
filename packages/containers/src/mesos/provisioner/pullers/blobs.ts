/** The files of an image on this machine: in an archive, or in a directory. */
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { ImageError } from '../image-error.ts';
import { LayerError } from '../unpack/layer-error.ts';
import { readTar } from '../unpack/tar-reader.ts';
import type { FilePart } from '../unpack/unpack-job.ts';
import { FileInput } from './file-input.ts';

/** Files by their names, such as `manifest.json` and `blobs/sha256/…`. */
export interface Blobs {
  /** Where they are, for messages. */
  readonly place: string;
  /** Finds a file. Undefined when there is none of this name. */
  part(name: string): Promise<FilePart | undefined>;
}

/** The manifest and the configuration of an image are small; anything larger is a mistake. */
const maximumDocumentBytes = 8 * 1024 * 1024;
/** An image has a few files for each of its layers. */
const maximumMembers = 10_000;
const maximumLinks = 10;

/** Opens a directory with an image. */
export function directoryBlobs(directory: string): Blobs {
  return {
    place: directory,
    async part(name) {
      if (name.split('/').includes('..')) return undefined; // the name may be one of the image's own
      const path = join(directory, name);
      const stats = await stat(path).catch(absent);
      return stats?.isFile() ? { path, offset: 0, length: stats.size } : undefined;
    },
  };
}

/** Opens an archive with an image. @throws {ImageError} `INVALID` */
export async function archiveBlobs(path: string): Promise<Blobs> {
  const file = await open(path);
  try {
    const members = await membersOf(file, path);
    const find = (name: string, links = 0): FilePart | undefined => {
      const member = members.get(name);
      if (typeof member !== 'string' || links === maximumLinks) return typeof member === 'string' ? undefined : member;
      return find(posix.join(posix.dirname(name), member), links + 1); // docker save made links for equal layers
    };
    return { place: path, part: async name => find(name) };
  } finally {
    await file.close();
  }
}

/** Reads a small file. @throws {ImageError} `INVALID` when it is missing or too large. */
export async function readBlob(blobs: Blobs, name: string): Promise<Buffer> {
  const part = await blobs.part(name);
  if (part === undefined) throw new ImageError('INVALID', `'${blobs.place}' has no '${name}'`);
  if (part.length > maximumDocumentBytes) {
    throw new ImageError('INVALID', `'${name}' in '${blobs.place}' has more than ${maximumDocumentBytes} bytes`);
  }
  if (part.offset === 0) return readFile(part.path);
  const file = await open(part.path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(part.length), 0, part.length, part.offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Returns the files of an archive by their names, and the targets of its links. */
async function membersOf(file: FileHandle, path: string): Promise<Map<string, FilePart | string>> {
  const members = new Map<string, FilePart | string>();
  const input = new FileInput(file);
  const { size } = await file.stat();
  try {
    for await (const entry of readTar(input)) {
      const name = posix.normalize(entry.path);
      const { position } = input;
      if (position + entry.size > size) throw new LayerError('it is cut off');
      if (entry.kind === 'file') members.set(name, { path, offset: position, length: entry.size });
      else if (entry.kind === 'symlink') members.set(name, entry.target);
      if (members.size > maximumMembers) throw new LayerError(`it has more than ${maximumMembers} files`);
    }
  } catch (cause) {
    if (!(cause instanceof LayerError)) throw cause;
    const help = 'an archive of an image is what docker save writes, not compressed';
    throw new ImageError('INVALID', `'${path}' cannot be read: ${cause.message}; ${help}`, { cause });
  }
  return members;
}

/** Tells a missing file from one that cannot be read. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
