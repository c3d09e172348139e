/** `npm test` itself: what it says of files that hang, leave things behind, or need what is not there. */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { test } from 'node:test';

const runner = new URL('../scripts/test.ts', import.meta.url).pathname;

interface Verdict {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Runs fixtures as tests. */
function runTests(files: readonly string[], more: { ci?: boolean; limit?: number } = {}): Promise<Verdict> {
  const { NODE_TEST_CONTEXT: _, CI: __, ...environment } = process.env;
  const env = { ...environment, ...(more.ci ? { CI: 'true' } : {}) };
  const paths = files.map(name => `tests/fixtures/runner/${name}.mjs`);
  const limit = more.limit === undefined ? [] : [`--file-limit=${more.limit}`];
  return run([...paths, ...limit], env);
}

function run(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Verdict> {
  const argv = ['--disable-warning=ExperimentalWarning', runner, ...args];
  return new Promise(resolve => {
    const cwd = new URL('..', import.meta.url).pathname;
    const child = execFile(process.execPath, argv, { cwd, env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, lines: `${stderr}${stdout}`.trimEnd().split('\n') }),
    );
  });
}

const has = (lines: readonly string[], pattern: RegExp) =>
  assert.ok(
    lines.some(line => pattern.test(line)),
    `${pattern} in\n${lines.join('\n')}`,
  );

test('a file that hangs is killed with all it started, and says what it did; the others run', async () => {
  const { code, lines } = await runTests(['hangs', 'passes'], { limit: 20 });
  assert.equal(code, 1);
  assert.equal(lines.at(-1), '2 passed, 1 failed');
  has(lines, /^ok {3}tests\/fixtures\/runner\/passes\.mjs: 1 passed/);
  has(lines, /^FAIL tests\/fixtures\/runner\/hangs\.mjs: 1 passed, 1 failed/);
  has(lines, /cut off: not done after 20 seconds/);
  has(lines, /under way: outer > inner/);
  has(lines, /process: sleep 86399/);
  has(lines, /about to hang/);
});

test('with --stalls, processes of tests stop for moments', async () => {
  const { NODE_OPTIONS: _, ...env } = process.env; // which has them when this file runs with --stalls
  assert.equal((await run(['tests/fixtures/runner/stalled.mjs'], env)).code, 1);
  const { code, lines } = await run(['tests/fixtures/runner/stalled.mjs', '--stalls'], env);
  assert.equal(code, 0, lines.join('\n'));
});

test('a test that never lets go of the event loop is named', async () => {
  const { code, lines } = await runTests(['loops', 'never-starts'], { limit: 20 });
  assert.equal(code, 1);
  has(lines, /^FAIL tests\/fixtures\/runner\/loops\.mjs: /);
  if (Number.parseInt(process.versions.node, 10) < 26) return; // which does not tell
  has(lines, /under way: outer > loops$/);
  has(lines, /no test was under way; the last that began: early$/);
});

const mistakes: { argument: string; says: RegExp }[] = [
  { argument: '--file-limits=3', says: /^npm test: Unknown option '--file-limits'; --file-limit=SECONDS, .* allowed$/ },
  { argument: '--file-limit', says: /^npm test: .*--file-limit.* argument missing; --file-limit=SECONDS, .* allowed$/ },
  { argument: '--file-limit=abc', says: /^npm test: --file-limit is a number of seconds above 0, .* not 'abc'$/ },
  { argument: '--file-limit=', says: /^npm test: --file-limit is a number of seconds above 0, .* not ''$/ },
  { argument: '--file-limit=0', says: /^npm test: --file-limit is a number of seconds above 0, .* not '0'$/ },
  { argument: 'tests/nosuch.test.ts', says: /^npm test: there is no test file 'tests\/nosuch\.test\.ts'$/ },
  { argument: 'tests/', says: /^npm test: 'tests\/' is a directory; .* 'npm test -- tests\/\*\.test\.ts'$/ },
];
for (const { argument, says } of mistakes) {
  test(`the mistake ${argument} is one sentence`, async () => {
    const { code, lines } = await run([argument]);
    assert.equal(code, 2);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', says);
  });
}

test('help runs nothing', async () => {
  const { code, lines } = await run(['--help']);
  assert.equal(code, 0);
  has(lines, /^ {2}--file-limit=SECONDS {2}how long a file may take/);
});

test('what a file needs is counted apart', async () => {
  const { code, lines } = await runTests(['needs']);
  assert.equal(code, 0);
  assert.deepEqual(lines.slice(-2), ['2 need no-such-program and were not run', '1 passed, 0 failed']);
  has(lines, /not run: needs no-such-program: there is none/);
});

test('in CI everything is there', async () => {
  const { code, lines } = await runTests(['needs'], { ci: true });
  assert.equal(code, 1);
  assert.equal(lines.at(-1), '1 passed, 2 failed');
});

test('other skipped tests are failures everywhere', async () => {
  const { code, lines } = await runTests(['skips']);
  assert.equal(code, 1);
  assert.equal(lines.at(-1), '1 passed, 2 failed');
  has(lines, /not today/);
});

test('a file that cannot be loaded is one failure', async () => {
  const { code, lines } = await runTests(['breaks', 'passes']);
  assert.equal(code, 1);
  assert.equal(lines.at(-1), '1 passed, 1 failed');
  has(lines, /cannot be loaded/);
});

test("what a file leaves behind is a failure of its own; another run's things are not", async t => {
  const other = mkdtempSync('/tmp/mt-'); // as another run makes it
  const alien = spawn('sleep', ['86397'], { cwd: other, env: { ...process.env, TMPDIR: other }, stdio: 'ignore' });
  t.after(() => {
    alien.kill();
    rmSync(other, { recursive: true });
  });
  const { code, lines } = await runTests(['leaves', 'passes']);
  assert.equal(code, 1);
  assert.equal(lines.at(-1), '2 passed, 3 failed');
  has(lines, /left behind: process \d+: sleep 86398/);
  has(lines, /left behind: process \d+: sleep 86396/);
  assert.equal(alien.signalCode, null);
  has(lines, /left behind: file \/tmp\/mt-\S+\/left/);
});
