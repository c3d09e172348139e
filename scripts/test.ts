/**
 * Runs the tests: `npm test [-- FILE …] [--file-limit=SECONDS] [--stalls]`. Without files every `*.test.ts` of packages, tests and
 * examples, as the user who runs them.
 *
 * One line a file; what fails is shown in full at once. The last line is `N passed, N failed`. Tests that need what the
 * machine or the user does not have (`needs` of `@meseta/system/testing`) are counted apart, in a line before it; with
 * CI=true they fail. Every other skipped or todo test fails always. A file that takes longer than its limit is killed
 * and reported. What a file leaves behind (processes, files, mounts) is a failure, too, and so are cgroups and network
 * namespaces at the end.
 */
import { mkdirSync } from 'node:fs';
import { Leftovers } from './leftovers.ts';
import { runTestFile } from './test-file.ts';
import { parseTestOptions, UsageError } from './test-options.ts';
import { TestReport } from './test-report.ts';

/** So many at a time. */
const concurrency = 2;

const { files: allFiles, limitMs, stalls } = options();
const files = [...allFiles];

const leftovers = new Leftovers();
process.env.TMPDIR = leftovers.directory;
process.env.NODE_COMPILE_CACHE = `${process.cwd()}/.meseta/compile-cache`; // its default lies in TMPDIR
mkdirSync(process.env.NODE_COMPILE_CACHE, { recursive: true });

if (stalls) {
  const preload = `--import=${new URL('test-stalls.ts', import.meta.url)}`;
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} ${preload}`.trim();
  process.env.MESETA_TEST_STALLS = 'true'; // for `eventually`
}
delete process.env.NODE_TEST_CONTEXT; // of a test that runs this one: Node.js would run no file
const report = new TestReport(process.env.CI === 'true');
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    report.fail(`interrupted by ${signal}`);
    abort.abort();
  });
}

function options() {
  try {
    const parsed = parseTestOptions(process.argv.slice(2));
    if (typeof parsed !== 'string') return parsed;
    console.log(parsed);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`npm test: ${error.message}`);
    process.exit(2);
  }
}

async function runNext(): Promise<void> {
  for (let file = files.shift(); file !== undefined && !abort.signal.aborted; file = files.shift()) {
    const fileReport = report.start(file);
    const directory = leftovers.directoryOfFile();
    const onEvent = fileReport.add.bind(fileReport);
    const cutOff = await runTestFile({ file, directory, limitMs, signal: abort.signal, onEvent });
    if (cutOff) fileReport.addCutOff(cutOff, abort.signal.aborted ? undefined : limitMs);
    // What was cut off could not tidy up.
    const left = await leftovers.collect(directory);
    if (!cutOff) for (const line of left) fileReport.fail(`left behind: ${line}`);
    fileReport.finish();
  }
}
await Promise.all(Array.from({ length: concurrency }, runNext));

for (const line of await leftovers.finish()) report.fail(`left behind: ${line}`);
process.exit(report.finish() ? 0 : 1);
