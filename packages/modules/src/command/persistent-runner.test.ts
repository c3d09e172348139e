/** The protocol of persistent mode, and co-processes that do not keep to it. */

import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { keepingLogger } from '@meseta/telemetry/testing';
import { isRunning } from '../testing/harness.ts';
import { openCallDirectory } from './call-directory.ts';
import { PersistentRunner } from './persistent-runner.ts';

/**
 * A co-process: says hello, keeps what it is sent, and runs `onCall` for each call. `starts` counts from 1; `answer`
 * sends an answer, `say` a line as it is.
 */
const coProcess = (onCall: string, onStart = 'say({ protocol: 1 })') => `
  import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
  import { createInterface } from 'node:readline';
  const here = import.meta.dirname;
  appendFileSync(here + '/starts', '.');
  writeFileSync(here + '/pid', String(process.pid));
  const starts = readFileSync(here + '/starts', 'utf8').length;
  const raw = (text, then) => process.stdout.write(text, then);
  const say = value => raw(JSON.stringify(value) + '\\n');
  const answer = (id, output) => say({ id, ok: true, output });
  ${onStart};
  createInterface({ input: process.stdin }).on('line', line => {
    appendFileSync(here + '/lines', line + '\\n');
    const { protocol, id, method, deadline_ms, input } = JSON.parse(line);
    if (protocol === undefined) { ${onCall} }
  });`;

async function bench(context: TestContext, onCall: string, onStart?: string) {
  const directory = mkdtempSync(join(tmpdir(), 'persistent-'));
  const command = join(directory, 'command');
  writeFileSync(join(directory, 'co-process.mjs'), coProcess(onCall, onStart));
  const run = `exec '${process.execPath}' '${join(directory, 'co-process.mjs')}'`;
  writeFileSync(command, `#!/bin/sh\n${run}\n`, { mode: 0o755 });
  const calls = await openCallDirectory(directory);
  const { log, lines: logged } = keepingLogger();
  const runner = new PersistentRunner('test', calls, log);
  context.after(async () => {
    await runner.close();
    assert.deepEqual(readdirSync(calls), []);
    rmSync(directory, { recursive: true });
  });
  return {
    runner,
    command,
    calls,
    logged,
    pid: join(directory, 'pid'),
    call: (method: string, timeoutMs = 60_000) =>
      runner.run({ command, method, input: `{"of":"${method}"}`, timeoutMs }),
    starts: () => readFileSync(join(directory, 'starts'), 'utf8').length,
    lines: () =>
      readFileSync(join(directory, 'lines'), 'utf8')
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
  };
}

test('one co-process is told who it works for, and answers calls in any order', async context => {
  const onCall =
    "(globalThis.ids ??= []).push(id); if (method === 'last') for (const i of ids.reverse()) answer(i, { i })";
  const { call, lines, starts } = await bench(context, onCall);
  const answers = await Promise.all(['prepare', 'usage', 'last'].map(method => call(method)));
  assert.deepEqual(answers, [{ value: { i: 1 } }, { value: { i: 2 } }, { value: { i: 3 } }]);
  const [hello, ...calls] = lines();
  assert.deepEqual(hello, { protocol: 1, module: 'test' });
  assert.deepEqual(
    calls.map(({ id, method, input }) => ({ id, method, input })),
    ['prepare', 'usage', 'last'].map((method, i) => ({ id: i + 1, method, input: { of: method } })),
  );
  assert.ok(calls.every(({ deadline_ms }) => deadline_ms > 0 && deadline_ms <= 60_000));
  assert.equal(starts(), 1);
});

const answers: [name: string, onCall: string, expected: object | RegExp][] = [
  ['no output', 'say({ id, ok: true })', { value: undefined }],
  ['null for none', 'answer(id, null)', { value: undefined }],
  ['text, as it would be in the file', "answer(id, '{}')", { text: '{}' }],
  ['a failure', "say({ id, ok: false, error: 'no', code: 3 })", /exited with return code 3\. Cause: no$/],
  ['a failure without words', 'say({ id, ok: false })', /exited with return code 1\.$/],
  ['to others as well', 'answer(4711, {}); answer(id, {}); answer(id, { twice: 1 })', { value: {} }],
  [
    'in pieces, with blank lines',
    'raw(\'\\n{"id":\' + id); setTimeout(() => raw(\',"ok":true}\\n\\n\'), 20)',
    { value: undefined },
  ],
];
for (const [name, onCall, expected] of answers) {
  test(`an answer: ${name}`, async context => {
    const { call } = await bench(context, onCall);
    if (expected instanceof RegExp) await assert.rejects(call('prepare'), expected);
    else assert.deepEqual(await call('prepare'), expected);
  });
}

