/** What a program of an external containerizer is run with, and what is said when it fails. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ContainerizerTermination, ContainerizerWait } from '@meseta/protocol';
import { isAlive, type ProcessId, systemClock } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { programEnvironment } from './environment.ts';
import { ExternalProgramError } from './error.ts';
import { ExternalProgram, type ProgramCall } from './program.ts';
import { encodeRecord } from './record.ts';

interface Bench {
  readonly directory: string;
  readonly path: string;
  readonly sandbox: string;
  readonly program: ExternalProgram;
}

async function bench(t: TestContext, script: string | undefined, path?: string): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-external-'));
  t.after(() => rm(directory, { recursive: true }));
  const sandbox = join(directory, 'sandbox');
  mkdirSync(sandbox);
  for (const name of ['stdout', 'stderr']) writeFileSync(join(sandbox, name), '');
  const file = join(directory, 'program');
  if (script !== undefined) {
    writeFileSync(file, script);
    chmodSync(file, 0o755);
  }
  const environment = programEnvironment(
    { PATH: process.env.PATH, MESOS_SECRET: 'of the agent', MESETA_X: 'of the agent', KEPT: 'of the agent' },
    { libexecDirectory: '/libexec', workDirectory: directory },
  );
  const program = new ExternalProgram({
    path: path?.replace('PROGRAM', file) ?? file,
    environment,
    clock: systemClock,
    log: silentLogger(),
  });
  return { directory, path: file, sandbox, program };
}

const wait = (at: Bench, more: Partial<ProgramCall<ContainerizerTermination>> = {}) =>
  at.program.run({
    command: 'wait',
    sandbox: at.sandbox,
    input: encodeRecord(ContainerizerWait, { container_id: { value: 'c' } }),
    answer: ContainerizerTermination,
    timeoutMs: 10_000,
    ...more,
  });

/** An answer, as octal escapes for printf. */
const printed = (bytes: Uint8Array) => [...bytes].map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('');
const termination: ContainerizerTermination = { killed: true, message: 'too much', status: 9 };
const answer = printed(encodeRecord(ContainerizerTermination, termination));

test('a command gets its input, its directory and its environment, and answers', async t => {
  const script = `#!/bin/sh
od -An -tx1 >input; pwd >where; env >environment; echo "$1" >command; echo words >&2
printf '${answer}and more, which nobody reads'`;
  const at = await bench(t, script);
  assert.deepEqual(await wait(at, { environment: { MESOS_SANDBOX: at.sandbox } }), termination);
  const written = (name: string) => readFileSync(join(at.sandbox, name), 'utf8').trim();
  assert.equal(written('input'), '05 00 00 00 0a 03 0a 01 63'); // the length, in the order of this machine
  assert.deepEqual([written('where'), written('command'), written('stderr')], [at.sandbox, 'wait', 'words']);
  const lines = written('environment').split('\n');
  const expected = ['MESOS_LIBEXEC_DIRECTORY=/libexec', `MESOS_WORK_DIRECTORY=${at.directory}`];
  for (const line of [...expected, `MESOS_SANDBOX=${at.sandbox}`, 'KEPT=of the agent'])
    assert.ok(lines.includes(line), line);
  assert.ok(!lines.some(line => /SECRET|MESETA_X/.test(line)));
});

test('a command line gets the command at its end', async t => {
  const at = await bench(t, `[ "$1 $2" = 'option wait' ] || exit 1; printf '${answer}'`, 'sh PROGRAM option');
  assert.deepEqual(await wait(at), termination);
});

