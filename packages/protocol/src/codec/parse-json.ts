import { isUtf8 } from 'node:buffer';
import { boundedJson } from './bounded-json.ts';
import { DecodeError } from './errors.ts';

/**
 * Parses JSON as text or bytes.
 *
 * @throws {DecodeError} with Mesos's message: `syntax error at line 1 near: ` and the rest of that line; also when it
 * is nested too deep, or the bytes are not UTF-8, because replaced characters would make different names equal.
 */
export function parseJson(json: string | Uint8Array): unknown {
  const text = typeof json === 'string' ? json : textOf(json);
  try {
    return boundedJson(text);
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    throw new DecodeError(`syntax error at line ${describe(text, String(cause))}`, { cause });
  }
}

/**
 * Decodes the body of a message as text.
 *
 * @throws {DecodeError} when it is not UTF-8.
 */
export function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new DecodeError('it is not valid UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** The number of characters that are searched for the position of an error that V8 does not report. */
const maximumSearch = 65_536;

function describe(text: string, message: string): string {
  const position = positionOf(text, message);
  const line = text.slice(0, position).split('\n').length;
  if (position === maximumSearch) return `${line} or later, behind the first ${maximumSearch} characters`;
  const [rest = ''] = text.slice(position, position + 200).split('\n');
  return `${line} near: ${rest}`;
}

/**
 * Returns the position of a syntax error. V8 reports most positions, but not those of unexpected tokens. Text that ends
 * too early has its error at the end.
 *
 * @returns `maximumSearch` for unreported positions after it.
 */
function positionOf(text: string, message: string): number {
  const reported = /at position (\d+)/.exec(message)?.[1];
  if (reported !== undefined) return Number(reported);
  if (!isUnexpectedToken(message)) return text.length;
  let [least, most] = [0, Math.min(text.length, maximumSearch + 1)]; // the shortest prefix with the token ends after it
  while (least < most) {
    const middle = (least + most) >> 1;
    if (hasUnexpectedToken(text.slice(0, middle))) most = middle;
    else least = middle + 1;
  }
  return least - 1;
}

const isUnexpectedToken = (message: string) => message.includes('Unexpected token');

function hasUnexpectedToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return isUnexpectedToken(String(error));
  }
}
