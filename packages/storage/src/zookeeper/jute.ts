/**
 * Reads and writes the binary records of ZooKeeper: integers in network byte order, byte strings and lists with their
 * length before them, -1 for none.
 *
 * @see ZooKeeper zookeeper-jute, BinaryInputArchive and BinaryOutputArchive
 */

/** The server sent bytes that are no record of ZooKeeper. */
export class MalformedRecordError extends Error {
  override readonly name = 'MalformedRecordError';
  readonly code = 'ZK_MALFORMED';
}

/** Collects the fields of a record. */
export class RecordWriter {
  readonly #parts: Uint8Array[] = [];

  int(value: number): this {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeInt32BE(value);
    return this.#add(bytes);
  }

  long(value: bigint): this {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64BE(value);
    return this.#add(bytes);
  }

  bool(value: boolean): this {
    return this.#add(Uint8Array.of(value ? 1 : 0));
  }

  bytes(value: Uint8Array): this {
    return this.int(value.length).#add(value);
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  #add(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  /** Returns the record with its length before it, as it is sent. */
  frame(): Buffer {
    const body = Buffer.concat(this.#parts);
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(body.length);
    return Buffer.concat([length, body]);
  }
}

/** Reads the fields of a record in order. Each method throws {@link MalformedRecordError} at the end of the record. */
export class RecordReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  long(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  bool(): boolean {
    return this.#bytes[this.#take(1)] !== 0;
  }

  /** Returns a copy; empty for none. */
  bytes(): Buffer {
    const length = this.int();
    if (length <= 0) return Buffer.alloc(0);
    const start = this.#take(length);
    return Buffer.from(this.#bytes.subarray(start, start + length));
  }

  text(): string {
    return this.bytes().toString();
  }

  list<T>(element: () => T): T[] {
    const list: T[] = [];
    for (let left = this.int(); left > 0; left--) list.push(element());
    return list;
  }

  #take(length: number): number {
    const start = this.#offset;
    if (start + length > this.#bytes.length) throw new MalformedRecordError('A record of ZooKeeper ends too early');
    this.#offset += length;
    return start;
  }
}
