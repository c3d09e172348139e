/** What becomes of the directories of what has ended, with real agents. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, realpath, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parseFlags } from '@meseta/flags';
import { systemClock } from '@meseta/system';
import { eventually, needs } from '@meseta/system/testing';
import { agentFlags } from '../flags.ts';
import { startAgent } from '../main.ts';
import { AgentCalls } from '../testing/agent-calls.ts';
import { agentId, frameworkId } from '../testing/scripted-master.ts';
import { agentArguments, type Bench, bench, startTestAgent } from '../testing/test-agent.ts';

const run = promisify(execFile);
const mounting = needs.mounting('tasks mount file systems in their sandboxes');
const weekMs = 7 * 24 * 3600 * 1000;
const quick = ['--gc_delay=1weeks', '--gc_disk_headroom=0', '--disk_watch_interval=50ms'];

const framework = ({ directory }: Bench, root: '' | 'meta', ...path: string[]) =>
  join(directory, 'work', root, 'slaves', agentId, 'frameworks', frameworkId, ...path);
const executor = (at: Bench, root: '' | 'meta', id: string, ...path: string[]) =>
  framework(at, root, 'executors', id, ...path);

/** Makes directories look as if nothing had changed them for long. */
async function age(...paths: string[]): Promise<void> {
  const then = new Date(Date.now() - 2 * weekMs);
  for (const path of paths) await utimes(path, then, then);
}

async function runTask(at: Bench, id: string, command: string): Promise<void> {
  at.master.command(id, command);
  await at.master.until(id, 'TASK_FINISHED');
  await eventually(
    () => `the end of the executor of ${id}`,
    () => existsSync(executor(at, 'meta', id, 'runs/latest/executor.sentinel')),
  );
}

const removed = (agent: {
  readonly context: { readonly metrics: { counter(name: string): { readonly value: number } } };
}) => agent.context.metrics.counter('gc/path_removals_succeeded').value;

test('directories of what has ended are removed when they are old, those of what runs never', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at, ...quick);
  at.onEnd(() => agent.shutdown());
  at.master.command('runs', 'exec sleep 600');
  await at.master.until('runs', 'TASK_RUNNING');
  const elsewhere = join(at.directory, 'elsewhere');
  await mkdir(elsewhere);
  await writeFile(join(elsewhere, 'kept'), '');
  await runTask(at, 'old', `ln -s ${elsewhere} link; mkdir -p shut/in; chmod 0 shut`);
  await runTask(at, 'new', 'true');
  const roots = ['', 'meta'] as const;
  await age(
    ...roots.flatMap(root => [
      framework(at, root),
      executor(at, root, 'old'),
      executor(at, root, 'runs'),
      executor(at, root, 'runs/runs'),
    ]),
  );
  await eventually('the old directories to be gone', () => roots.every(root => !existsSync(executor(at, root, 'old'))));
  await eventually('two removals', () => removed(agent) === 2);
  for (const root of roots) for (const id of ['new', 'runs']) assert.ok(existsSync(executor(at, root, id)), id);
  assert.ok(existsSync(join(elsewhere, 'kept')));
  assert.deepEqual(await readdir(join(at.directory, 'work/gc')), []);
  await eventually(
    'two directories to go later',
    () => agent.context.metrics.gauge('gc/path_removals_pending').value === 2,
  );
});

test('the next agent goes on: with what was moved away, frameworks, other agents and old runs', async t => {
  const at = await bench(t);
  let agent = await startTestAgent(at);
  at.onEnd(() => agent.shutdown());
  await runTask(at, 'task', 'true');
  await agent.stop();
  const work = join(at.directory, 'work');
  const others = ['', 'meta'].map(root => join(work, root, 'slaves/other-S1'));
  for (const other of others) {
    await mkdir(join(other, 'frameworks/f/executors/e/runs/r'), { recursive: true });
    await age(join(other, 'frameworks/f'), other);
  }
  await mkdir(join(work, 'gc/1-1/left'), { recursive: true });
  for (const root of ['', 'meta'] as const) await age(framework(at, root));
  agent = await startTestAgent(at, ...quick);
  await eventually('all of it to be gone', () =>
    [...others, framework(at, ''), framework(at, 'meta'), join(work, 'gc/1-1')].every(path => !existsSync(path)),
  );
  await runTask(at, 'task', 'true');
  assert.ok(existsSync(executor(at, '', 'task/runs/latest/stdout')), 'the framework comes back with new directories');
});

