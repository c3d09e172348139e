import { KnownTexts, newText } from './texts.ts';

/** The wire type of fields with a length: strings, bytes, messages. */
const BYTES = 2;

/** The tag of the `value` of an id. */
const ID_VALUE = 8 + BYTES;

/** Of a text that rows show. A task may fail with a message of megabytes, which all pages of all users would hold. */
const LONGEST_BYTES = 8192;

/** Names, and ids of agents and frameworks. */
const words = new KnownTexts(16_384);
/** Ids of which several events tell, soon after another. */
const recent = new KnownTexts(4096);

/** Eight bytes of a double: a view of each would be garbage. */
const eight = new DataView(new ArrayBuffer(8));

/**
 * Walks over the fields of a protobuf message, for readers that need few of them: the rows of tables.
 *
 * Unknown fields are passed over by not asking for their value.
 *
 * @example
 * const fields = new Fields(bytes);
 * while (fields.next()) if (fields.number === 1) name = fields.text();
 */
export class Fields {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;
  /** The number of the field that {@link next} found. */
  number = 0;
  /** A varint, or the length of what begins at `#value`. */
  #varint = 0;
  #value = 0;
  #isBytes = false;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /**
   * Moves to the next field. @returns false at the end.
   *
   * @throws {RangeError} when the message ends within a field, or a field has no known form.
   */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.#readVarint();
    this.number = tag >>> 3;
    const wireType = tag & 7;
    this.#isBytes = wireType === BYTES;
    if (wireType === 0 || this.#isBytes) this.#varint = this.#readVarint();
    this.#value = this.#at;
    if (this.#isBytes) this.#at += this.#varint;
    else if (wireType === 1) this.#at += 8;
    else if (wireType === 5) this.#at += 4;
    else if (wireType !== 0) throw new RangeError(`Wire type ${wireType} of field ${this.number}`);
    if (this.#at > this.#end) throw new RangeError(`Field ${this.number} is longer than its message`);
    return true;
  }

  /** Returns the field as an integer, a boolean or the number of an enum. */
  integer(): number {
    return this.#varint;
  }

  /** Returns the field as a double. */
  double(): number {
    for (let at = 0; at < 8; at++) eight.setUint8(at, this.#bytes[this.#value + at] as number);
    return eight.getFloat64(0, true);
  }

  /** Returns the field as a string for a row: of a very long one the beginning. */
  text(): string {
    return this.#isLong ? this.#beginning() : newText(this.#bytes, this.#value, this.#value + this.#varint);
  }

  /** The same as {@link text}, for a string that probably was in other messages, too. */
  word(): string {
    return this.#isLong ? this.#beginning() : words.text(this.#bytes, this.#value, this.#value + this.#varint);
  }

  get #isLong(): boolean {
    return this.#varint > LONGEST_BYTES;
  }

  #beginning(): string {
    let end = this.#value + LONGEST_BYTES;
    while (((this.#bytes[end] as number) & 0xc0) === 0x80) end--; // not within a character
    return `${newText(this.#bytes, this.#value, end)}…`;
  }

  /** Returns the field as a message. */
  message(): Fields {
    return new Fields(this.#bytes, this.#value, this.#isBytes ? this.#value + this.#varint : this.#value);
  }

  /** Where the bytes of the field begin, in those of the message. */
  get start(): number {
    return this.#value;
  }

  /** Where the field ends. */
  get end(): number {
    return this.#at;
  }

  /** Returns the bytes of the field, which are a part of the message's. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(this.#value, this.#value + this.#varint);
  }

  /** Whether the field has the same value as one of another message, which has the same number. */
  isSame(other: Fields): boolean {
    if (this.#varint !== other.#varint || this.#isBytes !== other.#isBytes) return false;
    if (!this.#isBytes) return true;
    for (let at = 0; at < this.#varint; at++)
      if (this.#bytes[this.#value + at] !== other.#bytes[other.#value + at]) return false;
    return true;
  }

  /** Returns the `value` of an id, which is its only field. */
  id(): string {
    return this.#id(recent);
  }

  /** Returns the `value` of an id that probably was in many other messages. */
  knownId(): string {
    return this.#id(words);
  }

  #id(known: KnownTexts): string {
    const bytes = this.#bytes;
    const start = this.#value;
    const end = start + this.#varint;
    // As encoders write it: the tag, the length in one byte, and the text to the end.
    if (bytes[start] === ID_VALUE && bytes[start + 1] === end - start - 2) return known.text(bytes, start + 2, end);
    const inner = this.message();
    let value = '';
    while (inner.next())
      if (inner.number === 1) value = known.text(this.#bytes, inner.#value, inner.#value + inner.#varint);
    return value;
  }

  #readVarint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      if (this.#at >= this.#end || scale > 2 ** 63) throw new RangeError('A number does not end');
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
}

/** Moves to a field of a message. @returns undefined when there is no such field. */
function fieldIn(bytes: Uint8Array, number: number): Fields | undefined {
  const fields = new Fields(bytes);
  while (fields.next()) if (fields.number === number) return fields;
  return undefined;
}

/** Returns the bytes of a field that is a message; none: there is no such field. */
export const messageIn = (bytes: Uint8Array, number: number): Uint8Array =>
  fieldIn(bytes, number)?.bytes() ?? new Uint8Array();

/** Returns a field that is an id; empty: there is no such field. */
export const idIn = (bytes: Uint8Array, number: number): string => fieldIn(bytes, number)?.id() ?? '';
