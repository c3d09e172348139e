/** What `meseta task stats` and `task inspect` show of containers, on terminals and elsewhere. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TaskInfo } from '@meseta/protocol';
import { eventually, needs } from '@meseta/system/testing';
import { CgroupsRoot } from './support/cgroups.ts';
import { Cluster } from './support/cluster.ts';
import type { Flags } from './support/daemon.ts';
import { shellTask } from './support/framework.ts';
import { command, type Finished, Meseta } from './support/meseta.ts';
import { Terminal } from './support/terminal.ts';

const probeExecutor = new URL('./support/probe-executor.mjs', import.meta.url).pathname;

const externalProgram = new URL('../examples/external-containerizer/processes.py', import.meta.url).pathname;

/** Uses CPU time, with pauses, so that a machine with other work has some left. */
const busy = 'while :; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 0.05; done';

const withDisk = (disk: number): Partial<TaskInfo> => ({
  resources: Object.entries({ cpus: 0.1, mem: 32, disk }).map(([name, value]) => ({
    ...{ name, type: 'SCALAR', scalar: { value }, allocation_info: { role: '*' } },
  })),
});

async function scene(t: TestContext, flags: Flags = {}, ...tasks: Partial<TaskInfo>[]) {
  const cluster = await Cluster.start(t, { agents: [flags] });
  const framework = await cluster.framework();
  if (tasks.length > 0) await framework.run(...tasks);
  for (const { task_id } of tasks) await framework.reaches(task_id?.value ?? '', 'TASK_RUNNING');
  const start = (...argv: string[]) => new Meseta(argv, { env: { MESETA_MASTER: cluster.master.address } });
  const once = (...argv: string[]): Promise<Finished> => start('task', 'stats', '--no-stream', ...argv).finished;
  /** A command that goes on, ended with the test. */
  const live = (...argv: string[]) => {
    const running = start('task', 'stats', ...argv);
    t.after(() => running.kill());
    return running;
  };
  const kill = (id: string) => framework.call({ type: 'KILL', kill: { task_id: { value: id } } });
  return { cluster, framework, start, once, live, kill };
}

/** The values of a table's row, by header. Columns are separated by two spaces. */
function cells(table: string, id: string): Record<string, string> {
  const lines = table.trim().split('\n');
  const split = (line = '') => line.trim().split(/ {2,}/);
  const headers = split(lines.find(line => line.startsWith('ID')));
  const values = split(lines.findLast(line => line.startsWith(id)));
  return Object.fromEntries(headers.map((header, index) => [header, values[index] ?? '']));
}

test('without cgroups, CPU time and memory of processes are shown, and what is not known is -', async t => {
  const { once, kill, framework } = await scene(t, {}, shellTask('works', busy), shellTask('waits', 'exec sleep 1000'));
  const { code, stdout, stderr } = await once();
  assert.deepEqual([code, stderr], [0, '']);
  const [works, waits] = [cells(stdout, 'works'), cells(stdout, 'waits')];
  assert.ok(Number.parseFloat(works['CPU %'] ?? '') > 0, stdout);
  assert.match(waits['CPU %'] ?? '', /^0\.\d%$/);
  assert.match(waits['MEM / LIMIT'] ?? '', /^[\d.]+[KM]iB \/ 64MiB$/);
  assert.equal(waits.CACHE, '-');
  assert.equal(waits.PROCS, '-');
  assert.equal(waits.THROTTLED, '-');
  assert.equal(waits['NET IN / OUT'], '-');

  const one = await once('--json', 'waits');
  const [task, ...others] = JSON.parse(one.stdout);
  assert.equal(others.length, 0);
  assert.equal(task.task_id.value, 'waits');
  assert.equal(task.framework_id.value, framework.info.id?.value);
  assert.ok(task.cpus_used < 0.5, one.stdout);
  assert.ok(task.resource_statistics.mem_rss_bytes > 0);
  assert.equal(task.resource_statistics.net_rx_bytes, undefined);
  const lines = (await once('--format', 'jsonl', '--sort', 'cpu')).stdout.trim().split('\n');
  assert.deepEqual(
    lines.map(line => JSON.parse(line).task_id.value),
    ['works', 'waits'],
  );

  await kill('works');
  await framework.end('works');
  const ended = await once('works');
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /Task works has ended: killed.*Only running tasks/);
  assert.match((await once('nothing')).stderr, /There is no task 'nothing'/);
  const none = await once('--framework', 'none');
  assert.deepEqual([none.code, none.stdout.trim().split('\n').length], [0, 1]);
  assert.match(none.stderr, /No task is running/);
});

