import { DecodeError } from './errors.ts';

/**
 * The maximum depth of arrays and objects in JSON from others, unknown fields included. Code that walks deeper JSON
 * would overflow its stack.
 *
 * @see Mesos 3rdparty/stout/include/stout/json.hpp, STOUT_JSON_MAX_DEPTH
 */
export const maximumJsonDepth = 200;

/**
 * Parses JSON from the network or from a user's file.
 *
 * @throws {SyntaxError} as `JSON.parse` does.
 * @throws {DecodeError} when it is nested too deep; the message names the limit.
 */
export function boundedJson(text: string): unknown {
  if (isTooDeep(text)) throw new DecodeError(`JSON must not be nested deeper than ${maximumJsonDepth} levels`);
  return JSON.parse(text);
}

function isTooDeep(text: string): boolean {
  if (text.length <= maximumJsonDepth) return false;
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case 0x22: // "
        index = endOfString(text, index);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maximumJsonDepth) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
    }
  }
  return false;
}

/** Returns the position of the quote that ends a string; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
