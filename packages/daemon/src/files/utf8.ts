/**
 * Decodes bytes as text. A character cut in two at the end is left for the next read, unless nothing else is there:
 * clients continue at the offset plus the length they received.
 */
export function utf8Text(data: Buffer): string {
  return data.subarray(0, wholeCharacters(data) || data.length).toString('utf8');
}

/** How many bytes are left when a character that is not complete is taken off the end. */
function wholeCharacters(data: Buffer): number {
  for (let back = 1; back <= Math.min(3, data.length); back++) {
    const byte = data[data.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue; // within a character
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? data.length - back : data.length;
  }
  return data.length;
}