test('live readings follow one another; a task that ends leaves them, and the end of all that are named is the end', async t => {
  const idle = 'exec sleep 1000';
  const { live, kill, once } = await scene(
    t,
    {},
    ...['first', 'second', 'third'].map(id => shellTask(id, id === 'third' ? 'sleep 1; exit 3' : idle)),
  );
  await eventually('the end of the third', async () => (await once('third')).code === 1);
  const named = live('first', 'second', '--interval', '0.5');
  const all = live('--format', 'jsonl', '--interval', '0.5');
  await named.says(/^first .*\n^second .*\n\nID.*\nfirst /m);
  await all.says(/"cpus_used"/);
  await kill('first');
  await named.says(/meseta: first killed: Command terminated with signal Terminated/);
  await named.says(/\n\nID.*\nsecond .*\n\n/);
  assert.equal(named.child.exitCode, null);
  await kill('second');
  const { code, stdout, stderr } = await named.finished;
  assert.equal(code, 0);
  assert.match(stderr, /meseta: second killed/);
  assert.match(stdout.trim().split('\n').at(-1) ?? '', /^second /, 'the last table has the last task');
  await all.says(/No task is running/);
  assert.equal(all.child.exitCode, null, 'it waits for new tasks');
  all.child.kill('SIGINT');
  assert.equal((await all.finished).code, 0);
});

test('an agent that is away is named, and its tasks have numbers again when it is back', async t => {
  const { cluster, live, once } = await scene(t, {}, shellTask('stays', 'exec sleep 1000'));
  const watch = live('--interval', '0.5');
  await watch.says(/^stays .* 0\.\d%/m);
  await cluster.agent.kill();
  await watch.says(/meseta: No numbers from agent \S+-S0 \(127\.0\.0\.1:\d+\): /);
  await watch.says(/^stays .* - +- +- /m);
  const away = await once();
  assert.equal(away.code, 1);
  assert.match(away.stdout, /^stays .* - +- +- /m);
  const before = watch.stdout.length;
  await cluster.agent.start();
  await eventually('numbers', () => /^stays .* 0\.\d%/m.test(watch.stdout.slice(before)));

  await cluster.agent.kill('SIGSTOP');
  await watch.says(/No numbers from agent .*: it does not answer/);
  const continued = watch.stdout.length;
  await cluster.agent.kill('SIGCONT');
  await eventually('numbers again', () => /^stays .* 0\.\d%/m.test(watch.stdout.slice(continued)));

  const from = watch.stdout.length;
  await cluster.master.kill();
  await watch.says(/meseta: The master (does not answer|has closed the connection)/);
  await eventually('numbers without a master', () => /^stays .* 0\.\d%/m.test(watch.stdout.slice(from)));
  await cluster.master.start();
  await cluster.registered(cluster.agent);
  const after = watch.stdout.length;
  await eventually('numbers with it', () => /^stays .* 0\.\d%/m.test(watch.stdout.slice(after)));
});

test('tasks of one executor share its container, which is said', async t => {
  const { framework, once } = await scene(t);
  const executor = {
    executor_id: { value: 'pool' },
    command: { shell: false, value: process.execPath, arguments: ['node', probeExecutor, 'x'] },
  };
  await framework.run(...['one', 'two'].map(id => ({ task_id: { value: id }, executor })));
  for (const id of ['one', 'two']) await framework.reaches(id, 'TASK_RUNNING');
  const { stdout, stderr } = await once('one', 'two');
  assert.match(stderr, /One container of executor pool has one, two: the numbers are for all of them/);
  assert.deepEqual(Object.values(cells(stdout, 'one')).slice(2), Object.values(cells(stdout, 'two')).slice(2));
});

const words = command.map(word => `'${word}'`).join(' ');

/** A terminal of a size, with `meseta` in the shell's line. */
function terminalWith(t: TestContext, master: string, size: { columns: number; rows: number }, line: string): Terminal {
  const script = `stty cols ${size.columns} rows ${size.rows}; ${line.replace('meseta', words)}`;
  const terminal = new Terminal(script, { MESETA_MASTER: master, NO_COLOR: '1' });
  t.after(() => terminal.close());
  return terminal;
}

