/** `meseta task exec`, `shell`, `attach` and `logs` of tasks in containers of a real Docker engine. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { needsDocker, sharedEngine } from '@meseta/containers/testing/docker';
import type { TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { dockerScene, inDocker, written } from './support/docker-scene.ts';
import { shellTask } from './support/framework.ts';
import { command } from './support/meseta.ts';
import { processesWith } from './support/processes.ts';
import { assertEchoes, taskCommands } from './support/task-commands.ts';

const engine = sharedEngine({ network: 'own' });

/** An agent with tasks in containers that run. */
async function scene(t: TestContext, ...tasks: Partial<TaskInfo>[]) {
  const { cluster, framework } = await dockerScene(t, await engine());
  await framework.run(...tasks.map(task => ({ ...task, ...inDocker() })));
  for (const { task_id } of tasks) await framework.reaches(task_id?.value ?? '', 'TASK_RUNNING');
  const commands = taskCommands(t, cluster);
  return { cluster, framework, commands, ...commands };
}

const gone = (mark: string) =>
  eventually(
    () => `the end of ${mark}`,
    () => processesWith(mark).length === 0,
  );

test('task exec in a Docker container', needsDocker, async t => {
  const { cluster, framework, on, start, typed, env, commands } = await scene(
    t,
    shellTask('task', 'export A=1; echo up; sleep 1000 & wait'),
    shellTask('other', 'sleep 1000'),
  );

  const codes: readonly [argv: readonly string[], code: number, output: RegExp][] = [
    [['sh', '-c', 'echo out; echo err >&2; exit 3'], 3, /^out\n\|err\n$/],
    [['--', 'sh', '-c', 'kill -KILL $$'], 137, /^\|$/],
    [['sh', '-c', 'exec >&- 2>&-; sleep 1; exit 5'], 5, /^\|$/],
    [['cat'], 0, /^\|$/],
    [['sh', '-c', 'echo $MESOS_SANDBOX'], 0, /^\/mnt\/mesos\/sandbox\n\|$/],
  ];
  for (const [argv, code, output] of codes) {
    await t.test(`${argv.join(' ')}: ${code}`, async () => {
      const finished = await on('exec', 'task', ...argv);
      assert.equal(finished.code, code, finished.stderr);
      assert.match(`${finished.stdout}|${finished.stderr}`, output);
    });
  }

  await t.test('what cannot be run is refused in words', async () => {
    const wrong: readonly [argv: readonly string[], text: RegExp][] = [
      [['task', 'no-such-program'], /no-such-program/],
      [['-u', 'nobody-here', 'task', 'true'], /nobody-here/],
    ];
    for (const [argv, text] of wrong) {
      const { code, stdout, stderr } = await on('exec', ...argv);
      assert.match(stderr, text, `${stdout}|${stderr}`);
      assert.notEqual(code, 0);
      assert.equal(stdout, '');
    }
  });

  await t.test('stats', async () => {
    const stats = start('stats', 'task');
    await stats.says(/task/);
    await stats.kill();
  });

  await t.test('variables', async () => {
    assert.equal((await on('exec', '-e', 'A=1=2', 'task', 'sh', '-c', 'echo "$A"')).stdout, '1=2\n');
  });

  await t.test('standard input and output, 20 MB of all bytes', async () => {
    await assertEchoes(commands, 'task');
  });

  await t.test('a client that reads nothing makes its command wait, and no other', async () => {
    const mark = `stalled-${process.pid}`;
    const stalled = spawn(process.execPath, [...command.slice(1), 'task', 'exec', 'task', 'sh', '-c', 'yes', mark], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => stalled.kill('SIGKILL'));
    await once(stalled.stdout, 'readable');
    for (const task of ['task', 'other']) assert.equal((await on('exec', task, 'echo', 'free')).stdout, 'free\n');
    stalled.kill('SIGKILL');
    await gone(mark);
  });

  await t.test('the end of the client ends what runs there', async () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGKILL', null],
    ] as const) {
      const mark = `exec-${process.pid}-${signal}`;
      const running = start('exec', 'task', 'sh', '-c', `echo there; sh -c 'sleep 600; :' ${mark}; :`);
      await running.says(/there/);
      running.child.kill(signal);
      assert.equal((await running.finished).code, code);
      await gone(mark);
    }
  });

  await t.test('on a terminal', async () => {
    const line = 'tty; stty rows 33 cols 99; meseta task exec -e "PS1=ready> " -it task -- sh; echo "code $?"';
    const terminal = typed(line);
    const device = await terminal.shows(/\/dev\/pts\/\d+(?=\r)/);
    await terminal.shows(/ready> /);
    const size = (text: RegExp) =>
      eventually(
        () => `${text} on ${JSON.stringify(terminal.shown)}`,
        () => {
          terminal.type('stty size\r');
          return text.test(terminal.shown);
        },
      );
    await size(/33 99\r\n/);
    await once(spawn('stty', ['-F', device, 'rows', '20', 'cols', '70']), 'close');
    await size(/20 70\r\n/);
    terminal.type('exit 5\r');
    await terminal.shows(/code 5/);
  });

  await t.test('a task without a terminal shows what it writes', async () => {
    const attached = start('attach', 'task');
    await eventually(
      () => `a word about terminals in ${attached.stderr}`,
      () => /task task has no terminal/.test(attached.stderr),
    );
    assert.match((await on('logs', 'task')).stdout, /up/);
  });

  await t.test('the end of the task ends its commands, one with a stalled client too', async () => {
    const mark = `over-${process.pid}`;
    const stalled = spawn(process.execPath, [...command.slice(1), 'task', 'exec', 'other', 'sh', '-c', 'yes', mark], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => stalled.kill('SIGKILL'));
    await once(stalled.stdout, 'readable');
    const running = start('exec', 'other', 'sh', '-c', 'echo there; sleep 600; :');
    await running.says(/there/);
    await framework.call({ type: 'KILL', kill: { task_id: { value: 'other' } } });
    assert.equal((await running.finished).code, 137);
    assert.equal((await framework.end('other')).state, 'TASK_KILLED');
    stalled.kill('SIGKILL');
    await gone(mark);
  });

  await t.test('an agent that is killed leaves no command', async () => {
    const mark = `left-${process.pid}`;
    const running = start('exec', 'task', 'sh', '-c', `echo there; sh -c 'sleep 600; :' ${mark}; :`);
    await running.says(/there/);
    await cluster.agents[0]?.kill();
    await cluster.agents[0]?.start();
    await gone(mark);
    assert.equal(written(cluster, 'task'), 'up\n');
    await eventually('a command again', async () => (await on('exec', 'task', 'echo', 'again')).stdout === 'again\n');
  });
});
