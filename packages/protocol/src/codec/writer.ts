const TWO_32 = 4294967296;
const TWO_63 = 2 ** 63;
const TWO_64 = 2 ** 64;

/** Writes protobuf's primitive values into a buffer that grows. */
export class Writer {
  #bytes = Buffer.allocUnsafe(1024);
  #position = 0;

  get position(): number {
    return this.#position;
  }

  /** Returns a copy of what has been written. The writer can be used again afterwards. */
  finish(): Buffer {
    const result = Buffer.allocUnsafe(this.#position);
    this.#bytes.copy(result, 0, 0, this.#position);
    this.#position = 0;
    return result;
  }

  /** Discards what has been written. */
  reset(): void {
    this.#position = 0;
  }

  #reserve(length: number): void {
    if (this.#position + length <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#position + length));
    this.#bytes.copy(grown, 0, 0, this.#position);
    this.#bytes = grown;
  }

  /** Writes a non-negative integer below 2^32. */
  varint32(value: number): void {
    this.#reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#bytes[this.#position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#position++] = rest;
  }

  /**
   * Writes an integer of 64 bits, negative ones in two's complement. A number out of range becomes the nearest one in
   * range.
   */
  varint64(value: number, signed: boolean): void {
    const integer = Math.trunc(value);
    if (integer >= 0 && integer < TWO_32) return this.varint32(integer);
    // The largest doubles below the limits, which are no doubles themselves.
    const most = signed ? TWO_63 - 1024 : TWO_64 - 2048;
    const fitting = Math.min(Math.max(integer, signed ? -TWO_63 : 0), most);
    let high = Math.floor(fitting / TWO_32);
    let low = (fitting - high * TWO_32) >>> 0;
    high >>>= 0;
    this.#reserve(10);
    while (high > 0 || low > 0x7f) {
      this.#bytes[this.#position++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#bytes[this.#position++] = low;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#position = this.#bytes.writeDoubleLE(value, this.#position);
  }

  float(value: number): void {
    this.#reserve(4);
    this.#position = this.#bytes.writeFloatLE(value, this.#position);
  }

  string(value: string): void {
    // A UTF-16 unit takes at most three bytes, and the length before them at most five.
    this.#reserve(value.length * 3 + 5);
    const start = this.beginBytes();
    if (value.length < 48 && this.#writeAscii(value)) return this.endBytes(start);
    this.#position = start;
    this.#position += this.#bytes.write(value, this.#position, 'utf8');
    this.endBytes(start);
  }

  /** Writes a short ASCII text. Short texts are nearly always ASCII, and a loop is faster than a call to C++. */
  #writeAscii(value: string): boolean {
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      this.#bytes[this.#position++] = code;
    }
    return true;
  }

  base64(value: string): void {
    this.#reserve(Math.ceil(value.length / 4) * 3 + 5);
    const start = this.beginBytes();
    this.#position += this.#bytes.write(value, this.#position, 'base64');
    this.endBytes(start);
  }

  /** Reserves a byte for the length of what follows. @returns the position to pass to `endBytes`. */
  beginBytes(): number {
    this.#reserve(1);
    return ++this.#position;
  }

  /** Writes the length of everything since `beginBytes`, and moves it when the length needs more than one byte. */
  endBytes(start: number): void {
    const length = this.#position - start;
    if (length <= 0x7f) {
      this.#bytes[start - 1] = length;
      return;
    }
    const more = length < 0x4000 ? 1 : length < 0x200000 ? 2 : length < 0x10000000 ? 3 : 4;
    this.#reserve(more);
    this.#bytes.copyWithin(start + more, start, this.#position);
    this.#position = start - 1;
    this.varint32(length);
    this.#position += length;
  }
}
