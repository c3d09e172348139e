/** Makes strings of UTF-8. Most texts of a cluster have been there before: those are found, and not made again. */

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Texts that are remembered; a power of two. */
const SLOTS = 16_384;
/** Longer ones seldom come again. */
const LONGEST = 96;

const remembered: (string | undefined)[] = new Array(SLOTS).fill(undefined);

/** Returns the text of a part of some bytes: the same string as before, where it is remembered. */
export function knownText(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length > LONGEST) return decodedText(bytes, start, end);
  let hash = length;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
  const found = remembered[slot];
  if (found !== undefined && isText(found, bytes, start, end)) return found;
  const text = decodedText(bytes, start, end);
  // Only where each character is a byte can they be compared.
  if (text.length === length) remembered[slot] = text;
  return text;
}

/** Returns the text of a part of some bytes, which is not remembered. */
export function decodedText(bytes: Uint8Array, start: number, end: number): string {
  return end === start ? '' : decoder.decode(bytes.subarray(start, end));
}

function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let at = start; at < end; at++) if (text.charCodeAt(at - start) !== bytes[at]) return false;
  return true;
}
