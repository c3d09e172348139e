/** Terminals of tasks in containers of a real Docker engine. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { busybox, needsDocker, sharedEngine } from '@meseta/containers/testing/docker';
import type { TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { containersOf, dockerScene, inDocker, written } from './support/docker-scene.ts';
import { shellTask } from './support/framework.ts';
import { Meseta } from './support/meseta.ts';
import { taskCommands } from './support/task-commands.ts';
import type { Terminal } from './support/terminal.ts';

const engine = sharedEngine({ liveRestore: true });
const echoing = 'stty -echo; echo ready; while read line; do echo "got $line"; [ "$line" = end ] && exit 6; done';

/** A task with a terminal of that size. */
function onTerminal(id: string, line: string, rows = 40, columns = 120): Partial<TaskInfo> {
  return { ...shellTask(id, line), ...inDocker({}, { tty_info: { window_size: { rows, columns } } }) };
}

async function scene(t: TestContext, flags: Readonly<Record<string, string>> = {}) {
  const used = await engine();
  const { cluster, framework } = await dockerScene(t, used, flags);
  const { env, start, typed } = taskCommands(t, cluster);
  /** Types a line until the task answers: what is typed before the client is attached goes nowhere. */
  const answers = (terminal: Terminal, line: string, answer: RegExp) =>
    eventually(
      () => `${answer} on ${JSON.stringify(terminal.shown)}`,
      () => {
        terminal.type(`${line}\r`);
        return answer.test(terminal.shown);
      },
    );
  return { cluster, framework, engine: used, env, start, typed, answers };
}

test('the terminal of a Docker task is typed on, left, and typed on again', needsDocker, async t => {
  const { cluster, framework, engine: used, start, typed, answers } = await scene(t);
  await framework.run(
    onTerminal('task', `tty; echo $TERM; until stty size 2>/dev/null | grep '40 120'; do sleep 0.1; done; ${echoing}`),
  );
  await eventually('the size', () => written(cluster, 'task') === '/dev/pts/0\r\nxterm\r\n40 120\r\nready\r\n');
  const watching = start('attach', 'task');
  const first = typed('meseta task attach; echo "code $?"; stty -a');
  await eventually('an answer that both see', () => {
    first.type('one\r');
    return /got one/.test(first.shown) && /got one/.test(watching.stdout);
  });
  first.type('\x10\x11');
  await first.finished;
  assert.match(first.shown, /detached from task\r\ncode 0/);
  assert.match(first.shown, / icanon /);
  const second = typed('tty; meseta task attach task');
  const device = await second.shows(/\/dev\/pts\/\d+(?=\r)/);
  await answers(second, 'two', /got two/);
  // Keys that an engine has for itself reach the task.
  second.type('\x16\x10a\x16\x1eb\r');
  await eventually('those keys', () => second.shown.includes('got \x10a\x1eb'));
  await once(spawn('stty', ['-F', device, 'rows', '20', 'cols', '70']), 'close');
  second.type('end\r');
  assert.equal(await second.finished, 6);
  assert.equal((await watching.finished).code, 6);
  const end = await framework.end('task');
  assert.deepEqual([end.state, end.message], ['TASK_FAILED', 'Container exited with status 6']);
  const distinct = [...new Set(written(cluster, 'task').split('\r\n').slice(4))];
  assert.deepEqual(distinct, ['got one', 'got two', 'got \x10a\x1eb', 'got end', '']);
  await eventually('that it is removed', async () => (await containersOf(used)).length === 0);
});

test('a terminal has the size of the window it is shown in', needsDocker, async t => {
  const { cluster, framework, typed } = await scene(t);
  const line = 'trap "stty size" WINCH; echo up; while true; do sleep 0.1; done';
  await framework.run(onTerminal('task', line, 11, 22));
  await eventually('its output', () => written(cluster, 'task').startsWith('up\r\n'));
  const terminal = typed('tty; stty rows 33 cols 99; meseta task attach task');
  const device = await terminal.shows(/\/dev\/pts\/\d+(?=\r)/);
  await terminal.shows(/33 99\r\n/);
  await once(spawn('stty', ['-F', device, 'rows', '20', 'cols', '70']), 'close');
  await terminal.shows(/20 70\r\n/);
  terminal.type('\x03');
  assert.equal(await terminal.finished, 130);
  assert.equal((await framework.end('task')).state, 'TASK_FAILED');
});

