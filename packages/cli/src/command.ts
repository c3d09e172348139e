/** What a subcommand is, and how its options are read. Each is one object in a file of its own. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: true;
  /** What stands for the value in help, `CPUS`. */
  readonly value?: string;
  readonly help: string;
}

export type Options = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O['type'] extends 'boolean' ? boolean : O['multiple'] extends true ? string[] : string;

/** Values by option name; undefined where an option was not given. */
export type Values<T extends Options> = { readonly [Name in keyof T]?: ValueOf<T[Name]> };

export interface Command {
  /** As typed after `meseta`, `task logs`. */
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Arguments in help, `TASK [FILE]`. */
  readonly arguments?: string;
  readonly options: Options;
  /** The arguments are a command line of their own, so short options after the first are a mistake: whose are they? */
  readonly takesCommand?: boolean;
  /** Paragraphs after the options. */
  readonly notes?: string;
  /** @returns the exit code. */
  run(argv: string[]): Promise<number>;
}

/** A mistake in how a command was called: printed without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

/** Makes a command whose `run` gets typed values. */
export function command<const T extends Options>(
  definition: Omit<Command, 'run' | 'options'> & {
    options: T;
    run(values: Values<T>, positionals: string[]): Promise<number>;
  },
): Command {
  return {
    ...definition,
    run: argv => {
      const { values, positionals } = parse(definition, argv);
      if (definition.arguments === undefined && positionals.length > 0) {
        throw new UsageError(`'${positionals[0]}' is one word too many`);
      }
      return definition.run(values as Values<T>, positionals);
    },
  };
}

function parse({ name, options, takesCommand }: Pick<Command, 'name' | 'options' | 'takesCommand'>, argv: string[]) {
  const config = Object.entries(options).map(([option, { type, short, multiple }]) => [
    option,
    { type, multiple: multiple ?? false, ...(short ? { short } : {}) },
  ]);
  if (takesCommand) refuseLateOptions(name, argv, Object.fromEntries(config));
  try {
    return parseArgs({ args: argv, options: Object.fromEntries(config), allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Refuses `run ls -la` and `run echo -n hello`, in which the command's options would be taken for ours. */
function refuseLateOptions(name: string, argv: string[], options: ParseArgsConfig['options']): void {
  const { tokens } = parseArgs({ args: argv, options: options ?? {}, strict: false, tokens: true });
  const first = tokens.find(({ kind }) => kind === 'positional');
  for (const token of tokens) {
    if (token.kind === 'option-terminator') return;
    if (
      token.kind === 'option' &&
      first &&
      token.index > first.index &&
      !Object.hasOwn(options ?? {}, token.rawName.slice(2))
    ) {
      throw new UsageError(
        `${token.rawName} comes after the command. If it is the command's own, quote the command, as in: meseta ${name} 'ls -l'`,
      );
    }
  }
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
