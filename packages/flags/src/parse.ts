/** Parses flags from the command line and the environment by Mesos's rules (stout/flags/flags.hpp). */

import { excerpt } from '@meseta/protocol';
import { redactUrl } from '@meseta/telemetry';
import { suggestion } from './did-you-mean.ts';
import { defaultText, type Flag, type FlagRule, type FlagTable, type FlagValues } from './flag.ts';
import { readValueFile } from './value-file.ts';

/** A command line is invalid. The message names the flag. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
  readonly code = 'FLAG_INVALID';
}

/** What `parseFlags` returns. */
export interface ParsedFlags<Table extends FlagTable> {
  /** The typed values; durations are milliseconds, sizes are bytes. */
  readonly flags: FlagValues<Table>;
  /** Sentences for the log: deprecated names, flags without effect, ignored arguments. */
  readonly warnings: readonly string[];
  /** Arguments that are not flags, and everything after `--`. */
  readonly positional: readonly string[];
  /** The names of the flags that the command line or the environment set. */
  readonly given: ReadonlySet<string>;
  /** Returns the name by which a flag was given: its own, or the deprecated one that was used. */
  effectiveName(name: string): string;
  /**
   * Returns all flags with a value by effective name, sorted, as `/flags` shows them. Values of secret flags are left
   * out.
   */
  view(): Record<string, string>;
}

/** A flag as it was given. */
interface Given {
  /** The name in lower case, possibly with `no-`. */
  readonly name: string;
  /** The value; undefined for `--name` alone. */
  readonly value: string | undefined;
  /** The name for messages: `--name`, or the environment variable. */
  readonly label: string;
  /** The next argument, when it is not a flag. */
  readonly next?: string | undefined;
}

function fromCommandLine(argv: readonly string[]): { given: Given[]; positional: string[] } {
  const given: Given[] = [];
  const positional: string[] = [];
  for (const [index, argument] of argv.entries()) {
    const text = argument.trim();
    if (text === '--') return { given, positional: [...positional, ...argv.slice(index + 1)] };
    if (!text.startsWith('--')) {
      positional.push(argument);
      continue;
    }
    const equals = text.indexOf('=');
    const name = (equals < 0 ? text.slice(2) : text.slice(2, equals)).toLowerCase();
    const behind = argv[index + 1];
    const next = behind === undefined || behind.startsWith('-') ? undefined : behind;
    given.push({ name, value: equals < 0 ? undefined : text.slice(equals + 1), label: `--${name}`, next });
  }
  return { given, positional };
}

function fromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  owner: (name: string) => string | undefined,
): Given[] {
  const given = new Map<string, Given>();
  for (const [key, value] of Object.entries(env)) {
    if (!key.startsWith('MESOS_') || value === undefined) continue;
    const name = key.slice('MESOS_'.length).toLowerCase();
    if (owner(name.replace(/^no-/, '')) !== undefined) given.set(name, { name, value, label: key });
  }
  return [...given.values()];
}

/** Returns the text to parse for a flag. @param used its name, without `no-`. */
function textOf(flag: Flag, used: string, { name, value, label, next }: Given): string {
  const negated = name.startsWith('no-');
  if (flag.type.boolean) {
    if (value === undefined || value === '') return negated ? 'false' : 'true';
    if (negated) {
      throw new FlagError(`${quoted(flag, label, value)}: takes no value; allowed: --${name}, --${used}=false`);
    }
    return value;
  }
  const form = `--${used}=${flag.type.placeholder}`;
  if (negated) throw new FlagError(`${label}: --${used} cannot be negated; it is written ${form}`);
  if (value !== undefined) return value;
  const isSecret = flag.secret || flag.type.secret;
  const meant = next === undefined || isSecret ? '' : `; did you mean --${used}=${shown(next)}?`;
  throw new FlagError(`${label} needs a value: ${form}${meant}`);
}

/** Formats a value for error messages. */
function shown(text: string): string {
  return excerpt(redactUrl(text), 200);
}

/** Formats `--name='value'`, without secrets. */
function quoted(flag: Flag, label: string, text: string): string {
  return flag.secret || flag.type.secret ? label : `${label}='${shown(text)}'`;
}

function readValue(flag: Flag, label: string, text: string, warn: (message: string) => void): unknown {
  try {
    const fromFile = text.startsWith('file://') && flag.type.file !== 'path';
    return flag.type.parse(fromFile ? readValueFile(text.slice('file://'.length)) : text, message =>
      warn(`${label}: ${message}`),
    );
  } catch (cause) {
    // The parser's error quotes the text, which may contain secrets.
    const isSyntax = cause instanceof Error && cause.cause instanceof SyntaxError;
    if (isSyntax && (flag.secret || flag.type.secret)) throw new FlagError(`${label}: not JSON`);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FlagError(`${quoted(flag, label, text)}: ${isSyntax ? 'not JSON, ' : ''}${reason}`, { cause });
  }
}

