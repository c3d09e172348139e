import { mesosVersion, productVersion } from '@meseta/system';
import type { FlagRule, FlagTable } from './flag.ts';
import { helpText } from './help.ts';
import { FlagError, type ParsedFlags, parseFlags } from './parse.ts';

/** What a command line comes to: flags to run with, or something to print and an exit code. */
export type Start<Table extends FlagTable> =
  | { readonly run: ParsedFlags<Table> }
  | { readonly exit: 0 | 1; readonly stdout?: string; readonly stderr?: string };

/** True when the command line turns a switch on; looked at before the flags are, so that mistakes in others do not matter. */
function asked(argv: readonly string[], name: string): boolean {
  const end = argv.indexOf('--');
  const flags = (end < 0 ? argv : argv.slice(0, end)).map(argument => argument.trim().toLowerCase());
  return flags.some(
    argument => argument === `--${name}` || argument === `--${name}=true` || argument === `--${name}=1`,
  );
}

/** What a daemon's command line is read by. */
export interface StartOptions<Table extends FlagTable> {
  readonly table: Table;
  /** As the user types it, such as `meseta master`. */
  readonly command: string;
  /** The arguments after the command. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly rules?: readonly FlagRule<Table>[];
  /** Width of the terminal. */
  readonly columns?: number | undefined;
}

/**
 * Deals with a daemon's command line up to the point where it runs: `--help` and `--version` print and leave with 0,
 * also beside mistakes in other flags; a mistake prints its sentence and leaves with 1.
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
