/** What a flag is: one small object in a table, from which parsing, `--help`, `/flags` and the documentation follow. */
import type { FlagType } from './types.ts';

/**
 * How far a flag is built.
 *
 * - `works`: it does what its help says, save values that its `lacks` names.
 * - `later`: known from Mesos, not built yet. Refused at start-up when its value asks for anything.
 * - `ignored`: accepted at any value and without effect, for the reason its help gives.
 */
export type FlagStatus = 'works' | 'later' | 'ignored';

/** A flag, without its name: that is its key in the table. */
export interface Flag {
  readonly type: FlagType<unknown>;
  /** As one would write it on the command line, or a function where it depends on the machine. Absent: unset. */
  readonly default?: string | (() => string);
  /** One or more sentences. */
  readonly help: string;
  /** Deprecated names. Loading by one of them logs a warning; `/flags` shows the name that was used. */
  readonly aliases?: readonly string[];
  readonly required?: true;
  /** The value is not shown anywhere. */
  readonly secret?: true;
  /** Absent: `works`. */
  readonly status?: FlagStatus;
  /**
   * Which part of a value is not built yet, undefined when none is.
   * Absent on a `later` flag: everything but its default.
   *
   * @param text the value as `type.format` prints it.
   */
  readonly lacks?: (text: string) => string | undefined;
  /**
   * What is wrong with a value, undefined when nothing is; a sentence without the flag's name.
   *
   * @param text the value as `type.format` prints it.
   */
  readonly check?: (text: string) => string | undefined;
  /** Heading in help and documentation; set by {@link group}. */
  readonly group?: string;
}

/** Flags by name. */
export type FlagTable = Readonly<Record<string, Flag>>;

type Present<F> = F extends { default: string | (() => string) } | { required: true } ? true : false;

type ValueOf<F extends Flag> = F extends { type: FlagType<infer T> }
  ? Present<F> extends true
    ? T
    : T | undefined
  : never;

/** The typed values of a table's flags: undefined where a flag has neither value nor default. */
export type FlagValues<Table extends FlagTable> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

/** Puts flags under one heading of the help text and keeps their types. */
export function group<const Table extends FlagTable>(heading: string, flags: Table): Table {
  const entries = Object.entries(flags).map(([name, flag]) => [name, { ...flag, group: heading }]);
  return Object.fromEntries(entries) as Table;
}

/** A `lacks` for flags some of whose values are built: anything but these is missing. */
export function builtOnly(...values: readonly string[]): (text: string) => string | undefined {
  return text => (values.includes(text) ? undefined : text);
}

/** A `check` for flags with a fixed set of values. */
export function oneOf(...values: readonly string[]): (text: string) => string | undefined {
  return text => (values.includes(text) ? undefined : `not known; allowed: ${values.join(', ')}`);
}

/**
 * A `check` for flags whose value names a module, or a part that is built in. Modules of that kind are not built yet.
 *
 * @param values those of Mesos, built or not.
 */
export function oneOfBuiltIn(...values: readonly string[]): (text: string) => string | undefined {
  const rest = 'modules with others are not built yet';
  return text => (values.includes(text) ? undefined : `not known; allowed: ${values.join(', ')} (${rest})`);
}

/** A `check` for comma lists of fixed words. */
export function eachOf(...values: readonly string[]): (text: string) => string | undefined {
  return text => {
    const wrong = text.split(',').filter(item => item !== '' && !values.includes(item));
    return wrong.length > 0 ? `'${wrong.join(',')}' is not known; allowed: any of ${values.join(', ')}` : undefined;
  };
}

/** A `lacks` for flags that matter only together with another, which is refused: no value asks for anything. */
export function asksNothing(): undefined {
  return undefined;
}

/** A `check` for flags that take nothing below a bound, written as a value is. */
export function atLeast(type: FlagType<number>, bound: string): (text: string) => string | undefined {
  const least = type.parse(bound, () => {});
  return text => (type.parse(text, () => {}) >= least ? undefined : `must be at least ${bound}`);
}

/** A `check` for flags that take nothing above a bound, written as a value is. */
export function atMost(type: FlagType<number>, bound: string): (text: string) => string | undefined {
  const most = type.parse(bound, () => {});
  return text => (type.parse(text, () => {}) <= most ? undefined : `must not be more than ${bound}`);
}

/** A `check` for texts that are good for nothing when empty. */
export function notEmpty(text: string): string | undefined {
  return text.trim() === '' ? 'must not be empty; leave the flag out for none' : undefined;
}

/** A `check` for flags that take no zero. */
export function positive(type: FlagType<number>): (text: string) => string | undefined {
  return text => (type.parse(text, () => {}) > 0 ? undefined : 'must be greater than zero');
}

/** The `lacks` of a comma list: the items that are not among the built ones. */
export function builtItemsOnly(...items: readonly string[]): (text: string) => string | undefined {
  return text => {
    const missing = text.split(',').filter(item => item !== '' && !items.includes(item));
    return missing.length > 0 ? missing.join(',') : undefined;
  };
}

/** A condition over several flags: what is wrong, undefined when nothing is. */
export type FlagRule<Table extends FlagTable> = (flags: FlagValues<Table>) => string | undefined;

/** The default as text; undefined when there is none. */
export function defaultText(flag: Flag): string | undefined {
  return typeof flag.default === 'function' ? flag.default() : flag.default;
}
