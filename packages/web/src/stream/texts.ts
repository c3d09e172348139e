/** Makes strings of UTF-8. Most texts of a cluster have been there before: those are found, and not made again. */

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Longer ones seldom come again. */
const LONGEST = 96;

/** Remembers some of the texts that it has made: a later one takes the place of an earlier one with the same hash. */
export class KnownTexts {
  readonly #slots: (string | undefined)[];

  /** @param count how many it remembers at most; a power of two. */
  constructor(count: number) {
    this.#slots = new Array<string | undefined>(count).fill(undefined);
  }

  /** Returns the text of a part of some bytes: the same string as before, where it is remembered. */
  text(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST) return newText(bytes, start, end);
    let hash = length;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const slot = (hash ^ (hash >>> 15)) & (this.#slots.length - 1);
    const found = this.#slots[slot];
    if (found !== undefined && isText(found, bytes, start, end)) return found;
    const text = newText(bytes, start, end);
    // Only where each character is a byte can they be compared.
    if (text.length === length) this.#slots[slot] = text;
    return text;
  }
}

/** Returns the text of a part of some bytes. */
export function newText(bytes: Uint8Array, start: number, end: number): string {
  return end === start ? '' : decoder.decode(bytes.subarray(start, end));
}

function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let at = start; at < end; at++) if (text.charCodeAt(at - start) !== bytes[at]) return false;
  return true;
}