test('a full disk lets all directories go at once, also those that say they are of the future', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at, '--disk_watch_interval=1hrs');
  await runTask(at, 'ahead', 'true');
  await agent.stop();
  const future = new Date(Date.now() + weekMs);
  await utimes(executor(at, '', 'ahead'), future, future);
  await utimes(framework(at, ''), future, future);
  const full = await startTestAgent(at, '--gc_disk_headroom=1', '--disk_watch_interval=50ms');
  at.onEnd(() => full.shutdown());
  await eventually('all to be gone', () => !existsSync(framework(at, '')) && !existsSync(framework(at, 'meta')));
  assert.equal(full.context.metrics.gauge('slave/executor_directory_max_allowed_age_secs').value, 0);
});

test('directories that are older than --gc_delay go, however empty the disk is', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at, '--gc_delay=1ms', '--gc_disk_headroom=0', '--disk_watch_interval=50ms');
  at.onEnd(() => agent.shutdown());
  at.master.command('task', 'true');
  await at.master.until('task', 'TASK_FINISHED'); // its directories may be gone a moment later
  await eventually(
    'it to be gone',
    () => !existsSync(executor(at, '', 'task')) && !existsSync(executor(at, 'meta', 'task')),
  );
});

test('many directories are removed by few processes', async t => {
  const at = await bench(t);
  const calls = join(at.directory, 'calls');
  await mkdir(join(at.directory, 'bin'));
  await writeFile(join(at.directory, 'bin/rm'), `#!/bin/sh\necho >>${calls}\nexec /bin/rm "$@"\n`, { mode: 0o755 });
  const { PATH = '' } = process.env;
  at.onEnd(async () => {
    process.env.PATH = PATH;
  });
  process.env.PATH = `${at.directory}/bin:${PATH}`;
  const ids = Array.from({ length: 300 }, (_, i) => `old-${i}`);
  for (const id of ids) await mkdir(executor(at, '', id, 'runs/run'), { recursive: true });
  await age(...ids.map(id => executor(at, '', id)));
  const agent = await startTestAgent(at, ...quick);
  at.onEnd(() => agent.shutdown());
  await eventually('all to be gone', () => removed(agent) === ids.length);
  assert.deepEqual(await readdir(framework(at, '', 'executors')), []);
  const { length } = await readFile(calls, 'utf8');
  assert.ok(length <= ids.length / 30, `${length} processes`);
});

test('links in the place of directories are left alone', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at, ...quick);
  at.onEnd(() => agent.shutdown());
  await runTask(at, 'task', 'true');
  const elsewhere = join(at.directory, 'elsewhere');
  await rename(executor(at, '', 'task'), elsewhere);
  await symlink(elsewhere, executor(at, '', 'task'));
  await age(elsewhere, executor(at, 'meta', 'task'));
  await eventually('the checkpoints to be gone', () => !existsSync(executor(at, 'meta', 'task')));
  assert.ok(existsSync(join(elsewhere, 'runs/latest')));
});

test('sandboxes of nested containers go while their executor runs, where the operator wants that', async t => {
  const at = await bench(t);
  await chmod(at.directory, 0o755);
  const agent = await startTestAgent(at, ...quick, '--gc_non_executor_container_sandboxes');
  at.onEnd(() => agent.shutdown());
  const calls = new AgentCalls(`http://127.0.0.1:${agent.port}`);
  at.master.command('task', 'exec sleep 600');
  const { status } = await at.master.until('task', 'TASK_RUNNING');
  const parent = status.container_status?.container_id ?? { value: '' };
  const [ended, runs] = [
    { value: 'ended', parent },
    { value: 'runs', parent },
  ];
  await calls.launch(ended, 'true');
  await calls.launch(runs, 'exec sleep 600');
  assert.equal(await calls.exitStatus(ended), 0);
  const sandboxes = executor(at, '', 'task/runs/latest/containers');
  await age(join(sandboxes, 'ended'), join(sandboxes, 'runs'));
  await eventually('the sandbox to be gone', () => !existsSync(join(sandboxes, 'ended')));
  assert.ok(existsSync(join(sandboxes, 'runs')));
  assert.equal(await calls.exitStatus(ended), 0, 'its status is there still');
});

