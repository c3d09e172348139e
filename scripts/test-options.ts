import { globSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** Where tests are, when none are named. */
const patterns = ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts', 'examples/**/*.test.ts'];
const defaultLimitSeconds = 480;
const usage = `Usage: npm test [-- [FILE …] [--file-limit=SECONDS] [--stalls]]

  FILE                  a test file; without one, all of packages, tests and examples
  --file-limit=SECONDS  how long a file may take before it is cut off (default: ${defaultLimitSeconds})
  --stalls              stop all processes of tests for moments at random, and look late at what they wait for: finds
                        tests and code that depend on timing; tests that set NODE_OPTIONS themselves are spared
  -h, --help            says this`;

/** What the test runner was asked for. */
export interface TestOptions {
  /** At least one, sorted. */
  readonly files: readonly string[];
  readonly limitMs: number;
  /** Whether processes are stopped for moments at random. */
  readonly stalls: boolean;
}

/**
 * Reads the command line of the test runner.
 *
 * @returns a text to show instead of a run, when help is asked for.
 * @throws {UsageError} when it is wrong.
 */
export function parseTestOptions(argv: readonly string[]): TestOptions | string {
  const { values, positionals } = parse(argv);
  if (values.help) return usage;
  const seconds = Number(values['file-limit'] ?? defaultLimitSeconds);
  if (!(seconds > 0 && seconds <= maxLimitSeconds) || values['file-limit'] === '')
    throw new UsageError(
      `--file-limit is a number of seconds above 0, ${maxLimitSeconds} at most, not '${values['file-limit']}'`,
    );
  for (const file of positionals) checkFile(file);
  return {
    files: (positionals.length > 0 ? positionals : globSync(patterns)).sort(),
    limitMs: seconds * 1000,
    stalls: values.stalls === true,
  };
}

/** A mistake in the command line; its message says what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** That of a timer is 2³¹ milliseconds. */
const maxLimitSeconds = 1_000_000;

function parse(argv: readonly string[]) {
  try {
    const options = {
      'file-limit': { type: 'string' },
      stalls: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...argv], allowPositionals: true, options });
  } catch (error) {
    // Node.js's own advice, behind the first sentence, is about positional arguments.
    const [what] = (error as Error).message.split(/[.\n] ?/);
    throw new UsageError(`${what}; --file-limit=SECONDS, --stalls, --help and test files are allowed`, {
      cause: error,
    });
  }
}

function checkFile(file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) throw new UsageError(`there is no test file '${file}'`);
  if (!stats.isFile())
    throw new UsageError(
      `'${file}' is a directory; name its test files, as in 'npm test -- ${file.replace(/\/+$/, '')}/*.test.ts'`,
    );
}
