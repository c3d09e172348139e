/** Everything about the sources that can be checked without running the product: `npm run check`. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { checkDependencies } from './check-dependencies.ts';
import { checkDocComments } from './check-doc-comments.ts';

interface Check {
  readonly name: string;
  /** One line a problem; none when all is well. */
  run(): Promise<readonly string[]> | readonly string[];
}

const node = [process.execPath, '--disable-warning=ExperimentalWarning'];

const knip = ['--no-progress', '--no-config-hints'];
const production = ['--config', 'knip.production.json', '--production', '--include', 'files,exports,types'];

const checks: Check[] = [
  { name: 'types', run: () => command('tsc', '--noEmit', '--pretty', 'false') },
  { name: 'types of the web UI', run: () => command('tsc', '--project', 'packages/web', '--pretty', 'false') },
  { name: 'format and lint', run: () => command('biome', 'check', '--colors=off', '--error-on-warnings', '.') },
  { name: 'dependency directions', run: checkDependencies },
  { name: 'doc comments', run: checkDocComments },
  { name: 'dead code', run: () => command('knip', ...knip, '--exclude', 'binaries') },
  { name: 'code that only tests use', run: () => command('knip', ...knip, ...production) },
  { name: 'one clock', run: checkClock },
  { name: 'reasons of ignored failures', run: checkIgnored },
  { name: 'no private traces', run: checkTraces },
  { name: 'plain words', run: checkWords },
  { name: 'generated protocol', run: () => command(...node, 'scripts/generate-protocol.ts', '--check') },
  { name: 'generated documentation', run: () => command(...node, 'scripts/generate-docs.ts', '--check') },
];

async function command(...[program = '', ...args]: string[]): Promise<string[]> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const code = new Promise<number>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), code]);
  if (status === 0) return [];
  return `${stdout}${stderr}`.trimEnd().split('\n');
}

/** Tracked files, and new ones that are not ignored: what a commit may contain. */
async function sources(): Promise<string[]> {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const child = spawn('git', list, { stdio: ['ignore', 'pipe', 'inherit'] });
  return (await text(child.stdout)).split('\0').filter(path => path !== '');
}

/** Marks of one machine, and of work left for later. Written in pieces, so that this file passes. */
const traces = new RegExp(
  [
    '(?<![\\w.~/-])/(?:work/(?:main|shared)|home/[a-z]\\w*|Users/\\w+)/',
    '"resolved": "https?://(?!registry\\.npmjs\\.org/)',
    `\\b(?:${['TO', 'FIX'].map((start, i) => start + ['DO', 'ME'][i]).join('|')})\\b`,
  ].join('|'),
);

function readSource(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''; // removed, not yet committed
    throw error;
  }
}

async function checkTraces(): Promise<string[]> {
  const paths = (await sources()).filter(path => !/(^|\/)fixtures\//.test(path));
  return paths.flatMap(path => linesWith(path, traces));
}

/** Production code gets its time from a `Clock` of `@meseta/system`, so that tests can advance it. */
async function checkClock(): Promise<string[]> {
  const isClock = (path: string) => path === 'packages/system/src/time/clock.ts';
  return (await sources())
    .filter(path => isProduction(path) && !isClock(path))
    .flatMap(path => linesWith(path, /\bDate\.now\b/).map(line => `${line}: take the time from a Clock`));
}

/** A rejection that is ignored has a comment that says why, at the end of its line or in the line before. */
async function checkIgnored(): Promise<string[]> {
  const pattern = /^(?!\s*\/\/).*\n.*\.catch\(\(\) => (?:undefined|\{\})\)(?!.*\/\/)/gm;
  return (await sources()).filter(isProduction).flatMap(path => {
    const text = readSource(path);
    return [...text.matchAll(pattern)].map(({ index }) => {
      const line = text.slice(0, index).split('\n').length + 1;
      return `${path}:${line}: say in a comment why the failure is ignored`;
    });
  });
}

/** Comments and messages name who acts: a framework, a client, the agent. The user `nobody` is in quotation marks. */
async function checkWords(): Promise<string[]> {
  const words = /\b(?:whoever|nobody|somebody)\b(?!')/i;
  return (await sources()).filter(isProduction).flatMap(path => linesWith(path, words));
}

const isProduction = (path: string) =>
  /^packages\/[^/]+\/src\/.*(?<!\.test)\.tsx?$/.test(path) && !/\/testing[/.]/.test(path);

/** Returns the lines of a file that match, each with its place. */
function linesWith(path: string, pattern: RegExp): string[] {
  return readSource(path)
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []));
}

/** Long files deserve a look; they do not fail. */
async function longFiles(): Promise<string[]> {
  const paths = (await sources()).filter(
    path => /\.(tsx?|mjs|sh|pl|css)$/.test(path) && !/\/(gen|fixtures)\//.test(path),
  );
  const sizes = paths.map(path => ({ path, lines: readSource(path).split('\n').length - 1 }));
  const long = sizes.filter(({ lines }) => lines > 400).sort((a, b) => b.lines - a.lines);
  return long.map(({ path, lines }) => `${path}: ${lines} lines`);
}

let failed = 0;
for (const { name, run } of checks) {
  const problems = await Promise.resolve(run()).catch(error => [String(error)]);
  if (problems.length > 0) failed++;
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  for (const problem of problems) console.log(`       ${problem}`);
}
const long = await longFiles();
if (long.length > 0) console.log(`note files over 400 lines\n${long.map(line => `       ${line}`).join('\n')}`);
console.log(`${checks.length - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
