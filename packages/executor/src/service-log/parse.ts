/** Parses lines of a task's output into log entries. Pure. */
import { boundedJson } from '@meseta/protocol';

/** One log entry, with the fields that the task wrote. */
export type Entry = Record<string, unknown>;

/** Parses a line; returns undefined when the line is not in the parser's format. */
export type Parser = (line: string) => Entry | undefined;

/** Parses a line that is a JSON object; returns undefined for any other line. */
export function parseJsonLine(line: string): Entry | undefined {
  if (line.charCodeAt(0) !== 123 && !/^\s*\{/.test(line)) return undefined;
  try {
    return boundedJson(line) as Entry;
  } catch {
    return undefined;
  }
}

const pair = /\s*([^\s="]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s="]*))?)?(?=\s|$)/y;

/**
 * Parses logfmt, `level=info msg="a line" done`: keys with a value, in quotes where it contains spaces, or without a
 * value.
 *
 * @returns undefined for a line without any `key=value`.
 */
export function parseLogfmt(line: string): Entry | undefined {
  const text = line.trimEnd();
  const entry: Entry = {};
  let pairs = 0;
  pair.lastIndex = 0;
  while (pair.lastIndex < text.length) {
    const match = pair.exec(text);
    if (!match) return undefined;
    const [all, key = '', quoted, bare = ''] = match;
    const value = quoted === undefined ? bare : unquote(quoted);
    if (value === undefined) return undefined;
    entry[key] = value;
    if (quoted !== undefined || all.includes('=')) pairs++;
  }
  return pairs > 0 ? entry : undefined;
}

function unquote(text: string): string | undefined {
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return undefined;
  }
}