test('what a running task has in a directory `tasks` of its sandbox stays, and a link there leads nowhere', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at, ...quick, '--gc_non_executor_container_sandboxes');
  at.onEnd(() => agent.shutdown());
  const elsewhere = join(at.directory, 'elsewhere');
  await mkdir(join(elsewhere, 'precious'), { recursive: true });
  at.master.command('own', 'mkdir -p tasks/mine; touch ready; exec sleep 600');
  at.master.command('link', `ln -s ${elsewhere} tasks; ln -s ${elsewhere} containers; touch ready; exec sleep 600`);
  const sandboxOf = (id: string, ...path: string[]) => executor(at, '', id, 'runs/latest', ...path);
  for (const id of ['own', 'link']) await eventually(`${id} runs`, () => existsSync(sandboxOf(id, 'ready')));
  await age(sandboxOf('own', 'tasks/mine'), join(elsewhere, 'precious'));
  const passes = agent.context.metrics.gauge('gc/path_removals_pending');
  await runTask(at, 'old', 'true');
  await age(executor(at, '', 'old'), executor(at, 'meta', 'old'));
  await eventually('another to be gone', () => !existsSync(executor(at, '', 'old')));
  await eventually('the next pass', () => passes.value >= 0 && removed(agent) >= 2);
  assert.ok(existsSync(sandboxOf('own', 'tasks/mine')));
  assert.ok(existsSync(join(elsewhere, 'precious')));
});

test('what a task leaves behind goes, whatever its names are and however deep it is', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at, ...quick);
  at.onEnd(() => agent.shutdown());
  const names = String.raw`touch "$(printf 'a\nb')" "$(printf 'c\377')" -- -rf '*'`;
  await runTask(at, 'hostile', `${names}; for i in $(seq 1 2000); do mkdir d; cd d; done; touch in; chmod 0 ../d`);
  await age(executor(at, '', 'hostile'), executor(at, 'meta', 'hostile'));
  await eventually('it to be gone', () => !existsSync(executor(at, '', 'hostile')) && removed(agent) === 2);
  assert.deepEqual(await readdir(join(at.directory, 'work/gc')), []);
});

test('what a task has mounted is unmounted, and what it has marked as immutable goes', mounting, async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at, ...quick);
  at.onEnd(() => agent.shutdown());
  const elsewhere = join(at.directory, 'elsewhere');
  await mkdir(elsewhere);
  await writeFile(join(elsewhere, 'precious'), '');
  const marks = 'touch marked; chattr +i marked || true';
  const mounts = `mkdir -p m/n; mount --bind ${elsewhere} m/n; mount -t tmpfs none m; mkdir m/o; mount --bind . m/o`;
  await runTask(at, 'hostile', `${marks}; ${mounts}`);
  await eventually('it to be gone', async () => {
    const ended = [
      framework(at, ''),
      framework(at, 'meta'),
      executor(at, '', 'hostile'),
      executor(at, 'meta', 'hostile'),
    ];
    const left = ended.filter(existsSync);
    await age(...left).catch(() => undefined); // one is being removed
    return left.length === 0 && removed(agent) >= 2;
  });
  assert.ok(!at.lines.some(line => line.includes('Kept a directory')));
  assert.ok(existsSync(join(elsewhere, 'precious')));
  assert.ok(!(await readFile('/proc/self/mountinfo', 'utf8')).includes(at.directory));
  assert.deepEqual(await readdir(join(at.directory, 'work/gc')), []);
});

test('a directory with a mount in use stays until that ends', mounting, async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at, ...quick);
  at.onEnd(() => agent.shutdown());
  await runTask(at, 'task', 'mkdir m; mount -t tmpfs none m');
  const mounted = await realpath(executor(at, '', 'task', 'runs/latest/m'));
  const user = await open(join(mounted, 'file'), 'w');
  await age(executor(at, '', 'task'), executor(at, 'meta', 'task'));
  await eventually('the checkpoints to be gone', () => removed(agent) === 1);
  assert.ok(existsSync(mounted));
  await user.close();
  await eventually('it to be gone', () => !existsSync(executor(at, '', 'task')));
});