const [enter, leave, home, clearScreen] = ['\u001b[?1049h', '\u001b[?1049l', '\u001b[H', '\u001b[2J'];
// biome-ignore lint/suspicious/noControlCharactersInRegex: what moves the cursor
const plain = (text: string) => text.replace(/\u001b\[[?\d;]*[A-Za-z]/g, '').replaceAll('\r', '');

test('on a terminal, readings take the place of the last one, fit, and Ctrl-C leaves all as it was', async t => {
  const ids = Array.from({ length: 12 }, (_, index) => `a-task-with-a-long-name-${index}`);
  const { cluster } = await scene(t, {}, ...ids.map(id => shellTask(id, id.endsWith('-7') ? busy : 'exec sleep 1000')));
  const { address } = cluster.master;
  const line = 'meseta task stats --interval 0.5; echo code $?; stty -a';
  const terminal = terminalWith(t, address, { columns: 60, rows: 8 }, line);
  await terminal.shows(/(6 of 12 tasks[\s\S]*){3}/);
  terminal.type('\u0003');
  await terminal.finished;
  const output = terminal.shown;
  const [before = '', live = '', after = ''] = output.split(enter).flatMap(part => part.split(leave));
  assert.equal(plain(before), '');
  const frames = live.split(home).slice(1).map(plain);
  assert.ok(frames.length >= 3);
  for (const frame of frames.slice(0, -1)) {
    const lines = frame.split('\n').filter(each => each !== '');
    assert.ok(lines.length <= 8 && lines.every(each => each.length <= 60), frame);
  }
  assert.match(frames[2] ?? '', /^ID .*\na-\S+…\S*-7 /, 'the busiest comes first');
  assert.equal(live.lastIndexOf(clearScreen), live.indexOf(clearScreen), 'the screen is not cleared between readings');
  assert.ok(live.includes('\u001b[?25l') && live.lastIndexOf('\u001b[?25h') > live.lastIndexOf('\u001b[?25l'));
  assert.match(plain(after), /^ID .*\n(.*\n)*6 of 12 tasks: those that use most CPU time\ncode 0\n/);
  assert.match(after, /\nisig icanon .* echo /);
});

test('top shows those first that use most, and ends with q', async t => {
  const tasks = [shellTask('idle', 'exec sleep 1000'), shellTask('loaded', busy)];
  const { cluster, start } = await scene(t, {}, ...tasks);
  const line = 'meseta top --interval 0.5; echo code $?; stty -a';
  const terminal = terminalWith(t, cluster.master.address, { columns: 80, rows: 24 }, line);
  await terminal.shows(/loaded +[1-9]\d*\.\d% /);
  terminal.type('q');
  await terminal.finished;
  const [, after = ''] = terminal.shown.split(leave);
  assert.match(plain(after), /^ID .*\nloaded .*\nidle .*\ncode 0\n/);
  assert.match(after, /\nisig icanon .* echo /);
  const printed = await start('top', '--no-stream', '-o', 'mem', '--format', 'jsonl').finished;
  assert.equal(printed.stdout.trim().split('\n').length, 2, printed.stderr);
});

test('on a terminal, the last table stays when the task ends, and it says how', async t => {
  const { cluster, kill } = await scene(t, {}, shellTask('alone', 'exec sleep 1000'));
  const terminal = terminalWith(t, cluster.master.address, { columns: 80, rows: 24 }, 'meseta task stats alone');
  await terminal.shows(/alone .*0\.\d%/);
  await kill('alone');
  await terminal.finished;
  const [, after = ''] = terminal.shown.split(leave);
  assert.match(plain(after), /^ID .*\nalone .*\nmeseta: alone killed: Command terminated with signal Terminated\n$/);
});

test('a terminal that cannot move its cursor gets one table below the other', async t => {
  const { cluster } = await scene(t, {}, shellTask('alone', 'exec sleep 1000'));
  const line = 'TERM=dumb meseta task stats --interval 0.5';
  const terminal = terminalWith(t, cluster.master.address, { columns: 80, rows: 24 }, line);
  await terminal.shows(/\nalone .*\r\n\r\nID .*\r\nalone /);
  terminal.type('\u0003');
  await terminal.finished;
  assert.ok(!terminal.shown.includes('\u001b['));
});

test('with cgroups, what the kernel counts is shown, with limits and throttling', needs.root('cgroups'), async t => {
  let stop = async () => {};
  t.after(() => stop()); // before the groups have to be gone
  const cgroups = new CgroupsRoot(t);
  const flags = {
    isolation: 'cgroups/cpu,cgroups/mem,disk/du,namespaces/pid,filesystem/linux',
    ...{ cgroups_root: cgroups.name, cgroups_enable_cfs: true, cgroups_cpu_enable_pids_and_tids_count: true },
    container_disk_watch_interval: '100ms',
  };
  const writes = 'head -c 8000000 /dev/zero >file; cat file >/dev/null; sleep 1000 & while :; do :; done';
  const container: TaskInfo['container'] = {
    type: 'MESOS',
    volumes: [{ host_path: 'tmp', container_path: '/tmp', mode: 'RW' }],
  };
  const works = { ...shellTask('works', writes), ...withDisk(16), container };
  const { once, start, kill, framework } = await scene(t, flags, works);
  stop = async () => {
    await kill('works');
    await framework.end('works');
    await eventually('the end of its groups', () => cgroups.left().length === 0);
  };
  // The file is written and read, the loop runs, and has been held up.
  const stdout = await eventually('what is counted then', async () => {
    const { stdout: table } = await once('works');
    const { PROCS, THROTTLED = '' } = cells(table, 'works');
    return / 7\.6MiB \/ 16MiB /.test(table) && PROCS === '2' && Number.parseFloat(THROTTLED) > 0 && table;
  });
  const row = cells(stdout, 'works');
  assert.match(row['MEM / LIMIT'] ?? '', /MiB \/ 64MiB$/);
  assert.match(row['MEM %'] ?? '', /^1\d\.\d%$/);
  assert.match(row.CACHE ?? '', /^[78](\.\d)?MiB$/);
  assert.equal(row.CPUS, '0.2');
  assert.ok(Number.parseFloat(row['CPU %'] ?? '') < 60, stdout);

  const [task] = JSON.parse((await start('task', 'inspect', 'works').finished).stdout);
  const { live_container: live } = task;
  assert.equal(live.container_id.value, task.statuses.at(-1).container_status.container_id.value);
  assert.equal(live.container_status.executor_pid, task.statuses.at(-1).container_status.executor_pid);
  assert.deepEqual(live.isolation, flags.isolation.split(','));
  assert.deepEqual(live.containerizers, ['mesos']);
  assert.deepEqual(live.container_info.volumes, container.volumes);
  assert.deepEqual(live.limits, {
    ...{ cpus_soft_limit: 0.2, mem_soft_limit_bytes: 64 << 20, mem_limit_bytes: 64 << 20 },
    disk_limit_bytes: 16 << 20,
  });
  assert.ok(live.resource_statistics.mem_total_bytes > 7_000_000);
});

test('inspect shows the container that the agent gives to tasks without one, and none of what has ended', async t => {
  const { cluster, start, kill, framework } = await scene(t, {}, shellTask('plain', 'exec sleep 1000'));
  const inspect = async () => JSON.parse((await start('task', 'inspect', 'plain').finished).stdout)[0];
  const { live_container: live } = await inspect();
  assert.ok(live.resource_statistics.mem_rss_bytes > 0);
  assert.equal(live.container_info, undefined);
  await cluster.agent.kill();
  const away = await start('task', 'inspect', 'plain').finished;
  assert.equal(JSON.parse(away.stdout)[0].live_container, null);
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  await kill('plain');
  await framework.end('plain');
  assert.equal('live_container' in (await inspect()), false);
});

test('inspect shows no isolators in an external container, which the agent does not isolate', async t => {
  const flags = { containerizers: 'external', containerizer_path: externalProgram };
  const { start, kill, framework } = await scene(t, flags, shellTask('outside', 'exec sleep 1000'));
  const [task] = JSON.parse((await start('task', 'inspect', 'outside').finished).stdout);
  assert.deepEqual([task.live_container.containerizers, task.live_container.isolation], [['external'], []]);
  await kill('outside');
  await framework.end('outside');
});
