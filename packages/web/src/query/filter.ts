/** Filters as users type them: `state:failed agent:3f -label:team=web cpus:>2 role:=dev "two words"`. All conditions must hold. */
import { type Column, NumberColumn, WordColumn } from '../store/columns.ts';
import type { Table } from '../store/table.ts';

/** One condition of a filter. */
export interface Condition {
  /** The column; undefined: any text of the row. */
  readonly field: string | undefined;
  /** What it must contain; one of several. Lower case. */
  readonly values: readonly string[];
  /** It must be one of the values, and not only contain one. */
  readonly isExact: boolean;
  /** The row must not match. */
  readonly negated: boolean;
  /** As it was typed, to be shown. */
  readonly text: string;
}

/** A part of a filter that cannot be used, and is left out. */
export interface FilterProblem {
  readonly text: string;
  readonly reason: string;
}

/** A filter, ready to be asked. */
export interface Filter {
  readonly conditions: readonly Condition[];
  readonly problems: readonly FilterProblem[];
}

/** A text between quotation marks, of which the last may be missing, or one without spaces and commas. */
const value = String.raw`"(?:[^"\\]|\\.)*"?|[^\s,]*`;
const token = new RegExp(`(-?)(?:([a-z_]+):)?(=?)((?:${value})(?:,(?:${value}))*)`, 'g');

/** A part of a filter as it was typed, with what it consists of. */
export interface Token {
  readonly field: string | undefined;
  readonly isExact: boolean;
  readonly isNegated: boolean;
  readonly values: readonly string[];
  readonly text: string;
}

/** Cuts a filter into its conditions, without looking at what they mean. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const [all, minus, field, equals, list = ''] of text.matchAll(token)) {
    if (all === '') continue; // between two conditions
    tokens.push({ field, isExact: equals === '=', isNegated: minus === '-', values: valuesOf(list), text: all });
  }
  return tokens;
}

/** Cuts `a,"b c"` into its values; empty ones count only between quotation marks. */
function valuesOf(list: string): string[] {
  const values: string[] = [];
  for (const [, quoted, plain] of list.matchAll(/"((?:[^"\\]|\\.)*)"?|([^\s,]+)/g))
    values.push(plain ?? (quoted ?? '').replace(/\\(["\\])/g, '$1'));
  return values;
}

/** Reads a filter. Text that is not closed by a quotation mark goes to the end. Never fails: see {@link Filter.problems}. */
export function parseFilter(text: string, fields: readonly string[]): Filter {
  const conditions: Condition[] = [];
  const problems: FilterProblem[] = [];
  for (const { field, isExact, isNegated, values, text: typed } of tokensOf(text)) {
    const kept = values.map(fold).filter(each => isExact || each !== '');
    if (field !== undefined && !fields.includes(field)) {
      problems.push({ text: typed, reason: `There is no '${field}' here; there are ${fields.join(', ')}.` });
    } else if (kept.length === 0) {
      problems.push({ text: typed, reason: 'Nothing follows.' });
    } else conditions.push({ field, values: kept, isExact, negated: isNegated, text: typed });
  }
  return { conditions, problems };
}

/** Returns a text without its differences of case, for comparison. */
const fold = (text: string): string => text.toLowerCase();

/** Makes the test of rows that a filter stands for. It holds for rows of the table until it gets new words: make it for each use. */
export function compileFilter({ conditions }: Pick<Filter, 'conditions'>, table: Table): (row: number) => boolean {
  const tests = conditions.map(condition => {
    const test = testOf(condition, table);
    return condition.negated ? (row: number) => !test(row) : test;
  });
  return row => tests.every(test => test(row));
}

function testOf({ field, values, isExact }: Condition, { columns, names }: Table): (row: number) => boolean {
  const tests = (field === undefined ? Object.keys(columns) : [field])
    .map(name => ({ column: columns[name] as Column, nameOf: names.of[name] }))
    .filter(({ column }) => field !== undefined || !(column instanceof NumberColumn))
    .flatMap(({ column, nameOf }) => values.map(value => columnTest(column, value, isExact, nameOf)));
  return row => tests.some(test => test(row));
}

/** @param nameOf what words of the column are called besides. */
function columnTest(
  column: Column,
  value: string,
  isExact: boolean,
  nameOf: (word: string) => string = () => '',
): (row: number) => boolean {
  if (column instanceof NumberColumn) return numberTest(column, value);
  const test = isExact ? isSame : (text: string) => fold(text).includes(value);
  if (!(column instanceof WordColumn)) return row => test(String(column.valueOf(row)), value);
  // There are few words and many rows. New ones may come after this was made.
  const matches: boolean[] = [];
  return row => {
    const number = column.numberAt(row);
    matches[number] ??=
      (isExact ? hasItem(column.itemsOf(number), value) : test(column.valueOf(row), value)) ||
      (value !== '' && test(nameOf(column.valueOf(row)), value));
    return matches[number];
  };
}

const hasItem = (items: readonly string[], value: string): boolean =>
  value === '' ? items.length === 0 : items.some(item => isSame(item, value));

/** Whether a text is what a filter demands exactly; case does not matter, nor that the states of tasks begin with `TASK_`. */
export function isValue(text: string, demanded: string): boolean {
  return isSame(text, fold(demanded));
}

function isSame(text: string, value: string): boolean {
  const folded = fold(text);
  return folded === value || folded === `task_${value}`;
}

const comparison = /^(<=|>=|<|>|=)?(-?\d+(?:\.\d+)?)$/;

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '=': (a, b) => a === b,
};

function numberTest(column: NumberColumn, value: string): (row: number) => boolean {
  const [, operator = '=', number] = comparison.exec(value) ?? [];
  const compare = comparisons[operator];
  if (number === undefined || compare === undefined) return () => false;
  return row => compare(column.valueOf(row), Number(number));
}
