/** Defines subcommands and their options. Each subcommand is an object in its own file. */
import type { FlagTable } from '@meseta/flags';
import { wrap } from '@meseta/flags/wrap';
import { credentialOption, useCredential } from './credential.ts';
import type { Option, Options } from './option.ts';
import { parseWords } from './parse-words.ts';
import { UsageError } from './usage-error.ts';

export { UsageError };

type ValueOf<O extends Option> = O['type'] extends 'boolean' ? boolean : O['multiple'] extends true ? string[] : string;

/** The values of options by name; undefined for an option that was not given. */
export type Values<T extends Options> = { readonly [Name in keyof T]?: ValueOf<T[Name]> };

/** A subcommand: its help, and what it does. */
export interface Command {
  /** The words after `meseta`, such as `task logs`. */
  readonly name: string;
  /** A summary in one line. */
  readonly summary: string;
  /** The arguments in help, `TASK [FILE]`. */
  readonly arguments?: string;
  readonly options: Options;
  /** The flags of a daemon, which parses its own arguments. */
  readonly flags?: FlagTable;
  /**
   * The arguments are another command line. So a short option after the first argument is an error: it is unclear whose
   * option it is.
   */
  readonly takesCommand?: boolean;
  /** With `takesCommand`: the first argument is none of its words. All words after that are, also those with dashes. */
  readonly commandIsSecond?: boolean;
  /** The arguments are parsed by `parseWords`, so that `--help` among them asks for help. */
  readonly parsesWords?: boolean;
  /** Paragraphs of the help after the options. */
  readonly notes?: string;
  /** Runs the command. @returns the exit code. */
  run(argv: string[]): Promise<number>;
}

/** A subcommand whose code is loaded when it is used. */
export interface Entry {
  /** The words of the command, such as `task logs`. */
  readonly name: string;
  readonly summary: string;
  /** Printed before this command in the help of all commands. */
  readonly heading?: string;
  /** The command parses its own arguments, `--help` included: a daemon or the executor. */
  readonly ownFlags?: true;
  /** Loads this command only. */
  load(): Promise<Command>;
}

/** Makes a command whose `run` gets typed values of its options. One that asks a master takes `--credential`, too. */
export function command<const T extends Options>(
  definition: Omit<Command, 'run' | 'options' | 'parsesWords'> & {
    options: T;
    run(values: Values<T>, positionals: string[]): Promise<number>;
  },
): Command {
  const options: Options =
    'master' in definition.options ? { ...definition.options, ...credentialOption } : definition.options;
  return {
    ...definition,
    options,
    parsesWords: true,
    run: argv => {
      const { values: all, positionals } = parseWords({ ...definition, options }, argv);
      const { credential, ...values } = all;
      if (typeof credential === 'string') useCredential(credential);
      if (definition.arguments === undefined && positionals.length > 0) {
        throw new UsageError(`Unexpected argument '${positionals[0]}'`);
      }
      return definition.run(values as Values<T>, positionals);
    },
  };
}

/** Options longer than this are on a line of their own in help. */
const longestLeft = 30;

/**
 * Returns the help of a command, with its lines broken for the terminal.
 *
 * @param columns the width of the terminal.
 */
export function helpOf({ name, summary, arguments: words, options, notes }: Command, columns = 80): string {
  const rows = Object.entries(options).map(([option, { type, short, value, help }]) => {
    const argument = type === 'string' ? ` ${value ?? 'VALUE'}` : '';
    return [`  ${short ? `-${short}, ` : '    '}--${option}${argument}`, help] as const;
  });
  const usage = `Usage: meseta ${name}${rows.length > 0 ? ' [OPTION …]' : ''}${words ? ` ${words}` : ''}\n`;
  const tail = notes ? `\n${paragraphs(notes.trim(), columns)}\n` : '';
  const title = wrap(`meseta ${name}: ${summary}`, columns).join('\n');
  return `${title}\n\n${usage}${rows.length > 0 ? '\n' : ''}${twoColumns(rows, columns)}${tail}`;
}

/** Formats names with what they mean beside them, wrapped to the width of the terminal. */
export function twoColumns(rows: readonly (readonly [left: string, right: string])[], columns: number): string {
  const fitting = rows.map(([left]) => left.length).filter(length => length <= longestLeft);
  const indent = Math.max(0, ...fitting) + 2;
  return rows
    .map(([left, right]) => {
      const [first = '', ...others] = wrap(right, Math.max(columns - indent, 20));
      const beside =
        left.length <= longestLeft ? `${left.padEnd(indent)}${first}` : `${left}\n${' '.repeat(indent)}${first}`;
      return [beside, ...others.map(line => `${' '.repeat(indent)}${line}`)]
        .map(line => `${line.trimEnd()}\n`)
        .join('');
    })
    .join('');
}

/** Wraps paragraphs. One with an indented line is an example, or a list, and stays as it is. */
function paragraphs(text: string, columns: number): string {
  return text
    .split(/\n{2,}/)
    .map(each => (/^ /m.test(each) ? each : wrap(each, columns).join('\n')))
    .join('\n\n');
}
