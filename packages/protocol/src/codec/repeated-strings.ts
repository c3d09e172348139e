import { type Bytes, textAt } from '#bytes';

/** Longer strings are rarely repeated, and comparing them costs more than reading them. */
export const LONGEST = 64;

const slots = 512;
/** By hash. Strings stay until another takes their place. */
const strings: string[] = new Array<string>(slots).fill('');

/**
 * Reads a short string, as the one that was read before when it is equal: in a message of an agent with its tasks the same
 * few ids, names and roles come again and again, and each copy would be kept as long as its task.
 *
 * @param end at most {@link LONGEST} bytes after `start`.
 */
export function repeatedString(bytes: Bytes, start: number, end: number): string {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  const slot = (hash ^ (hash >>> 9)) & (slots - 1);
  const known = strings[slot] as string;
  if (isSame(known, bytes, start, end)) return known;
  const text = textAt(bytes, start, end);
  strings[slot] = text;
  return text;
}

/** Never so for text that is not ASCII, whose bytes are not its characters. */
function isSame(text: string, bytes: Bytes, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte > 0x7f || text.charCodeAt(at - start) !== byte) return false;
  }
  return true;
}