test('a terminal outlives its agent and its engine', needsDocker, async t => {
  const { cluster, framework, engine: used, typed, answers } = await scene(t);
  await framework.run(onTerminal('task', echoing));
  await eventually('its output', () => written(cluster, 'task') === 'ready\r\n');
  const before = typed('meseta task attach task');
  await answers(before, 'one', /got one/);
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  const after = typed('meseta task attach task');
  await answers(after, 'two', /got two/);
  await used.kill();
  const lineAndLeft = 'meseta task attach task; echo left';
  const awayWords = /The Docker engine at unix:\S+, which has the terminal, is away/;
  await eventually('that it is away', async () => {
    const refused = typed(lineAndLeft);
    await refused.shows(/left/);
    return awayWords.test(refused.shown);
  });
  await used.start();
  for (let again = typed(lineAndLeft); ; again = typed(lineAndLeft)) {
    await eventually('an answer, or that the engine is away', () => {
      if (!/left/.test(again.shown)) again.type('three\r');
      return /got three|left/.test(again.shown);
    });
    if (/got three/.test(again.shown)) break;
    assert.match(again.shown, awayWords);
  }
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  const last = typed('meseta task attach task');
  await answers(last, 'four', /got four/);
  last.type('end\r');
  assert.equal(await last.finished, 6);
  const distinct = [...new Set(written(cluster, 'task').split('\r\n'))];
  assert.deepEqual(distinct, ['ready', 'got one', 'got two', 'got three', 'got four', 'got end', '']);
  await eventually('that it is removed', async () => (await containersOf(used)).length === 0);
});

test('all output of a loud terminal is written once, over restarts of the agent', needsDocker, async t => {
  const { cluster, framework } = await scene(t);
  // Long lines are several entries of the log, and one of exactly 16 KiB ends with one.
  const line = `stty -opost; for n in 5 16383 16384 16385 40000; do head -c $n /dev/zero | tr '\\0' x; echo; sleep 0.5; done
    seq 30000; sleep 1; printf 'no end'`;
  await framework.run(onTerminal('loud', line));
  await framework.reaches('loud', 'TASK_RUNNING');
  for (let restart = 0; restart < 3; restart++) {
    await cluster.agent.kill();
    await cluster.agent.start();
    await cluster.registered(cluster.agent);
  }
  assert.equal((await framework.end('loud')).state, 'TASK_FINISHED');
  const lines = [5, 16383, 16384, 16385, 40000].map(n => 'x'.repeat(n));
  const numbers = Array.from({ length: 30_000 }, (_, index) => String(index + 1));
  const all = [...lines, ...numbers, 'no end'].join('\n');
  await eventually('its end', () => written(cluster, 'loud').endsWith('no end'));
  assert.ok(written(cluster, 'loud') === all);
});

test('meseta run gives a Docker container a terminal', needsDocker, async t => {
  const { cluster, framework, env, typed, answers } = await scene(t);
  await framework.call({ type: 'TEARDOWN' }); // its offers are those of the command
  const flags = ['--master', cluster.master.address, '--tty', '--docker-image', busybox, '--network', 'none'];
  const running = new Meseta(['run', ...flags, `echo there; ${echoing}`], { env });
  t.after(() => running.kill());
  await eventually(
    () => `the task in ${running.stderr}`,
    () => /there/.test(running.stdout),
  );
  const terminal = typed('meseta task attach');
  await answers(terminal, 'one', /got one/);
  await running.says(/got one/);
  terminal.type('end\r');
  assert.equal(await terminal.finished, 6);
  assert.equal((await running.finished).code, 6);
});