/** The first co-process does something it must not, the second one answers. */
const wrong: [name: string, onCall: string, message: RegExp][] = [
  ['answers what is not JSON', "raw('nonsense\\n')", /exited via signal (9|15)\.$/],
  ['answers what is no object', 'say([])', /exited via signal (9|15)\.$/],
  ['answers without an id', 'say({ ok: true })', /exited via signal (9|15)\.$/],
  ['answers without an end', "const on = () => raw('x'.repeat(1e6), on); on()", /exited via signal (9|15)\.$/],
  ['exits', 'process.exit(7)', /exited with return code 7\.$/],
  ['exits with 0', 'process.exit(0)', /exited with return code 0\.$/],
  ['is killed', "process.kill(process.pid, 'SIGKILL')", /exited via signal 9\.$/],
];
for (const [name, onCall, message] of wrong) {
  test(`a co-process that ${name} costs its calls and is replaced; none is sent again`, async context => {
    const { call, starts, lines } = await bench(context, `if (starts > 1) answer(id, {}); else { ${onCall} }`);
    await assert.rejects(call('prepare'), message);
    assert.deepEqual(await call('cleanup'), { value: {} });
    assert.equal(starts(), 2);
    assert.equal(lines().filter(({ method }) => method === 'prepare').length, 1);
  });
}

test('a missed deadline costs the calls in flight and the co-process, which may trap SIGTERM', async context => {
  const onCall =
    "if (starts > 1) answer(id, {}); else { process.on('SIGTERM', () => {}); writeFileSync(here + '/traps', '') }";
  const { call, pid, command } = await bench(context, onCall);
  const other = assert.rejects(call('usage'), { message: `Command "${command}" exited via signal 9.` });
  await eventually('the trap', () => existsSync(join(dirname(command), 'traps')));
  const late = { code: 'COMMAND_TIMED_OUT', message: `Command "${command}" took too long to execute.` };
  await assert.rejects(call('prepare', 500), late);
  assert.equal(isRunning(pid), false);
  await other;
  assert.deepEqual(await call('usage'), { value: {} });
});

for (const [name, onStart] of [
  ['says nothing', ''],
  ['says another protocol', 'say({ protocol: 2 })'],
  ['says something else first', "console.log('Welcome!')"],
] as const) {
  test(`a co-process that ${name} at its start is not sent a call`, async context => {
    const start = `if (starts > 1) say({ protocol: 1 }); else { ${onStart} }`;
    const { call, lines } = await bench(context, 'answer(id, {})', start);
    const isLate = name === 'says nothing';
    await assert.rejects(call('prepare', isLate ? 500 : 60_000), isLate ? /took too long/ : /exited via signal/);
    assert.deepEqual(await call('cleanup'), { value: {} });
    assert.deepEqual(
      lines().flatMap(({ method }) => method ?? []),
      ['cleanup'],
    );
  });
}

test('closing lets a co-process end with its input, and ends one that does not', async context => {
  for (const stays of [false, true]) {
    const { call, runner, pid } = await bench(context, `answer(id, {}); if (${stays}) setInterval(() => {}, 1000)`);
    await call('prepare');
    await runner.close();
    assert.equal(isRunning(pid), false);
  }
});

test('a discarded call is forgotten, and the co-process goes on', async context => {
  const { runner, command, call, lines, starts } = await bench(context, "if (method !== 'usage') answer(id, {})");
  const discard = new AbortController();
  const usage = runner.run({ command, method: 'usage', input: '{}', timeoutMs: 60_000, signal: discard.signal });
  await call('prepare');
  await eventually('it was sent', () => lines().some(({ method }) => method === 'usage'));
  discard.abort();
  await assert.rejects(usage, { code: 'COMMAND_DISCARDED' });
  assert.deepEqual(await call('prepare'), { value: {} });
  assert.equal(starts(), 1);
});

test('the file of a co-process that cannot be removed is removed when it can be', async context => {
  const { call, calls, logged } = await bench(context, "if (method === 'die') process.exit(1); answer(id, {});");
  await call('prepare');
  const file = join(calls, readdirSync(calls)[0] ?? '');
  rmSync(file);
  mkdirSync(file); // which cannot be removed as a file is
  await assert.rejects(call('die'));
  await eventually('the refusal', () => logged.some(line => line.includes('Failed to remove the file')));
  await call('prepare');
  rmdirSync(file);
  writeFileSync(file, '');
  await eventually('its end', () => !existsSync(file));
});
