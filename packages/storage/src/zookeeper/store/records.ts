/**
 * The form of what is stored in ZooKeeper's nodes. Pure.
 *
 * Every node holds a frame: the number of the format, a checksum, and a body. Numbers are in network byte order, texts
 * are UTF-8 after their length in four bytes.
 *
 * ```text
 * frame   format (1 byte, 1)  kind (1 byte)  CRC-32 of the body (4)  body
 * record  first revision (8)  { number of changes (4)  { name  1 value | 0 } } …      a batch each
 * page    { name  version (8)  value } …
 * list    JSON: names of the chunks that hold what was too large for one node
 * ```
 */
import { crc32 } from 'node:zlib';
import { StorageError } from '../../errors.ts';
import type { Change, Variable } from '../../storage.ts';

/**
 * The largest body of a node, bytes. ZooKeeper's servers refuse requests above `jute.maxbuffer`, 1 MiB unless operators
 * change it.
 */
export const nodeBytes = 512 * 1024;

const format = 1;

const kinds = { record: 1, chunk: 2, list: 3, snapshot: 4 } as const;

/** What a node holds: a record, a part of a record or of a page, a list of such parts, or the contents of a snapshot. */
export type Kind = keyof typeof kinds;

const headBytes = 6;

/** Returns a node's data. */
export function encodeFrame(kind: Kind, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headBytes + body.length);
  frame.writeUInt8(format, 0);
  frame.writeUInt8(kinds[kind], 1);
  frame.writeUInt32BE(crc32(body), 2);
  frame.set(body, headBytes);
  return frame;
}

/**
 * Reads a node's data.
 *
 * @param path of the node, for errors.
 * @throws {StorageError} `STORAGE_CORRUPT` when it is damaged, `STORAGE_INCOMPATIBLE` when a newer version wrote it.
 */
export function decodeFrame(path: string, data: Buffer): { kind: Kind; body: Buffer } {
  if (data.length >= headBytes && data.readUInt8(0) > format) {
    throw new StorageError(
      'STORAGE_INCOMPATIBLE',
      `Node '${path}' was written by a newer version of Meseta; run that version`,
    );
  }
  const kind = Object.keys(kinds).find(each => data.length >= headBytes && kinds[each as Kind] === data.readUInt8(1));
  const body = data.subarray(headBytes);
  if (kind === undefined || data.readUInt8(0) !== format || crc32(body) !== data.readUInt32BE(2)) throw damaged(path);
  return { kind: kind as Kind, body };
}

/** What an operator can do about a damaged store. */
export const restoreAction = 'restore the store from a copy, or remove its nodes to start with an empty one';

/** Creates the error of a node that cannot be read, or does not fit the others. */
export function damaged(path: string, cause?: unknown): StorageError {
  return new StorageError('STORAGE_CORRUPT', `Node '${path}' of ZooKeeper is damaged; ${restoreAction}`, { cause });
}

/**
 * Creates the error of a record that does not follow the one before it. Servers of ZooKeeper have lost what they had
 * confirmed, or nodes were removed by hand.
 *
 * @param last the last revision before it. @param first its first revision.
 */
export function gapBefore(path: string, last: number, first: number): StorageError {
  const what = `what was stored before node '${path}' is missing (revisions ${last + 1} to ${first - 1})`;
  return new StorageError('STORAGE_CORRUPT', `ZooKeeper has lost data: ${what}; ${restoreAction}`);
}

/** Batches that follow one another, each with a revision of its own. */
export interface LogRecord {
  /** The revision of the first batch. */
  readonly firstRevision: number;
  readonly batches: readonly (readonly Pick<Change, 'name' | 'value'>[])[];
}

/** Returns the body of a record. */
export function encodeRecord({ firstRevision, batches }: LogRecord): Buffer {
  const parts: Uint8Array[] = [long(firstRevision)];
  for (const batch of batches) {
    parts.push(int(batch.length));
    for (const { name, value } of batch) {
      const bytes = Buffer.from(name);
      parts.push(int(bytes.length), bytes, Uint8Array.of(value === undefined ? 0 : 1));
      if (value !== undefined) parts.push(int(value.length), value);
    }
  }
  return Buffer.concat(parts);
}

