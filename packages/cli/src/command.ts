/** What a subcommand is, and how its options are read. Each is one object in a file of its own. */
import type { FlagTable } from '@meseta/flags';
import { parseWords } from './parse-words.ts';
import { UsageError } from './usage-error.ts';

export { UsageError };

/** An option of a subcommand. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: true;
  /** What stands for the value in help, `CPUS`. */
  readonly value?: string;
  /** The only values that there are. */
  readonly choices?: readonly string[];
  readonly help: string;
}

/** Options by their long name, without dashes. */
export type Options = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O['type'] extends 'boolean' ? boolean : O['multiple'] extends true ? string[] : string;

/** Values by option name; undefined where an option was not given. */
export type Values<T extends Options> = { readonly [Name in keyof T]?: ValueOf<T[Name]> };

/** A subcommand: what its help says, and what it does. */
export interface Command {
  /** As typed after `meseta`, `task logs`. */
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Arguments in help, `TASK [FILE]`. */
  readonly arguments?: string;
  readonly options: Options;
  /** The flags of a daemon, which reads its words itself. */
  readonly flags?: FlagTable;
  /** The arguments are a command line of their own, so short options after the first are a mistake: whose are they? */
  readonly takesCommand?: boolean;
  /** Its words are read by our rules, so that `--help` anywhere among them asks for help. */
  readonly parsesWords?: boolean;
  /** Paragraphs after the options. */
  readonly notes?: string;
  /** @returns the exit code. */
  run(argv: string[]): Promise<number>;
}

/** Makes a command whose `run` gets typed values. */
export function command<const T extends Options>(
  definition: Omit<Command, 'run' | 'options' | 'parsesWords'> & {
    options: T;
    run(values: Values<T>, positionals: string[]): Promise<number>;
  },
): Command {
  return {
    ...definition,
    parsesWords: true,
    run: argv => {
      const { values, positionals } = parseWords(definition, argv);
      if (definition.arguments === undefined && positionals.length > 0) {
        throw new UsageError(`'${positionals[0]}' is one word too many`);
      }
      return definition.run(values as Values<T>, positionals);
    },
  };
}

/** Help of one command. */
export function helpOf({ name, summary, arguments: words, options, notes }: Command): string {
  const rows = Object.entries(options).map(([option, { type, short, value, help }]) => {
    const argument = type === 'string' ? ` ${value ?? 'VALUE'}` : '';
    return [`  ${short ? `-${short}, ` : '    '}--${option}${argument}`, help] as const;
  });
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  const lines = rows.map(([left, help]) => `${left.padEnd(width)}${help}\n`);
  const tail = notes ? `\n${notes.trim()}\n` : '';
  return `meseta ${name}: ${summary}\n\nUsage: meseta ${name}${rows.length > 0 ? ' [OPTION …]' : ''}${words ? ` ${words}` : ''}\n${lines.length > 0 ? '\n' : ''}${lines.join('')}${tail}`;
}
