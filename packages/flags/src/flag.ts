/**
 * Defines flags. A flag is an object in a table, from which parsing, `--help`, `/flags` and the documentation are
 * derived.
 */
import type { FlagType } from './types.ts';

/**
 * Whether a flag is implemented.
 *
 * - `works`: it does what its help says, except for values that `lacks` names.
 * - `later`: a flag of Mesos that is not built yet. Refused at start-up when its value would have an effect.
 * - `ignored`: every value is accepted and has no effect, for the reason in its help.
 */
export type FlagStatus = 'works' | 'later' | 'ignored';

/** A flag. Its name is its key in the table. */
export interface Flag {
  readonly type: FlagType<unknown>;
  /** The default, in the form of the command line, or a function when it depends on the machine. Absent: unset. */
  readonly default?: string | (() => string);
  /** One or more sentences. */
  readonly help: string;
  /** Deprecated names. The use of one logs a warning; `/flags` shows the name that was used. */
  readonly aliases?: readonly string[];
  readonly required?: true;
  /** The value is never shown. */
  readonly secret?: true;
  /** The default is `works`. */
  readonly status?: FlagStatus;
  /**
   * Returns the part of a value that is not built yet; undefined when there is none. Absent on a `later` flag: every
   * value except its default.
   *
   * @param text the value as `type.format` prints it.
   */
  readonly lacks?: (text: string) => string | undefined;
  /**
   * Returns what is wrong with a value, as a sentence without the flag's name; undefined when it is valid.
   *
   * @param text the value as `type.format` prints it.
   */
  readonly check?: (text: string) => string | undefined;
  /**
   * For a flag that stands for several: by its value, the texts of the flags that the value sets. A flag that is given
   * itself keeps its own value.
   */
  readonly presets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The heading in help and documentation; set by {@link group}. */
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

/** The typed values of a table's flags; undefined for a flag with neither value nor default. */
export type FlagValues<Table extends FlagTable> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

/** Puts flags under one heading of the help text and keeps their types. */
export function group<const Table extends FlagTable>(heading: string, flags: Table): Table {
  const entries = Object.entries(flags).map(([name, flag]) => [name, { ...flag, group: heading }]);
  return Object.fromEntries(entries) as Table;
}

/** Makes a `lacks` for flags that are built for these values only. */
export function builtOnly(...values: readonly string[]): (text: string) => string | undefined {
  return text => (values.includes(text) ? undefined : text);
}

/** Makes a `check` for flags with a fixed set of values. */
export function oneOf(...values: readonly string[]): (text: string) => string | undefined {
  return text => (values.includes(text) ? undefined : `not known; allowed: ${values.join(', ')}`);
}

/** A `check` for flags that name one module or built-in part: Mesos takes lists, and refuses those with several. */
export function oneName(text: string): string | undefined {
  if (text.trim() === '') return 'must not be empty; leave the flag out for the default';
  return text.includes(',') ? 'several are not supported; allowed: one name' : undefined;
}

/** Makes a `check` for lists, separated by commas, of fixed words. */
export function eachOf(...values: readonly string[]): (text: string) => string | undefined {
  return text => {
    const wrong = text.split(',').filter(item => item !== '' && !values.includes(item));
    return wrong.length > 0 ? `'${wrong.join(',')}' is not known; allowed: any of ${values.join(', ')}` : undefined;
  };
}

/** A `check` for lists of names that must have at least one, and each name once. */
export function eachOnce(text: string): string | undefined {
  const names = text.split(',').map(name => name.trim());
  if (names.includes('')) return 'expecting names with commas between them, and none of them empty';
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  return repeated === undefined ? undefined : `'${repeated}' is given twice`;
}

/** A `lacks` for flags that have an effect only together with another flag, which is refused. */
export function asksNothing(): undefined {
  return undefined;
}

/** Makes a `check` for flags with a minimum, which has the form of a value. */
export function atLeast(type: FlagType<number>, bound: string): (text: string) => string | undefined {
  const least = type.parse(bound, () => {});
  return text => (type.parse(text, () => {}) >= least ? undefined : `must be at least ${bound}`);
}

/** Makes a `check` for flags with a maximum, which has the form of a value. */
export function atMost(type: FlagType<number>, bound: string): (text: string) => string | undefined {
  const most = type.parse(bound, () => {});
  return text => (type.parse(text, () => {}) <= most ? undefined : `must not be more than ${bound}`);
}

/** A `check` for texts that must not be empty. */
export function notEmpty(text: string): string | undefined {
  return text.trim() === '' ? 'must not be empty; leave the flag out for none' : undefined;
}

/** Makes a `check` for flags that must be greater than zero. */
export function positive(type: FlagType<number>): (text: string) => string | undefined {
  return text => (type.parse(text, () => {}) > 0 ? undefined : 'must be greater than zero');
}

/** Makes a `lacks` for lists: returns the items that are not built. */
export function builtItemsOnly(...items: readonly string[]): (text: string) => string | undefined {
  return text => {
    const missing = text.split(',').filter(item => item !== '' && !items.includes(item));
    return missing.length > 0 ? missing.join(',') : undefined;
  };
}

/** A condition on several flags. Returns what is wrong; undefined when it is met. */
export type FlagRule<Table extends FlagTable> = (flags: FlagValues<Table>) => string | undefined;

/** Returns the default as text; undefined when there is none. */
export function defaultText(flag: Flag): string | undefined {
  return typeof flag.default === 'function' ? flag.default() : flag.default;
}
