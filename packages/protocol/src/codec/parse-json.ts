import { isUtf8 } from 'node:buffer';
import { boundedJson } from './bounded-json.ts';
import { DecodeError } from './errors.ts';

/**
 * Parses JSON text, or the bytes of it.
 *
 * @throws {DecodeError} in the words of Mesos: `syntax error at line 1 near: ` and the rest of that line; or that it is
 *   nested too deep; or that bytes are not UTF-8, which would make different names one.
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
 * The text of a message's body.
 *
 * @throws {DecodeError} when it is not UTF-8.
 */
export function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new DecodeError('it is not valid UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** Texts are searched so far for the place that V8 does not tell. */
const maximumSearch = 65_536;

function describe(text: string, message: string): string {
  const position = positionOf(text, message);
  const line = text.slice(0, position).split('\n').length;
  if (position === maximumSearch) return `${line} or later, behind the first ${maximumSearch} characters`;
  const [rest = ''] = text.slice(position, position + 200).split('\n');
  return `${line} near: ${rest}`;
}

/**
 * V8 tells most positions, not those of unexpected tokens. Text that ended too early is wrong at its end.
 *
 * @returns `maximumSearch` for every place behind it that is not told.
 */
function positionOf(text: string, message: string): number {
  const told = /at position (\d+)/.exec(message)?.[1];
  if (told !== undefined) return Number(told);
  if (!isUnexpectedToken(message)) return text.length;
  let [least, most] = [0, Math.min(text.length, maximumSearch + 1)]; // the shortest prefix with the token ends behind it
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
