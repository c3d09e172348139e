/** Lines of a task's output as entries. Pure. */
import { boundedJson } from '@meseta/protocol';

/** One line of a log, flat or not, as its writer made it. */
export type Entry = Record<string, unknown>;

/** Undefined for what is no entry in that format. */
export type Parser = (line: string) => Entry | undefined;

/** A JSON object. */
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
 * `level=info msg="a line" done`: keys with values, in quotes where they contain spaces, or without a value. A line
 * without any `key=value` is none.
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
