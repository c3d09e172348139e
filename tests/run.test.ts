/** `meseta run`: the first minute of a user. */

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { eventually, needs } from '@meseta/system/testing';
import { localCluster, Meseta, meseta, command as words } from './support/meseta.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'run-'));
after(() => rmSync(directory, { recursive: true }));

const processes = () => execFileSync('ps', ['axo', 'args'], { encoding: 'utf8' });
/** Waits until no process has the mark in its command line: one that was killed goes when it is given time to. */
const goneWith = (mark: string) => eventually(`the end of all with ${mark}`, () => !processes().includes(mark));

test('prints output as it is written, states beside it, and nothing is left', async () => {
  const temporary = path.join(directory, 'tmp');
  mkdirSync(temporary);
  const command = `echo first; while [ ! -e ${directory}/go ]; do sleep 0.05; done; echo second; echo problem >&2`;
  const run = new Meseta(['run', command], { env: { TMPDIR: temporary } });
  await run.says(/^first$/m);
  assert.doesNotMatch(run.stdout, /second/);
  writeFileSync(path.join(directory, 'go'), '');
  const { code, stdout, stderr } = await run.finished;
  assert.equal(code, 0);
  assert.equal(stdout, 'first\nsecond\n');
  assert.match(stderr, /^problem$/m);
  assert.match(stderr, /starting[\s\S]*running[\s\S]*finished/);
  assert.deepEqual(readdirSync(temporary), []);
});

const exits: [command: string, code: number][] = [
  ['exit 3', 3],
  ['exit 143', 143],
  ['kill -9 $$', 137],
  ['kill -TERM $$', 143],
  ['no-such-command-anywhere', 127],
];
for (const [command, expected] of exits) {
  test(`'${command}' exits with ${expected}`, async () => assert.equal((await meseta('run', command)).code, expected));
}

test('an interrupt ends the task gracefully, descendants included', async () => {
  const mark = `4242${process.pid}`;
  const command = `trap 'echo caught; exit 5' TERM; setsid sleep ${mark} & echo ready; while true; do sleep 0.1; done`;
  const run = new Meseta(['run', command]);
  await run.says(/^ready$/m);
  run.child.kill('SIGINT');
  const { code, stdout } = await run.finished;
  assert.equal(code, 5);
  assert.match(stdout, /^caught$/m);
  await goneWith(`sleep ${mark}`);
});

test('environment, name and resources reach the task', async () => {
  const argv = ['run', '--name', 'greeter', '--cpus', '0.5', '--mem', '64', '--env', 'GREETING=hi there', '--json'];
  const { code, stdout } = await meseta(...argv, 'echo "$GREETING"');
  assert.equal(code, 0);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.match(events.find(({ event }) => event === 'launched').task_id, /^greeter-/);
  assert.deepEqual(
    events.filter(({ event }) => event === 'status').map(({ status }) => status.state),
    ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'],
  );
  assert.equal(
    events
      .filter(({ event }) => event === 'output')
      .map(({ data }) => data)
      .join(''),
    'hi there\n',
  );
});

test('a TaskInfo from a file', async () => {
  const file = path.join(directory, 'task.json');
  writeFileSync(
    file,
    JSON.stringify({ name: 'argv', command: { shell: false, value: '/bin/echo', arguments: ['echo', 'a  b'] } }),
  );
  const { code, stdout } = await meseta('run', '--task', file);
  assert.equal(code, 0);
  assert.equal(stdout, 'a  b\n');
});

test('what this machine does not have is refused, not waited for', async () => {
  const { code, stderr } = await meseta('run', '--cpus', '100000', 'true');
  assert.equal(code, 1);
  assert.match(stderr, /asks for cpus:100000; mem:32, but this machine has cpus:\d+; mem:\d+/);
});

/** A `meseta run` with a temporary directory of its own, which shows what is left behind. */
function runIn(name: string, ...argv: string[]) {
  const temporary = path.join(directory, name);
  mkdirSync(temporary);
  const run = new Meseta(['run', ...argv], { env: { TMPDIR: temporary } });
  return { run, left: () => readdirSync(temporary) };
}

test('a second interrupt kills at once, and leaves nothing', async () => {
  const mark = `4343${process.pid}`;
  const policy = { kill_policy: { grace_period: { nanoseconds: 3.6e12 } } };
  const command = { shell: true, value: `trap '' TERM; echo ready; sleep ${mark}; sleep ${mark}` };
  const file = path.join(directory, 'stubborn.json');
  writeFileSync(file, JSON.stringify({ ...policy, command }));
  const { run, left } = runIn('twice', '--task', file);
  await run.says(/^ready$/m);
  run.child.kill('SIGINT');
  await run.says(/ killing/);
  run.child.kill('SIGINT');
  assert.equal((await run.finished).code, 137);
  assert.deepEqual(left(), []);
  await goneWith(`sleep ${mark}`);
});

