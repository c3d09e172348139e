import { DecodeError } from './errors.ts';

/**
 * Parses JSON text.
 *
 * @throws {DecodeError} in the words of Mesos: `syntax error at line 1 near: ` and the rest of that line.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DecodeError(`syntax error at line ${describe(text, String(cause))}`, { cause });
  }
}

/** V8 tells the position of what it did not expect; without one it met the end of the text. */
function describe(text: string, message: string): string {
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? text.length);
  const line = text.slice(0, position).split('\n').length;
  const [rest = ''] = text.slice(position, position + 200).split('\n');
  return `${line} near: ${rest}`;
}
