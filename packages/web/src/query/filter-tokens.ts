/** Changes filters by their conditions, as facets do: `state:=failed,lost`. Pure. */
import { type Token, tokensOf } from './filter.ts';

/** Returns a condition that holds for rows whose column is exactly one of the values. */
export function exactly(field: string, values: readonly string[]): string {
  return `${field}:=${values.map(quoted).join(',')}`;
}

/** Returns the values that a filter demands exactly of a column; none: it demands nothing. */
export function chosenValues(filter: string, field: string): readonly string[] {
  return tokensOf(filter).find(token => isChoice(token, field))?.values ?? [];
}

/** Returns a filter that demands a value of a column as well, or no longer. */
export function toggled(filter: string, field: string, value: string): string {
  const tokens = tokensOf(filter);
  const at = tokens.findIndex(token => isChoice(token, field));
  const values = tokens[at]?.values ?? [];
  const next = values.includes(value) ? values.filter(each => each !== value) : [...values, value];
  const choice = next.length > 0 ? [exactly(field, next)] : [];
  const texts = tokens.map(({ text }) => text);
  return texts.toSpliced(at < 0 ? texts.length : at, at < 0 ? 0 : 1, ...choice).join(' ');
}

const isChoice = (token: Token, field: string): boolean => token.field === field && token.isExact && !token.isNegated;

function quoted(value: string): string {
  return value !== '' && !/[\s,"]/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}