const failures: { name: string; script: string | undefined; problem: string; message: RegExp }[] = [
  {
    name: 'a missing program',
    script: undefined,
    problem: 'NOT_STARTED',
    message: /there is no such file; check --containerizer_path$/,
  },
  {
    name: 'a missing interpreter',
    script: '#!/no/such/interpreter\n',
    problem: 'NOT_STARTED',
    message: /the interpreter in its first line is missing; install it, or correct the line$/,
  },
  {
    name: 'another exit status',
    script: `#!/bin/sh\nprintf '${answer}'; echo words >&2; exit 3`,
    problem: 'EXITED',
    message: /it exited with status 3; what it printed is in '.*\/sandbox\/stderr'$/,
  },
  {
    name: 'a signal',
    script: '#!/bin/sh\nkill -SEGV $$',
    problem: 'SIGNALED',
    message: /signal 11 \(SIGSEGV\) ended it; what it printed/,
  },
  {
    name: 'no answer',
    script: '#!/bin/sh\nexit 0',
    problem: 'ANSWER',
    message: /its answer is missing: expected a Termination message after its length in 4 bytes; what it printed/,
  },
  {
    name: 'a half of a length',
    script: "#!/bin/sh\nprintf '\\005\\000'",
    problem: 'ANSWER',
    message: /its answer ends within its length: expected 4 bytes, got 2 "\\u0005\\u0000"; what/,
  },
  {
    name: 'a half of an answer',
    script: "#!/bin/sh\nprintf '\\005\\000\\000\\000\\010'",
    problem: 'ANSWER',
    message: /its answer is cut off: it announces 5 bytes, but has 1; what/,
  },
  {
    name: 'text in place of an answer',
    script: '#!/bin/sh\necho Hello; exec sleep 1000',
    problem: 'ANSWER',
    message: /its answer would have 1819043144 bytes, but at most 4194304 are read: it begins "Hello\\n"; what/,
  },
  {
    name: 'an answer that is no message',
    script: "#!/bin/sh\nprintf '\\002\\000\\000\\000\\377\\377'",
    problem: 'ANSWER',
    message: /its answer is no Termination message: Truncated message; what/,
  },
  {
    name: 'a message without a required field',
    script: "#!/bin/sh\nprintf '\\002\\000\\000\\000\\010\\000'",
    problem: 'ANSWER',
    message: /its answer is no Termination message: Missing required fields of Termination: message; what/,
  },
  {
    name: 'silence',
    script: '#!/bin/sh\nexec sleep 1000',
    problem: 'SILENT',
    message: /it did not end within 0.5 seconds and was killed; what it printed/,
  },
];
for (const { name, script, problem, message } of failures) {
  test(`says what to do about ${name}`, async t => {
    const at = await bench(t, script);
    await assert.rejects(wait(at, problem === 'SILENT' ? { timeoutMs: 500 } : {}), (error: unknown) => {
      assert.ok(error instanceof ExternalProgramError);
      assert.equal(error.problem, problem);
      assert.ok(error.message.startsWith(`'wait' of the external containerizer program '${at.path}' failed: `));
      assert.match(error.message, message);
      return true;
    });
  });
}

test('says what to do about a program that may not be executed, and about a sandbox that is gone', async t => {
  const at = await bench(t, '#!/bin/sh\n');
  chmodSync(at.path, 0o644);
  await assert.rejects(wait(at), /it may not be executed; make it executable with 'chmod \+x'/);
  chmodSync(at.path, 0o755);
  await rm(at.sandbox, { recursive: true });
  await assert.rejects(wait(at), /its directory '.*sandbox' is gone/);
});

test('without a sandbox, what it printed is in the message', async t => {
  const at = await bench(t, '#!/bin/sh\necho one >&2; echo two >&2; exit 1');
  await assert.rejects(at.program.run({ command: 'recover' }), /exited with status 1; it printed: one \| two$/);
});

test('output goes to no link that a user put in place of the file', async t => {
  const at = await bench(t, `#!/bin/sh\necho words >&2; printf '${answer}'`);
  await rm(join(at.sandbox, 'stderr'));
  symlinkSync(join(at.directory, 'target'), join(at.sandbox, 'stderr'));
  writeFileSync(join(at.directory, 'target'), '');
  await wait(at);
  assert.equal(readFileSync(join(at.directory, 'target'), 'utf8'), '');
});

test('the input is given when the process is stored; else the process ends without it', async t => {
  const at = await bench(t, `#!/bin/sh\ncat >"$PWD/input"; printf '${answer}'`);
  const refused = () => Promise.reject(new Error('disk full'));
  await assert.rejects(wait(at, { started: refused }), /^Error: disk full$/);
  const read = () => readFileSync(join(at.sandbox, 'input'), { encoding: 'utf8', flag: 'a+' });
  assert.equal(read(), '');
  let stored: ProcessId | undefined;
  const started = async (process: ProcessId) => {
    assert.ok(isAlive(process));
    assert.equal(read(), '');
    stored = process;
  };
  await wait(at, { started });
  assert.ok(stored);
  assert.notEqual(read(), '');
});

test('a process of a launch may hold its output open, and has that of the container', async t => {
  const at = await bench(t, '#!/bin/sh\n{ echo out; exec sleep 1000; } & echo $! >pid; exit 0');
  await at.program.run({ command: 'launch', sandbox: at.sandbox, outputToSandbox: true, timeoutMs: 10_000 });
  await eventually('its output', () => readFileSync(join(at.sandbox, 'stdout'), 'utf8') === 'out\n');
  process.kill(Number(readFileSync(join(at.sandbox, 'pid'), 'utf8')), 'SIGKILL');
});

test('closing ends what only asks, with its group, and nothing is started any more', async t => {
  const at = await bench(t, '#!/bin/sh\nsleep 1000 & echo $! >child; wait');
  let stored: ProcessId | undefined;
  const started = async (process: ProcessId) => {
    stored = process;
  };
  const waiting = wait(at, { started });
  const child = () => Number(readFileSync(join(at.sandbox, 'child'), { encoding: 'utf8', flag: 'a+' }));
  await eventually('its start', () => child() > 0);
  at.program.close();
  await assert.rejects(waiting, /failed: the agent ends$/);
  await eventually('its end', () => stored !== undefined && !isAlive(stored));
  await assert.rejects(wait(at), /failed: the agent ends$/);
});
