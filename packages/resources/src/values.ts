import type { Value, ValueRange } from '@meseta/protocol';
import { ResourceParseError } from './errors.ts';
import { coalesce, toMessage } from './ranges.ts';

/**
 * Reads the value of a resource or an attribute: `[1-3, 5-5]`, `{a, b}`, `0.5`, else text. Blanks do not count.
 * Negative numbers, NaN and infinity are text.
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
  if (text.startsWith('{')) return { type: 'SET', set: { item: text.split(/[{},\n]+/).filter(Boolean) } };
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

function parseRanges(text: string): ValueRange[] {
  const tokens = text.split(/[[\]\-,\n]+/).filter(Boolean);
  if (tokens.length % 2 !== 0) throw new ResourceParseError('Expecting one or more "ranges"');
  const ranges: ValueRange[] = [];
  for (let i = 0; i < tokens.length; i += 2) {
    const begin = parseInteger(tokens[i]!);
    const end = parseInteger(tokens[i + 1]!);
    if (begin === undefined || end === undefined) {
      throw new ResourceParseError(`Expecting non-negative integers in '${tokens[i]}'`);
    }
    ranges.push({ begin, end });
  }
  return toMessage(coalesce(ranges));
}

function parseInteger(text: string): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Decimal notation, also with an exponent; undefined for anything else and for what is no amount. */
function parseScalar(text: string): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
