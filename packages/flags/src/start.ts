import { mesosVersion, productVersion } from '@meseta/system';
import type { FlagRule, FlagTable } from './flag.ts';
import { helpText } from './help.ts';
import { FlagError, type ParsedFlags, parseFlags } from './parse.ts';

/** The result of a command line: flags to run with, or a text to print and an exit code. */
export type Start<Table extends FlagTable> =
  | { readonly run: ParsedFlags<Table> }
  | { readonly exit: 0 | 1; readonly stdout?: string; readonly stderr?: string };

/**
 * Tells whether the command line turns a flag on. Checked before the flags are parsed, so that mistakes in others do
 * not matter.
 */
function asked(argv: readonly string[], name: string): boolean {
  const end = argv.indexOf('--');
  const flags = (end < 0 ? argv : argv.slice(0, end)).map(argument => argument.trim().toLowerCase());
  return ['', '=', '=true', '=1'].some(form => flags.includes(`--${name}${form}`));
}

/** A daemon's command line, and how to parse it. */
export interface StartOptions<Table extends FlagTable> {
  readonly table: Table;
  /** The command as the user types it, such as `meseta master`. */
  readonly command: string;
  /** The arguments after the command. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly rules?: readonly FlagRule<Table>[];
  /** The width of the terminal. */
  readonly columns?: number | undefined;
}

/**
 * Handles a daemon's command line up to the point where it runs: `--help` and `--version` print and exit with 0, even
 * when other flags have mistakes; a mistake prints a message and exits with 1.
 */
export function startWithFlags<const Table extends FlagTable>(options: StartOptions<Table>): Start<Table> {
  const { table, command, argv, env, rules, columns } = options;
  if (asked(argv, 'help')) return { exit: 0, stdout: helpText(table, `Usage: ${command} [flags]`, columns) };
  if (asked(argv, 'version')) return { exit: 0, stdout: `meseta ${productVersion} (mesos ${mesosVersion})\n` };
  try {
    return { run: parseFlags(table, argv, env, rules) };
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    return { exit: 1, stderr: `${error.message}\n\nSee \`${command} --help\` for a list of supported flags.\n` };
  }
}
