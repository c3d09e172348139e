/**
 * Cuts the master's stream of events into messages as small as a row: an event, or one task of the hundred thousand of the first
 * event, which is one record of many megabytes. So the first rows are there before the record is, and no copy of it is made.
 */

/** What a part of the stream is: a thing of the snapshot, an event, or a mark between them. */
export type PartKind =
  | 'snapshot task'
  | 'snapshot completed task'
  | 'snapshot unreachable task'
  | 'snapshot executor'
  | 'snapshot framework'
  | 'snapshot completed framework'
  | 'snapshot agent'
  | 'snapshot end'
  | 'heartbeat interval'
  | 'task added'
  | 'task updated'
  | 'agent added'
  | 'agent removed'
  | 'framework added'
  | 'framework updated'
  | 'framework removed'
  | 'heartbeat';

/** The fields of a message by number: parts that are cut out, or messages that are looked into. Others are passed over. */
interface Node {
  readonly [field: number]: PartKind | Node;
}

/** `mesos.v1.master.Event`, as far as rows need it. */
const event: Node = {
  2: {
    1: {
      1: { 2: 'snapshot task', 3: 'snapshot completed task', 5: 'snapshot unreachable task' },
      2: { 1: 'snapshot executor' },
      3: { 1: 'snapshot framework', 2: 'snapshot completed framework' },
      4: { 1: 'snapshot agent' },
    },
  },
  3: 'task added',
  4: 'task updated',
  5: 'agent added',
  6: 'agent removed',
  7: 'framework added',
  8: 'framework updated',
  9: 'framework removed',
};

/** The number of the field of the type of an event, and the type of heartbeats. */
const TYPE = 1;
const HEARTBEAT = 9;
const SUBSCRIBED = 2;

/** A part that is longer would not be a row: such a stream is none of a master's. */
const LONGEST_PART = 16 * 1024 * 1024;

/** A message that is looked into. */
interface Frame {
  readonly node: Node;
  /** The position in the stream where it ends. */
  readonly end: number;
  readonly field: number;
}

/** The stream is not one of a master's events; the text says what was found in it. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly code = 'STREAM_MALFORMED';
}

/** Receives the parts in the order of the stream. The bytes are valid until it returns: copy what is to stay. */
export type PartSink = (kind: PartKind, bytes: Uint8Array) => void;

const nothing = new Uint8Array();

/** How much memory is kept for what was received. It grows for longer parts, and shrinks again. */
const USUAL_SIZE = 256 * 1024;

/** Cuts one stream, which comes in pieces of any length. */
export class Splitter {
  readonly #sink: PartSink;
  /** What was received, up to `#length`, and is not yet used up, from `#at` on. */
  #bytes = new Uint8Array(USUAL_SIZE);
  #at = 0;
  #length = 0;
  /** The position in the stream of the first byte of `#bytes`. */
  #origin = 0;
  /** How many bytes of the stream are to be passed over. */
  #skip = 0;
  readonly #frames: Frame[] = [];
  /** The snapshot, which may come in several events, ends with the one that tells the heartbeat interval. */
  #isLastOfSnapshot = false;

  constructor(sink: PartSink) {
    this.#sink = sink;
  }

  /** Whether the stream could end here: between two records. */
  get isBetweenRecords(): boolean {
    return this.#frames.length === 0 && this.#skip === 0 && this.#at === this.#length;
  }

