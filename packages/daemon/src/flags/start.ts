import { mesosVersion, productVersion } from '../version.ts';
import type { FlagTable } from './flag.ts';
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

/**
 * Deals with a daemon's command line up to the point where it runs: `--help` and `--version` print and leave with 0,
 * also beside mistakes in other flags; a mistake prints its sentence and leaves with 1.
 *
 * @param command as the user types it, such as `meseta master`.
 */
export function startWithFlags<const Table extends FlagTable>(
  table: Table,
  command: string,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  columns?: number,
): Start<Table> {
  if (asked(argv, 'help')) return { exit: 0, stdout: helpText(table, `Usage: ${command} [flags]`, columns) };
  if (asked(argv, 'version')) return { exit: 0, stdout: `meseta ${productVersion} (mesos ${mesosVersion})\n` };
  try {
    return { run: parseFlags(table, argv, env) };
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    return { exit: 1, stderr: `${error.message}\n\nSee \`${command} --help\` for a list of supported flags.\n` };
  }
}
