import type { Value, ValueRange } from '@meseta/protocol';
import { ResourceParseError } from './errors.ts';
import { coalesce, toMessage } from './ranges.ts';

/**
 * Parses the value of a resource or an attribute: `[1-3, 5-5]`, `{a, b}`, `0.5`, else text. Spaces do not count.
 * Negative numbers, NaN and infinity are text. Some values that Mesos accepts but misreads are refused: `[2-1]`, which
 * Mesos reads as nothing, and `[1,2]`, `[-1-2]` and `[1-2]3-4`, which it reads with other separators.
 *
 * @throws {ResourceParseError}
 * @see Mesos src/common/values.cpp, parse
 */
export function parseValue(input: string): Value {
  const text = input.replaceAll(' ', '');
  if (text === '') throw new ResourceParseError('Expecting non-empty string');
  if (!['{}', '[]', '()'].every(pair => bracketsMatch(text, pair))) throw new ResourceParseError('Mismatched brackets');
  if (text.startsWith('[')) return { type: 'RANGES', ranges: { range: parseRanges(text) } };
  if (text.includes('[')) throw new ResourceParseError("Unexpected '[' found");
  if (text.startsWith('{')) return { type: 'SET', set: { item: items(text, '}') } };
  if (text.includes('{')) throw new ResourceParseError("Unexpected '{' found");
  const value = parseScalar(text);
  return value === undefined ? { type: 'TEXT', text: { value: text } } : { type: 'SCALAR', scalar: { value } };
}

function bracketsMatch(text: string, [open, close]: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === open) depth++;
    else if (character === close && --depth < 0) return false;
  }
  return depth === 0;
}

/**
 * Returns the items in a pair of brackets, separated by commas or line feeds. The text must end with the closing
 * bracket.
 */
function items(text: string, close: string): string[] {
  if (!text.endsWith(close)) throw new ResourceParseError(`Unexpected text after '${close}'`);
  const inner = text.slice(1, -1);
  if (/[[\]{}]/.test(inner)) throw new ResourceParseError('Expecting one pair of brackets');
  return inner.split(/[,\n]+/).filter(Boolean);
}

function parseRanges(text: string): ValueRange[] {
  return toMessage(coalesce(items(text, ']').map(parseRange)));
}

function parseRange(text: string): ValueRange {
  const ends = text.split('-');
  if (ends.length !== 2 || ends.includes('')) throw new ResourceParseError('Expecting one or more "ranges"');
  const [begin, end] = ends.map(parseInteger);
  if (begin === undefined || end === undefined) {
    throw new ResourceParseError(`Expecting non-negative integers in '${ends[begin === undefined ? 0 : 1]}'`);
  }
  if (begin > end) throw new ResourceParseError(`Range ${text} ends before it begins`);
  return { begin, end };
}

function parseInteger(text: string): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Parses a number in decimal notation, also with an exponent; undefined for any other text, and for invalid amounts.
 */
function parseScalar(text: string): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