test('killed with -9, its task and all descendants are killed as well, and the next run removes its files', async () => {
  const mark = `4444${process.pid}`;
  const deaf = `trap "" TERM HUP; while :; do sleep ${mark}; done`;
  const { run, left } = runIn('killed', `(setsid env -i sh -c '${deaf}' &) ; echo ready; ${deaf}`);
  await run.says(/^ready$/m);
  run.child.kill('SIGKILL');
  await run.finished;
  await goneWith(mark);
  assert.equal(left().length, 1);
  const next = new Meseta(['run', 'true'], { env: { TMPDIR: path.join(directory, 'killed') } });
  assert.equal((await next.finished).code, 0);
  await eventually('the removal', () => left().length === 0);
});

/** The process that launches containers. */
function helperOf(run: Meseta): number {
  return Number(execFileSync('pgrep', ['-P', String(run.child.pid), 'meseta-spawner'], { encoding: 'utf8' }));
}

for (const together of [true, false]) {
  const when = together ? 'together with' : 'after';
  test(`killed with -9 ${when} its helper process, its task and all descendants are killed as well`, async () => {
    const mark = `47${together ? 46 : 47}${process.pid}`;
    const name = `helper-${together}`;
    const { run, left } = runIn(name, `(setsid env -i sleep ${mark} &) ; echo ready; sleep ${mark}; true`);
    await run.says(/^ready$/m);
    const helper = helperOf(run);
    if (together) run.child.kill('SIGSTOP');
    process.kill(helper, 'SIGKILL');
    if (!together) {
      await eventually('the end of the helper', () => !existsSync(`/proc/${helper}`));
      assert.match(processes(), new RegExp(`sleep ${mark}`));
    }
    run.child.kill('SIGKILL');
    await run.finished;
    await eventually('the end of all', () => !processes().includes(mark));
    const next = new Meseta(['run', 'true'], { env: { TMPDIR: path.join(directory, name) } });
    assert.equal((await next.finished).code, 0);
    await eventually('the removal', () => left().length === 0);
  });
}

/** The cgroups of the process with this command line, which is waited for, except those of the machine. */
async function cgroupsOf(command: string): Promise<string[]> {
  const find = () => spawnSync('pgrep', ['-f', `^${command}$`], { encoding: 'utf8' }).stdout.split('\n')[0];
  const pid = await eventually(`a process with '${command}'`, find);
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  const paths = lines.map(line => line.split(':').slice(1)).filter(([, group]) => group?.startsWith('/mesos/'));
  return paths.map(([controllers = '', group = '']) => path.join('/sys/fs/cgroup', controllers, group));
}

for (const alone of [true, false]) {
  const what = alone ? 'killed with -9' : 'killed with -9 together with its helper process, the next run sees to it:';
  test(`${what} leaves no process and no cgroup`, needs.root('the task is in cgroups'), async () => {
    const mark = `45${alone ? 45 : 46}${process.pid}`;
    const name = `cgroups-${alone}`;
    const { run, left } = runIn(name, '--isolation=namespaces/pid,cgroups/mem', `echo ready; sleep ${mark}; true`);
    await run.says(/^ready$/m);
    const groups = await cgroupsOf(`sleep ${mark}`);
    assert.equal(groups.length, 2);
    const helper = helperOf(run);
    run.child.kill('SIGSTOP');
    if (!alone) process.kill(helper, 'SIGKILL');
    run.child.kill('SIGKILL');
    await run.finished;
    if (!alone) {
      assert.deepEqual(groups.filter(existsSync), groups);
      const next = new Meseta(['run', 'true'], { env: { TMPDIR: path.join(directory, name) } });
      assert.equal((await next.finished).code, 0);
      await eventually('the removal', () => left().length === 0);
    }
    await eventually('the end of all', () => !processes().includes(mark) && !groups.some(existsSync));
  });
}

