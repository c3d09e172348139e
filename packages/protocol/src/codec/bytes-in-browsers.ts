/** Reads values of bytes with what browsers have: `bytes.ts` without Node.js's Buffer. */

/** Bytes in the form that is fastest to read. */
export type Bytes = Uint8Array;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Returns the bytes as they are. */
export function fastBytes(bytes: Uint8Array): Bytes {
  return bytes;
}

/** Returns the text of UTF-8 bytes; what is not UTF-8 becomes U+FFFD. */
export function textAt(bytes: Bytes, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** Returns bytes in base64. */
export function base64At(bytes: Bytes, start: number, end: number): string {
  let binary = '';
  for (let at = start; at < end; at++) binary += String.fromCharCode(bytes[at] as number);
  return btoa(binary);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Returns the little-endian double at a position. */
export function doubleAt(bytes: Bytes, position: number): number {
  return view(bytes).getFloat64(position, true);
}

/** Returns the little-endian float at a position. */
export function floatAt(bytes: Bytes, position: number): number {
  return view(bytes).getFloat32(position, true);
}

/** Copies bytes to the beginning of `target`. @returns how many. */
export function copyTo(target: Bytes, bytes: Bytes, start: number, end: number): number {
  target.set(bytes.subarray(start, end));
  return end - start;
}
