/** Filters as users type them: `state:failed agent:3f -label:team=web cpus:>2 "two words"`. All conditions must hold. */
import { type Column, NumberColumn, WordColumn } from '../store/columns.ts';
import type { Table } from '../store/table.ts';

/** One condition of a filter. */
export interface Condition {
  /** The column; undefined: any text of the row. */
  readonly field: string | undefined;
  /** What it must contain; one of several. Lower case. */
  readonly values: readonly string[];
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

const token = /(-?)(?:([a-z_]+):)?(?:"([^"]*)"?|(\S*))/g;

/** Reads a filter. Text that is not closed by a quotation mark goes to the end. Never fails: see {@link Filter.problems}. */
export function parseFilter(text: string, fields: readonly string[]): Filter {
  const conditions: Condition[] = [];
  const problems: FilterProblem[] = [];
  for (const [all, minus = '', field, quoted, plain = ''] of text.matchAll(token)) {
    if (all === '') continue; // between two conditions
    const values = quoted === undefined ? plain.split(',') : [quoted];
    const condition = { field, values: values.map(fold).filter(Boolean), negated: minus === '-', text: all };
    if (field !== undefined && !fields.includes(field)) {
      problems.push({ text: all, reason: `There is no '${field}' here; there are ${fields.join(', ')}.` });
    } else if (condition.values.length === 0) {
      problems.push({ text: all, reason: 'Nothing follows.' });
    } else conditions.push(condition);
  }
  return { conditions, problems };
}

/** Returns a text without its differences of case, for comparison. */
const fold = (text: string): string => text.toLowerCase();

/** Makes the test of rows that a filter stands for. It holds for rows of the table until it gets new words: make it for each use. */
export function compileFilter({ conditions }: Filter, table: Table): (row: number) => boolean {
  const tests = conditions.map(condition => {
    const test = testOf(condition, table);
    return condition.negated ? (row: number) => !test(row) : test;
  });
  return row => tests.every(test => test(row));
}

function testOf({ field, values }: Condition, { columns }: Table): (row: number) => boolean {
  const chosen = field === undefined ? Object.values(columns) : [columns[field] as Column];
  const tests = chosen
    .filter(column => field !== undefined || !(column instanceof NumberColumn))
    .flatMap(column => values.map(value => columnTest(column, value)));
  return row => tests.some(test => test(row));
}

function columnTest(column: Column, value: string): (row: number) => boolean {
  if (column instanceof NumberColumn) return numberTest(column, value);
  if (!(column instanceof WordColumn)) return row => fold(String(column.valueOf(row))).includes(value);
  // There are few words and many rows. New ones may come after this was made.
  const matches: boolean[] = [];
  return row => {
    const number = column.numberAt(row);
    matches[number] ??= fold(column.words[number] as string).includes(value);
    return matches[number];
  };
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