/** Reads the body of a record. @throws {StorageError} when it is damaged. */
export function decodeRecord(path: string, body: Buffer): LogRecord {
  const reader = new Reader(path, body);
  const firstRevision = reader.long();
  const batches: { name: string; value: Uint8Array | undefined }[][] = [];
  while (!reader.ended) {
    const batch: { name: string; value: Uint8Array | undefined }[] = [];
    for (let left = reader.int(); left > 0; left--) {
      const name = reader.text();
      batch.push({ name, value: reader.byte() === 1 ? reader.bytes() : undefined });
    }
    batches.push(batch);
  }
  return { firstRevision, batches };
}

/**
 * Returns the bodies of the pages that hold the variables. A page is no larger than a node, unless one variable is.
 *
 * A generator, so that a large registry is not encoded at once.
 */
export function* encodePages(variables: Iterable<Variable>, maxBytes = nodeBytes): Generator<Buffer> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  for (const { name, version, value } of variables) {
    const nameBytes = Buffer.from(name);
    const size = 16 + nameBytes.length + value.length;
    if (bytes > 0 && bytes + size > maxBytes) {
      yield Buffer.concat(parts);
      parts = [];
      bytes = 0;
    }
    parts.push(int(nameBytes.length), nameBytes, long(version), int(value.length), value);
    bytes += size;
  }
  if (bytes > 0) yield Buffer.concat(parts);
}

/** Reads the body of a page. @throws {StorageError} when it is damaged. */
export function decodePage(path: string, body: Buffer): Variable[] {
  const reader = new Reader(path, body);
  const variables: Variable[] = [];
  while (!reader.ended) variables.push({ name: reader.text(), version: reader.long(), value: reader.bytes() });
  return variables;
}

/** The contents of a snapshot: all variables as they were after a revision. */
export interface Snapshot {
  readonly revision: number;
  /** The chunks of each page. */
  readonly pages: readonly (readonly string[])[];
}

/** Returns the body of a snapshot. */
export function encodeSnapshot(snapshot: Snapshot): Buffer {
  return Buffer.from(JSON.stringify(snapshot));
}

/** Reads the body of a snapshot. @throws {StorageError} when it is damaged. */
export function decodeSnapshot(path: string, body: Buffer): Snapshot {
  const value = parseJson(path, body) as Partial<Snapshot> | null;
  if (!Number.isSafeInteger(value?.revision) || !Array.isArray(value?.pages)) throw damaged(path);
  return value as Snapshot;
}

/** Returns the body of a list of chunks. */
export function encodeList(chunks: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(chunks));
}

/** Reads the body of a list of chunks. @throws {StorageError} when it is damaged. */
export function decodeList(path: string, body: Buffer): readonly string[] {
  const value = parseJson(path, body);
  if (!Array.isArray(value)) throw damaged(path);
  return value.map(String);
}

/** Cuts a body into pieces that fit into nodes. */
export function pieces(body: Buffer, maxBytes = nodeBytes): Buffer[] {
  const count = Math.max(1, Math.ceil(body.length / maxBytes));
  return Array.from({ length: count }, (_, index) => body.subarray(index * maxBytes, (index + 1) * maxBytes));
}

function parseJson(path: string, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function int(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function long(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** Reads the fields of a body, and checks that they are there. */
class Reader {
  readonly #path: string;
  readonly #body: Buffer;
  #offset = 0;

  constructor(path: string, body: Buffer) {
    this.#path = path;
    this.#body = body;
  }

  get ended(): boolean {
    return this.#offset === this.#body.length;
  }

  byte(): number {
    return this.#body.readUInt8(this.#take(1));
  }

  int(): number {
    return this.#body.readUInt32BE(this.#take(4));
  }

  long(): number {
    return Number(this.#body.readBigUInt64BE(this.#take(8)));
  }

  text(): string {
    const length = this.int();
    const start = this.#take(length);
    return this.#body.toString('utf8', start, start + length);
  }

  /** Returns a copy: a part of the body would keep all of it in memory. */
  bytes(): Uint8Array {
    const length = this.int();
    const start = this.#take(length);
    return new Uint8Array(this.#body.subarray(start, start + length));
  }

  #take(length: number): number {
    const start = this.#offset;
    if (start + length > this.#body.length) throw damaged(this.#path);
    this.#offset += length;
    return start;
  }
}
