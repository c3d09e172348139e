/**
 * Runs the tests: `npm test [-- FILE …]`. Without arguments every `*.test.ts` of packages, tests and examples.
 *
 * One line a file; what fails is shown in full at once. The last line is `N passed, N failed`. With CI=true a skipped
 * or todo test counts as failed. Everything the tests leave behind (processes, files, mounts, cgroups, network
 * namespaces) is a failure too, named at the end.
 */
import { globSync, mkdirSync } from 'node:fs';
import { run } from 'node:test';
import { Leftovers } from './leftovers.ts';
import { TestReport } from './test-report.ts';

/** A file may take this long; then it is named and the run ends. */
const fileLimitMs = 8 * 60_000;

const named = process.argv.slice(2);
const patterns = ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts', 'examples/**/*.test.ts'];
const files = (named.length > 0 ? named : globSync(patterns)).sort();

const leftovers = new Leftovers();
process.env.TMPDIR = leftovers.directory;
process.env.NODE_COMPILE_CACHE = `${process.cwd()}/.meseta/compile-cache`; // its default lies in TMPDIR
mkdirSync(process.env.NODE_COMPILE_CACHE, { recursive: true });

const report = new TestReport(process.env.CI === 'true');
const abort = new AbortController();
const watchdog = setInterval(() => {
  const hanging = report.runningLongerThan(fileLimitMs);
  if (hanging.length === 0) return;
  clearInterval(watchdog);
  for (const file of hanging) report.fail(`${file} hangs: not done after ${fileLimitMs / 60_000} minutes`);
  abort.abort();
}, 1000);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    report.fail(`interrupted by ${signal}`);
    abort.abort();
  });
}

const events = run({
  files,
  concurrency: 2,
  signal: abort.signal,
  execArgv: ['--disable-warning=ExperimentalWarning'],
});
for await (const event of events) report.add(event);
clearInterval(watchdog);

for (const line of await leftovers.collect()) report.fail(`left behind: ${line}`);
process.exit(report.finish() ? 0 : 1);
