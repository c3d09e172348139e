import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { processesWith, uniqueMark } from '../testing/executor-process.ts';
import { runCommand } from './run-command.ts';
import { type ProcessSpec, TaskProcess } from './task-process.ts';

async function sandbox(test: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-process-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Started, and gone after the test however that ends: what lives on would keep this process waiting. */
async function start(test: TestContext, spec: ProcessSpec): Promise<TaskProcess> {
  const started = await TaskProcess.start(spec);
  test.after(() => started.destroy());
  return started;
}

const shell = (directory: string, script: string, more: Partial<ProcessSpec> = {}): ProcessSpec => ({
  file: '/bin/sh',
  argv: ['sh', '-c', script],
  environment: { PATH: '/usr/bin:/bin', MARK: directory },
  workingDirectory: directory,
  output: 'ignore',
  ...more,
});

for (const { script, exit } of [
  { script: 'exit 3', exit: { kind: 'exited', code: 3 } },
  { script: 'exit 143', exit: { kind: 'exited', code: 143 } },
  { script: 'kill -TERM $$', exit: { kind: 'signaled', signal: 15, core: false } },
]) {
  test(`how it ends: ${script}`, async context => {
    const started = await start(context, shell(await sandbox(context), script));
    assert.deepEqual(await started.exited, exit);
    await started.drained;
  });
}

test('what cannot be started says why', async context => {
  const directory = await sandbox(context);
  await assert.rejects(TaskProcess.start(shell(directory, '', { file: '/none', argv: ['none'] })), {
    code: 'PROCESS_START',
    message: "Failed to execute '/none': no such file or directory",
  });
  await assert.rejects(TaskProcess.start(shell(join(directory, 'none'), 'true')), {
    message: `Failed to change to directory '${join(directory, 'none')}': no such file or directory`,
  });
});

test('environment, directory, limits, session, signals', async context => {
  const directory = await sandbox(context);
  const script =
    'grep SigIgn /proc/self/status > ignored; env > env; pwd > pwd; ulimit -n > limit; ps -o sid= -p $$ > session; echo $$ > pid';
  const started = await start(context, shell(directory, script, { limits: ['--nofile=100:200'] }));
  await started.drained;
  const text = async (name: string) => (await readFile(join(directory, name), 'utf8')).trim();
  const variables = (await text('env')).split('\n').filter(line => !/^(_|PWD|SHLVL|OLDPWD)=/.test(line));
  assert.deepEqual(variables.sort(), [`MARK=${directory}`, 'PATH=/usr/bin:/bin']);
  assert.equal(await text('pwd'), directory);
  assert.equal(await text('limit'), '100');
  assert.match(await text('ignored'), /^SigIgn:\s+0+$/);
  assert.equal(await text('session'), await text('pid'));
  assert.equal(Number(await text('pid')), started.pid);
});

const forever = (mark: string) => `while :; do sleep ${mark}; done`;
const trees: { name: string; script: (mark: string) => string; sleeps: number }[] = [
  { name: 'sessions', script: m => `setsid sh -c '${forever(m)}' & ${forever(m)}`, sleeps: 2 },
  { name: 'double forks', script: m => `(setsid sh -c '(setsid sleep ${m} &)' &) ; ${forever(m)}`, sleeps: 2 },
  { name: 'without environment', script: m => `(setsid env -i sleep ${m} &) ; ${forever(m)}`, sleeps: 2 },
  { name: 'deaf', script: m => `trap '' TERM; setsid sh -c 'trap "" TERM; ${forever(m)}' & ${forever(m)}`, sleeps: 2 },
  { name: 'stopped', script: m => `sleep ${m} & kill -STOP $$`, sleeps: 1 },
  { name: 'that stopped what watches it', script: m => `sleep ${m} & kill -STOP $PPID; ${forever(m)}`, sleeps: 2 },
];

for (const { name, script, sleeps } of trees) {
  test(`destroys a tree: ${name}; and nothing else`, async context => {
    const directory = await sandbox(context);
    const mark = uniqueMark();
    const other = uniqueMark();
    const bystander = await start(context, shell(directory, `setsid sleep ${other} & ${forever(other)}`));
    const started = await start(context, shell(directory, script(mark)));
    await eventually('the tree', () => processesWith(mark).length === sleeps && processesWith(other).length === 2);
    await started.destroy();
    assert.deepEqual(processesWith(mark), []);
    assert.equal(processesWith(other).length, 2);
    await bystander.destroy();
    assert.deepEqual(processesWith(other), []);
  });
}

test('destroys a tree that forks as fast as it can', async context => {
  const directory = await sandbox(context);
  const mark = uniqueMark();
  // Each leap leaves a byte: on a busy machine no look at the processes is sure to meet one that lives so briefly.
  const leap = 'POSIX::setsid(); syswrite $log, "."; exit if fork';
  const hop = `use POSIX; open $log, ">>", "leaps"; for (1 .. 3) { next if fork; while (1) { ${leap} } } sleep 1000`;
  const spec = shell(directory, '', { file: 'perl', argv: ['perl', '-e', hop, mark] });
  const started = await start(context, spec);
  const leaps = () => statSync(join(directory, 'leaps'), { throwIfNoEntry: false })?.size ?? 0;
  await eventually('hopping', () => leaps() > 100);
  await started.destroy();
  assert.deepEqual(processesWith(mark), []);
});

test('what watches it is stopped before it could tell of the start', async context => {
  const directory = await sandbox(context);
  const all = Array.from({ length: 20 }, () => start(context, shell(directory, 'kill -STOP $PPID; exec sleep 1000')));
  for (const started of await Promise.all(all)) await started.destroy();
});

test('what watches it is killed: the session ends', async context => {
  const directory = await sandbox(context);
  const mark = uniqueMark();
  const script = `sleep ${mark} & while [ ! -e go ]; do sleep 0.01; done; kill -KILL $PPID; sleep ${mark}`;
  const started = await start(context, shell(directory, script));
  await writeFile(join(directory, 'go'), '');
  assert.deepEqual(await started.exited, { kind: 'unknown' });
  await eventually('the end of the others', () => processesWith(mark).length === 0);
});

test('what watches it is killed: the session ends though it forks all the time', async context => {
  const directory = await sandbox(context);
  const mark = uniqueMark();
  const forks = `while :; do sleep ${mark} & done`;
  const script = `while [ ! -e go ]; do sleep 0.01; done; (${forks}) & kill -KILL $PPID; sleep ${mark}`;
  const started = await start(context, shell(directory, script));
  await writeFile(join(directory, 'go'), '');
  assert.deepEqual(await started.exited, { kind: 'unknown' });
  await eventually('the end of the others', () => processesWith(mark).length === 0);
});

test('some are spared from SIGTERM, none from SIGKILL', async context => {
  const directory = await sandbox(context);
  const mark = uniqueMark();
  const started = await start(context, shell(directory, `setsid sleep ${mark} & exec tail -f /dev/null`));
  await eventually('the tree', () => processesWith(mark).length === 1);
  const name = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  await eventually('exec', () => name(started.pid) === 'tail');
  assert.equal(await started.signal('SIGTERM', ({ pid }) => name(pid) === 'tail'), 1);
  await eventually('the end of the other', () => processesWith(mark).length === 0);
  assert.equal(name(started.pid), 'tail');
  await started.destroy();
  assert.deepEqual(await started.exited, { kind: 'signaled', signal: 9, core: false });
});

test('the tree dies with the process that started it', async context => {
  const directory = await sandbox(context);
  const marks = [uniqueMark(), uniqueMark()];
  const module = new URL('./task-process.ts', import.meta.url).href;
  const program = `import { TaskProcess } from '${module}';
    for (const mark of ${JSON.stringify(marks)}) await TaskProcess.start({ file: '/bin/sh',
      argv: ['sh', '-c', \`(setsid sh -c 'trap "" TERM; while :; do sleep \${mark}; done' &); sleep \${mark}\`],
      environment: {}, workingDirectory: '/', output: 'ignore' });
    setInterval(() => {}, 1000);`;
  const host = await start(
    context,
    shell(directory, '', { file: process.execPath, argv: ['node', '--input-type=module', '-e', program] }),
  );
  const all = () => marks.flatMap(processesWith);
  // Each name appears in the command line of a shell and of a sleep of its own, twice.
  await eventually('the trees', () => all().length >= 4);
  process.kill(host.pid, 'SIGKILL');
  await eventually('their end', () => all().length === 0);
  await host.destroy();
});

test('a command is run to its end, with its lines; what it leaves is killed', async context => {
  const directory = await sandbox(context);
  const mark = uniqueMark();
  const lines: string[] = [];
  const exit = await runCommand(shell(directory, `cat; echo two >&2; sleep ${mark} & exit 4`, { output: 'pipe' }), {
    input: 'one\n',
    onLine: (stream, line) => lines.push(`${stream} ${line}`),
    signal: new AbortController().signal,
  });
  assert.deepEqual(exit, { kind: 'exited', code: 4 });
  assert.deepEqual(lines.sort(), ['stderr two', 'stdout one']);
  assert.deepEqual(processesWith(mark), []);
});

test('an aborted command is killed with its children', async context => {
  const directory = await sandbox(context);
  const mark = uniqueMark();
  const abort = new AbortController();
  const script = `trap '' TERM; (setsid sleep ${mark} &); ${forever(mark)}`;
  const run = runCommand(shell(directory, script), { signal: abort.signal });
  await eventually('the tree', () => processesWith(mark).length === 2);
  abort.abort(new Error('too late'));
  await assert.rejects(run, /too late/);
  assert.deepEqual(processesWith(mark), []);
});