test(
  'what is mounted in a sandbox stays what it is, also where a link leads to the work directory',
  mounting,
  async t => {
    const at = await bench(t);
    const real = join(at.directory, 'real');
    const elsewhere = join(at.directory, 'elsewhere');
    for (const directory of [real, elsewhere]) await mkdir(directory);
    await symlink(real, join(at.directory, 'work'));
    await writeFile(join(elsewhere, 'precious'), '');
    const agent = await startTestAgent(at, ...quick, '--gc_non_executor_container_sandboxes');
    at.onEnd(() => agent.shutdown());
    const mounts = `mkdir m; mount --bind ${elsewhere} m`;
    const calls = new AgentCalls(`http://127.0.0.1:${agent.port}`);
    at.master.command('runs', 'exec sleep 600');
    const { status } = await at.master.until('runs', 'TASK_RUNNING');
    const nested = { value: 'nested', parent: status.container_status?.container_id ?? { value: '' } };
    await calls.launch(nested, mounts);
    assert.equal(await calls.exitStatus(nested), 0);
    await runTask(at, 'task', mounts);
    const left = [
      executor(at, '', 'task'),
      executor(at, 'meta', 'task'),
      executor(at, '', 'runs/runs/latest/containers/nested'),
    ];
    await eventually('all to be gone', async () => {
      await age(...left.filter(existsSync)).catch(() => undefined); // one is being removed
      return !left.some(existsSync) && removed(agent) === 3;
    });
    assert.ok(existsSync(join(elsewhere, 'precious')));
    assert.ok(!(await readFile('/proc/self/mountinfo', 'utf8')).includes(at.directory));
  },
);

test('a disk without inodes lets all directories go at once, however many blocks are free', mounting, async t => {
  const at = await bench(t);
  const work = join(at.directory, 'work');
  await mkdir(work);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64m,nr_inodes=600,mode=0711', 'tmpfs', work]);
  at.onEnd(() => run('umount', ['--lazy', work]));
  const agent = await startTestAgent(at, '--disk_watch_interval=50ms', '--gc_disk_headroom=0.1');
  at.onEnd(() => agent.shutdown());
  await runTask(at, 'old', 'for i in $(seq 1 250); do : >$i; done');
  at.master.command('runs', 'for i in $(seq 1 600); do : >$i || break; done; exec sleep 600');
  await eventually('its files to be gone', () => !existsSync(executor(at, '', 'old')));
});

test('a clock that is set forward makes nothing older that has just ended', async t => {
  const at = await bench(t);
  let setMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + setMs };
  const { flags } = parseFlags(agentFlags, agentArguments(at, ['--gc_delay=1hrs', ...quick.slice(1)]));
  const agent = await startAgent({ flags, log: at.log, clock });
  at.onEnd(() => agent.shutdown());
  await agent.registered;
  await runTask(at, 'new', 'true');
  await runTask(at, 'old', 'true');
  const passes = agent.context.metrics.gauge('gc/path_removals_pending');
  await eventually('a look at both', () => passes.value >= 4);
  setMs = 2 * 3600 * 1000;
  await age(executor(at, '', 'old'), executor(at, 'meta', 'old'));
  await eventually('the old directories to be gone', () => removed(agent) === 2);
  for (const root of ['', 'meta'] as const) assert.ok(existsSync(executor(at, root, 'new')));
});

test('directories of agents on a disk of their own are removed there', mounting, async t => {
  const at = await bench(t);
  const slaves = join(at.directory, 'work/slaves');
  await mkdir(slaves, { recursive: true });
  await chmod(join(at.directory, 'work'), 0o711);
  await run('mount', ['-t', 'tmpfs', '-o', 'mode=0711', 'tmpfs', slaves]);
  at.onEnd(() => run('umount', ['--lazy', slaves]));
  await mkdir(join(slaves, '.gc/1-1/left'), { recursive: true });
  const agent = await startTestAgent(at, ...quick);
  at.onEnd(() => agent.shutdown());
  await runTask(at, 'old', 'echo >file');
  await age(executor(at, '', 'old'), executor(at, 'meta', 'old'));
  await eventually('both to be gone', () => removed(agent) === 2);
  assert.deepEqual([existsSync(executor(at, '', 'old')), await readdir(join(slaves, '.gc'))], [false, []]);
});