  /**
   * Takes the next piece of the stream, which may be used for something else afterwards.
   *
   * @throws {StreamError} when it is no stream of events; the splitter cannot be used afterwards.
   */
  push(piece: Uint8Array): void {
    this.#append(piece);
    while (this.#step());
  }

  #append(piece: Uint8Array): void {
    const rest = this.#length - this.#at;
    const length = rest + piece.length;
    const size = length <= USUAL_SIZE ? USUAL_SIZE : Math.max(length, this.#bytes.length);
    if (size === this.#bytes.length) this.#bytes.copyWithin(0, this.#at, this.#length);
    else {
      const bytes = new Uint8Array(size > USUAL_SIZE ? 2 * size : size);
      bytes.set(this.#bytes.subarray(this.#at, this.#length));
      this.#bytes = bytes;
    }
    this.#bytes.set(piece, rest);
    this.#origin += this.#at;
    this.#at = 0;
    this.#length = length;
  }

  get #position(): number {
    return this.#origin + this.#at;
  }

  /** Does the next thing. @returns false when it needs more bytes first. */
  #step(): boolean {
    if (this.#skip > 0) return this.#pass();
    const frame = this.#frames.at(-1);
    if (frame === undefined) return this.#beginRecord();
    if (this.#position === frame.end) return this.#endFrame(frame);
    return this.#readField(frame);
  }

  #pass(): boolean {
    const count = Math.min(this.#skip, this.#length - this.#at);
    this.#at += count;
    this.#skip -= count;
    return this.#skip === 0;
  }

  #endFrame(frame: Frame): boolean {
    this.#frames.pop();
    if (this.#frames.length === 1 && frame.field === SUBSCRIBED && this.#isLastOfSnapshot) {
      this.#isLastOfSnapshot = false;
      this.#sink('snapshot end', nothing);
    }
    return true;
  }

  /** Reads the length of a record: its digits and a line feed. */
  #beginRecord(): boolean {
    const bytes = this.#bytes;
    let length = 0;
    for (let at = this.#at; at < this.#length; at++) {
      const byte = bytes[at] as number;
      if (byte === 10 && at > this.#at) {
        this.#at = at + 1;
        this.#frames.push({ node: event, end: this.#position + length, field: 0 });
        return true;
      }
      if (byte < 48 || byte > 57 || at - this.#at > 15) throw new StreamError('A record begins without its length');
      length = length * 10 + byte - 48;
    }
    return false;
  }

  #readField(frame: Frame): boolean {
    const start = this.#at;
    const tag = this.#varint();
    if (tag === undefined) return this.#wait(start);
    const field = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (wireType === 2) {
      const length = this.#varint();
      if (length === undefined) return this.#wait(start);
      if (this.#position + length > frame.end) throw new StreamError(`Field ${field} is longer than its message`);
      return this.#enter(frame.node[field], length, field, start);
    }
    if (wireType === 0) {
      const value = this.#varint();
      if (value === undefined) return this.#wait(start);
      if (field === TYPE && value === HEARTBEAT && this.#frames.length === 1) this.#sink('heartbeat', nothing);
    } else if (wireType === 1 || wireType === 5) {
      const length = wireType === 1 ? 8 : 4;
      if (this.#length - this.#at < length) return this.#wait(start);
      if (field === 2 && frame.field === SUBSCRIBED && this.#frames.length === 2) {
        this.#isLastOfSnapshot = true;
        this.#sink('heartbeat interval', this.#bytes.subarray(this.#at, this.#at + length));
      }
      this.#at += length;
    } else throw new StreamError(`Field ${field} has the unknown form ${wireType}`);
    if (this.#position > frame.end) throw new StreamError(`Field ${field} is longer than its message`);
    return true;
  }

  #enter(node: PartKind | Node | undefined, length: number, field: number, start: number): boolean {
    if (node === undefined) this.#skip = length;
    else if (typeof node === 'object') this.#frames.push({ node, end: this.#position + length, field });
    else {
      if (length > LONGEST_PART) throw new StreamError(`A ${node} of ${length} bytes is over the limit`);
      if (this.#length - this.#at < length) return this.#wait(start);
      const bytes = this.#bytes.subarray(this.#at, this.#at + length);
      this.#at += length;
      this.#sink(node, bytes);
    }
    return true;
  }

  /** Goes back to where a field begins, of which only a part is here. */
  #wait(start: number): false {
    this.#at = start;
    return false;
  }

  #varint(): number | undefined {
    let value = 0;
    for (let scale = 1; this.#at < this.#length; scale *= 128) {
      if (scale > 2 ** 63) throw new StreamError('A number does not end');
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return undefined;
  }
}
