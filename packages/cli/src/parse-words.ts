/** Parses the options and arguments after a command, with Meseta's own error messages. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { suggestion } from '@meseta/flags/did-you-mean';
import type { Option, Options } from './option.ts';
import { UsageError } from './usage-error.ts';

type Parsed = { values: Record<string, string | boolean | string[]>; positionals: string[] };

/** The part of a command that tells how its words are parsed. */
interface Definition {
  readonly name: string;
  readonly options: Options;
  /** The arguments are another command line, to which options after its first word belong. */
  readonly takesCommand?: boolean;
  readonly commandIsSecond?: boolean;
}

type Token = {
  kind: 'option';
  name: string;
  rawName: string;
  value: string | undefined;
  inlineValue: boolean | undefined;
};

/**
 * Parses options and arguments. @throws {UsageError} for an unknown option, a missing or unexpected value, or an empty
 * argument.
 */
export function parseWords(command: Definition, argv: string[]): Parsed {
  if (!command.commandIsSecond) return parseAll(command, argv);
  const { tokens } = parseArgs({ args: argv, options: configOf(command.options), strict: false, tokens: true });
  const first = tokens.find(({ kind }) => kind === 'positional')?.index ?? argv.length;
  const { values, positionals } = parseAll(command, argv.slice(0, first + 1));
  refuseEmpty(positionals);
  const words = argv.slice(first + 1);
  return { values, positionals: [...positionals, ...(words[0] === '--' ? words.slice(1) : words)] };
}

function parseAll(command: Definition, argv: string[]): Parsed {
  const { options } = command;
  const { tokens } = parseArgs({ args: argv, options: configOf(options), strict: false, tokens: true });
  const values: Parsed['values'] = {};
  const positionals: string[] = [];
  let terminated = false;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') terminated = true;
    else if (token.kind === 'positional') positionals.push(token.value);
    else {
      if (command.takesCommand && positionals.length > 0 && !terminated) refuseLate(command, token as Token);
      const { name, option, value } = readOption(options, token as Token);
      if (option.multiple) values[name] = [...((values[name] as string[] | undefined) ?? []), value as string];
      else values[name] = value;
    }
  }
  if (!command.takesCommand) refuseEmpty(positionals);
  return { values, positionals };
}

function refuseEmpty(positionals: readonly string[]): void {
  if (positionals.includes('')) throw new UsageError('An argument is empty; is a variable unset?');
}

function configOf(options: Options): NonNullable<ParseArgsConfig['options']> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple }]) => [
      name,
      { type, multiple: multiple ?? false, ...(short ? { short } : {}) },
    ]),
  );
}

function readOption(
  options: Options,
  { name, rawName, value, inlineValue }: Token,
): { name: string; option: Option; value: string | boolean } {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) {
    const hint = rawName.startsWith('--') ? suggestion(name, Object.keys(options), '--') : '';
    throw new UsageError(`There is no option ${rawName}${hint}`);
  }
  if (option.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
    return { name, option, value: true };
  }
  if (value === undefined || value === '') throw new UsageError(`${rawName} needs a value, ${option.value ?? 'VALUE'}`);
  if (option.choices && !option.choices.includes(value)) {
    throw new UsageError(`${rawName} is one of ${option.choices.join(', ')}, not '${value}'`);
  }
  if (!inlineValue && value.length > 1 && value.startsWith('-')) {
    throw new UsageError(
      `${rawName} needs a value, ${option.value ?? 'VALUE'}; '${value}' as one is --${name}=${value}`,
    );
  }
  return { name, option, value };
}

/** Refuses `run ls -la` and `run echo -n hello`, where options of the command would be taken for those of `meseta`. */
function refuseLate({ name, options }: Definition, { rawName }: Token): void {
  if (Object.hasOwn(options, rawName.slice(2))) return;
  throw new UsageError(
    `${rawName} comes after the command. If it is the command's own, quote the command, as in: meseta ${name} 'ls -l'`,
  );
}