test('a task of a user other than root leaves closed directories: they are removed, and its status is that of run', async () => {
  const temporary = path.join(directory, 'closed');
  mkdirSync(temporary);
  const nobody = process.geteuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  chmodSync(directory, 0o711);
  if (nobody.uid !== undefined) chownSync(temporary, nobody.uid, nobody.gid);
  const argv = [...words.slice(1), 'run', '-q', 'mkdir -p d/e; touch d/e/x; chmod 0 d/e; chmod 500 d; exit 3'];
  const env = { PATH: process.env.PATH, TMPDIR: temporary, HOME: temporary };
  const run = spawn(process.execPath, argv, { ...nobody, env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, [code]] = await Promise.all([text(run.stderr), once(run, 'close')]);
  assert.deepEqual([code, readdirSync(temporary)], [3, []], said);
});

test('a terminal that is closed ends the task', async () => {
  const { run, left } = runIn('hangup', 'echo ready; sleep 1000');
  await run.says(/^ready$/m);
  run.child.kill('SIGHUP');
  assert.equal((await run.finished).code, 143);
  assert.deepEqual(left(), []);
});

test('a reader that has seen enough ends the task', async () => {
  const { run, left } = runIn('reader', 'echo ready; while true; do echo more; sleep 0.02; done');
  await run.says(/^ready$/m);
  run.child.stdout?.destroy();
  assert.equal((await run.finished).code, 143);
  assert.deepEqual(left(), []);
});

test('an interrupt while the cluster starts leaves nothing', async () => {
  const { run, left } = runIn('start', 'sleep 1000');
  await eventually('the directory of the cluster', () => left().length > 0);
  run.child.kill('SIGINT');
  const { code, stdout } = await run.finished;
  assert.equal(code, 130);
  assert.equal(stdout, '');
  assert.deepEqual(left(), []);
});

test('an interrupt ends the wait for an offer, and the framework with it', async t => {
  const cluster = await localCluster();
  t.after(() => cluster.stop());
  const run = new Meseta(['run', '--master', cluster.master, '--cpus', '100000', 'true']);
  await run.says(/waiting for an offer with cpus:100000; mem:32; \S+ has cpus:4; mem:4096 free/);
  run.child.kill('SIGINT');
  assert.equal((await run.finished).code, 130);
  const { stdout } = await meseta('frameworks', '--master', cluster.master, '--json');
  assert.deepEqual(JSON.parse(stdout), []);
});

test('characters that are cut in two between reads are whole in JSON', async () => {
  const command = `printf '\\342'; while [ ! -e ${directory}/half ]; do sleep 0.02; done; printf '\\202\\254'; sleep 0.1`;
  const run = new Meseta(['run', '--json', command]);
  await run.says(/"output"/);
  writeFileSync(path.join(directory, 'half'), '');
  const { stdout } = await run.finished;
  const events = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  const output = events.filter(({ event }) => event === 'output').map(({ data }) => data);
  assert.equal(output.join(''), '€');
});

const mistakes: [argv: string[], message: RegExp][] = [
  [[], /Run what\?/],
  [['--cpus', 'many', 'true'], /--cpus takes a number of at least 0, not 'many'/],
  [['--env', 'novalue', 'true'], /--env takes NAME=VALUE/],
  [['--docker-image', 'alpine', '--image', 'alpine', 'true'], /either --image or --docker-image/],
  [['--task', '/no/such/file'], /--task \/no\/such\/file: no such file or directory \(ENOENT\)/],
  [['--bogus', 'true'], /bogus/],
  [['--master', 'zk://host', 'true'], /Expecting a \(chroot\) path for ZooKeeper/],
];
for (const [argv, message] of mistakes) {
  test(`refuses run ${argv.join(' ')}`, async () => {
    const { code, stderr, stdout } = await meseta('run', ...argv);
    assert.ok(code === 2 || code === 1);
    assert.match(stderr, message);
    assert.equal(stdout, '');
  });
}

test('a master that is not there is said in one line', async () => {
  const { code, stderr } = await meseta('run', '--master', '127.0.0.1:1', 'true');
  assert.equal(code, 1);
  assert.match(stderr, /ECONNREFUSED/);
  assert.equal(stderr.trim().split('\n').length, 1);
});

for (const argv of [
  ['run', 'true'],
  ['run', '-i', '--master', '127.0.0.1:1', 'cat'],
  ['local', '--port', '0'],
]) {
  test(`a temporary directory that is not there is told with what to do, by ${argv.join(' ')}`, async () => {
    const { code, stderr } = await new Meseta(argv, { env: { TMPDIR: path.join(directory, 'missing') } }).finished;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /: Cannot make a temporary directory in '\S+\/missing': no such file or directory \(ENOENT\); set TMPDIR to [^:]*$/,
    );
    assert.equal(stderr.trim().split('\n').length, 1);
  });
}

test(
  'a task in namespaces of its own, with a directory of the machine',
  needs.root('it makes namespaces'),
  async () => {
    const shown = path.join(directory, 'shown');
    mkdirSync(shown);
    writeFileSync(path.join(shown, 'file'), 'shown\n');
    const line = 'cat data/file; touch data/x 2>/dev/null || echo read-only; cat /proc/1/comm';
    const run = await meseta('run', '--volume', `${shown}:data:ro`, line);
    assert.equal(run.stdout, 'shown\nread-only\nmeseta-init\n');
    assert.equal(run.code, 0);
  },
);