/** Throws for values that are invalid or not built, and warns about values without effect. */
function judge(flag: Flag, label: string, value: unknown, warn: (message: string) => void): void {
  const text = flag.type.format(value);
  const wrong = flag.check?.(text);
  if (wrong !== undefined) throw new FlagError(`${quoted(flag, label, text)}: ${wrong}`);
  const standard = defaultText(flag);
  const everything = (asked: string) => (asked === standard ? undefined : asked);
  const missing = (flag.lacks ?? (flag.status === 'later' ? everything : undefined))?.(text);
  if (missing !== undefined) {
    const what = flag.secret || missing === '' ? '' : `: '${missing}'`;
    throw new FlagError(
      `${label} asks for something that Meseta knows from Mesos but has not built yet${what}. Leave the flag out to start without it`,
    );
  }
  if (flag.status === 'ignored' && text !== standard) warn(`${label} has no effect: ${flag.help}`);
}

/**
 * Parses the flags of a table.
 *
 * The command line takes precedence over the environment, whichever of a flag's names each uses. Unknown names are
 * errors on the command line, and are ignored in the environment. Files are read synchronously: only for start-up.
 *
 * @param argv the arguments after the program's name.
 * @param env the environment, in which `MESOS_<NAME>` is looked up, in upper or lower case.
 * @param rules conditions on several flags, which are checked last.
 * @throws {FlagError} with a sentence that names the flag or variable, the value, and what is allowed.
 */
export function parseFlags<const Table extends FlagTable>(
  table: Table,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  rules: readonly FlagRule<Table>[] = [],
): ParsedFlags<Table> {
  const owners = new Map<string, string>();
  for (const [name, flag] of Object.entries(table)) {
    for (const each of [name, ...(flag.aliases ?? [])]) owners.set(each, name);
  }
  const owner = (name: string) => owners.get(name);
  const bare = (name: string) => name.replace(/^no-/, '');

  const { given, positional } = fromCommandLine(argv);
  const onCommandLine = new Set(given.map(({ name }) => owner(bare(name))));
  const inherited = fromEnvironment(env, owner).filter(({ name }) => !onCommandLine.has(owner(bare(name))));

  const warnings = positional.map(
    argument => `Ignored the argument '${shown(argument)}': it is not a flag; flags are written --name=value`,
  );
  const warn = (message: string) => void warnings.push(message);
  const names = new Map<string, string>();
  const values: Record<string, unknown> = {};
  // In the order of names, as in Mesos: which of several mistakes is reported does not depend on the order of
  // arguments.
  const all = [...given, ...inherited].sort(({ name: a }, { name: b }) => (a < b ? -1 : a > b ? 1 : 0));
  const labels = new Map<string, string>();
  for (const each of all) {
    const used = bare(each.name);
    const name = owner(used);
    const flag = name === undefined ? undefined : table[name];
    if (name === undefined || flag === undefined) {
      throw new FlagError(`There is no flag ${shown(each.label)}${suggestion(used, [...owners.keys()], '--')}`);
    }
    const other = labels.get(name);
    if (other === each.label) throw new FlagError(`${other} is given twice`);
    if (other !== undefined) throw new FlagError(`${other} and ${each.label} are the same flag; give one of them`);
    labels.set(name, each.label);
    values[name] = readValue(flag, each.label, textOf(flag, used, each), warn);
    names.set(name, used);
    if (used !== name) warn(`${each.label} is a deprecated name: the flag is --${name}`);
    judge(flag, each.label, values[name], warn);
  }

  for (const [name, { presets, type }] of Object.entries(table)) {
    const label = labels.get(name);
    if (presets === undefined || label === undefined) continue;
    const preset = `${label}=${type.format(values[name])}`;
    for (const [other, text] of Object.entries(presets[type.format(values[name])] ?? {})) {
      const flag = table[other];
      if (flag === undefined) throw new Error(`${preset} sets --${other}, which is not in the table`);
      const value = readValue(flag, preset, text, warn);
      const explicit = labels.get(other);
      if (explicit === undefined) {
        values[other] = value;
        judge(flag, preset, value, warn);
      } else if (flag.type.format(values[other]) !== flag.type.format(value)) {
        const kept = quoted(flag, explicit, flag.type.format(values[other]));
        warnings.push(`${kept} is used: ${preset} would set --${other} to '${text}'`);
      }
    }
  }

  for (const [name, flag] of Object.entries(table)) {
    if (Object.hasOwn(values, name)) continue;
    if (flag.required) throw new FlagError(`--${name} is required: --${name}=${flag.type.placeholder}`);
    const text = defaultText(flag);
    values[name] = text === undefined ? undefined : flag.type.parse(text, warn);
  }

  for (const rule of rules) {
    const wrong = rule(values as FlagValues<Table>);
    if (wrong !== undefined) throw new FlagError(wrong);
  }

  const effectiveName = (name: string) => names.get(name) ?? name;
  return {
    flags: values as FlagValues<Table>,
    warnings,
    positional,
    given: new Set(names.keys()),
    effectiveName,
    view() {
      const shown = Object.entries(table).flatMap(([name, flag]) => {
        const value = values[name];
        if (value === undefined) return [];
        return [[effectiveName(name), flag.secret ? '<redacted>' : flag.type.format(value)] as const];
      });
      return Object.fromEntries(shown.sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}
