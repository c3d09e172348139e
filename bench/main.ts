/** `npm run bench`: see `usage`. Budgets are told, not enforced: machines differ. */
import { globSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Benchmark, perform, type Result } from './benchmark.ts';

const flag = { type: 'boolean', default: false } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: flag, json: flag, help: { ...flag, short: 'h' } },
});

const usage = `npm run bench [-- PATTERN] [--quick] [--json]: measures what has PATTERN in its name, or everything.

  --quick   once and briefly, only to see that the benchmarks run: budgets are for full runs on a quiet machine
  --json    results as JSON

'measured' and 'baseline' are medians of rounds that alternate. Lines of one scenario come from the same rounds.
MESETA_BENCH_PROFILE=master.ts leaves CPU profiles of the processes of that name (bench/processes) in $TMPDIR/profile.

Names:
`;

async function benchmarks(): Promise<Benchmark[]> {
  const files = globSync('*.bench.ts', { cwd: import.meta.dirname }).sort();
  const modules = await Promise.all(files.map(file => import(`./${file}`)));
  return modules.flatMap(({ default: list }) => list as Benchmark[]);
}

function number(value: number | undefined): string {
  if (value === undefined) return '';
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

const columns: { title: string; right?: true; cell(result: Result): string }[] = [
  { title: 'benchmark', cell: ({ name }) => name },
  { title: 'measured', right: true, cell: ({ measured }) => number(measured) },
  { title: 'baseline', right: true, cell: ({ baseline }) => number(baseline) },
  { title: 'unit', cell: ({ unit }) => unit },
  { title: 'ratio', right: true, cell: ({ ratio }) => number(ratio) },
  { title: 'budget', cell: ({ budget }) => budget },
  { title: 'within', cell: ({ within }) => (within === undefined ? '' : within ? 'yes' : 'NO') },
  { title: 'note', cell: ({ note }) => note },
];

function table(results: readonly Result[]): string {
  const rows = [columns.map(({ title }) => title), ...results.map(result => columns.map(({ cell }) => cell(result)))];
  const widths = columns.map((_, index) => Math.max(...rows.map(row => row[index]!.length)));
  const pad = (text: string, index: number) =>
    columns[index]!.right ? text.padStart(widths[index]!) : text.padEnd(widths[index]!);
  return rows.map(row => row.map(pad).join('  ').trimEnd()).join('\n');
}

/** A benchmark that waits for what does not come must not keep the others waiting. */
async function inTime<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not done after ${deadlineMs / 1000} s`)), deadlineMs);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

const deadlineOf = ({ minutes = 5 }: Benchmark) => (values.quick ? 90_000 : minutes * 60_000);
process.once('SIGINT', () => process.exit(130)); // runs what removes directories
process.once('SIGTERM', () => process.exit(143));
const pattern = positionals[0] ?? '';
const all = await benchmarks();
const chosen = all.filter(({ name }) => name.includes(pattern));
if (values.help || chosen.length === 0) {
  const help = usage + all.map(({ name }) => `  ${name}\n`).join('');
  if (values.help) process.stdout.write(help);
  else process.stderr.write(`no benchmark's name contains '${pattern}'\n\n${help}`);
  process.exit(values.help ? 0 : 1);
}
const results: Result[] = [];
for (const benchmark of chosen) {
  try {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${benchmark.name} …`);
    results.push(await inTime(perform(benchmark, { quick: values.quick }), deadlineOf(benchmark)));
  } catch (error) {
    console.error(`${benchmark.name}:`, error);
    process.exitCode = 1;
  }
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
await new Promise(done =>
  process.stdout.write(`${values.json ? JSON.stringify(results, undefined, 2) : table(results)}\n`, done),
);
// Processes of benchmarks that were given up end with this one, and what they wrote goes.
process.exit();
