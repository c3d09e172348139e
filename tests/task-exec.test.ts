/** `meseta task exec`, `attach`, `shell` and `logs` of running tasks, on terminals and without. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';
import { processesWith } from './support/processes.ts';
import { assertEchoes, commandWords, taskCommands } from './support/task-commands.ts';

const withTerminal: Partial<TaskInfo> = { container: { type: 'MESOS', tty_info: {} } };

/** A cluster with tasks that run. */
async function scene(t: TestContext, ...tasks: Partial<TaskInfo>[]) {
  const cluster = await Cluster.start(t);
  const framework = await cluster.framework();
  await framework.run(...tasks);
  for (const { task_id } of tasks) await framework.reaches(task_id?.value ?? '', 'TASK_RUNNING');
  const commands = taskCommands(t, cluster);
  return { cluster, framework, commands, ...commands };
}

test('task exec', async t => {
  const { on, start, typed, env, commands } = await scene(t, shellTask('task', 'sleep 1000'));

  const codes: readonly [argv: readonly string[], code: number, stdout: string, stderr: RegExp][] = [
    [['sh', '-c', 'echo out; echo err >&2; exit 3'], 3, 'out\n', /^err\n$/],
    [['--', 'sh', '-c', 'kill -TERM $$'], 143, '', /^$/],
    [['no-such-program'], 127, '', /Failed to execute 'no-such-program': ENOENT/],
    [['/etc/passwd'], 126, '', /Failed to execute '\/etc\/passwd': EACCES/],
    [['cat'], 0, '', /^$/],
    [['printf', '%s|', '--help', '-it', '', 'a b'], 0, '--help|-it||a b|', /^$/],
  ];
  for (const [argv, code, stdout, stderr] of codes) {
    await t.test(`${argv.join(' ')}: ${code}`, async () => {
      const finished = await on('exec', 'task', ...argv);
      assert.deepEqual([finished.code, finished.stdout], [code, stdout]);
      assert.match(finished.stderr, stderr);
    });
  }

  const wrong: readonly [argv: readonly string[], code: number, stderr: RegExp][] = [
    [['exec'], 2, /Which task\?/],
    [['exec', 'task'], 2, /Which command is to run in task\?/],
    [['exec', 'none', 'true'], 1, /There is no task 'none'/],
    [['exec', '-it', 'task', 'true'], 2, /Standard input is not a terminal/],
    [['exec', '--detach-keys', 'ctrl-1', 'task', 'true'], 2, /--detach-keys takes characters and ctrl-a/],
    [['exec', '-e', 'NAME', 'task', 'true'], 2, /--env takes NAME=VALUE, not 'NAME'/],
    [['exec', '-u', 'no-such-user', 'task', 'true'], 1, /no-such-user/],
  ];
  for (const [argv, code, stderr] of wrong) {
    await t.test(`${argv.join(' ')}: refused`, async () => {
      const finished = await on(...argv);
      assert.equal(finished.code, code, finished.stderr);
      assert.match(finished.stderr, stderr);
    });
  }

  await t.test('variables', async () => {
    assert.equal((await on('exec', '-e', 'A=1=2', '--env', 'B=', 'task', 'sh', '-c', 'echo "$A,$B"')).stdout, '1=2,\n');
  });

  await t.test('standard input and output, 20 MB of all bytes', async () => {
    await assertEchoes(commands, 'task');
  });

  await t.test('a command that reads no more of its input', async () => {
    const child = spawn(
      'sh',
      ['-c', `head -c 5000000 /dev/zero | ${commandWords} task exec -i task head -c 3 | wc -c`],
      {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let [text, problems] = ['', ''];
    child.stdout.on('data', data => {
      text += data;
    });
    child.stderr.on('data', data => {
      problems += data;
    });
    await once(child, 'close');
    assert.deepEqual([text.trim(), problems], ['3', '']);
  });

  await t.test('without a terminal, Ctrl-C and the end of the command end what runs there', async () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGKILL', null],
    ] as const) {
      const mark = `exec-${process.pid}-${signal}`;
      const running = start('exec', 'task', 'sh', '-c', `echo there; sh -c 'sleep 600; :' ${mark}`);
      await running.says(/there/);
      running.child.kill(signal);
      assert.equal((await running.finished).code, code);
      await eventually(
        () => 'the end of what ran there',
        () => processesWith(mark).length === 0,
      );
    }
  });

  await t.test('on a terminal', async () => {
    const line =
      'stty rows 33 cols 99; meseta task exec -e "PS1=ready> " -it task -- bash --norc; echo "code $?"; stty -a';
    const terminal = typed(line);
    await terminal.shows(/ready> $/);
    terminal.type('stty size; echo $TERM; tty\r');
    await terminal.shows(/33 99\r\nxterm\r\n\/dev\/pts\/\d+/);
    // Keys end it once it runs; before, they are those of the shell.
    const seconds = String(1_000_000 + process.pid);
    terminal.type(`sleep ${seconds}\r`);
    await eventually('the command', () => processesWith(seconds).length > 0);
    terminal.type('\x03');
    await terminal.shows(/\^C/);
    terminal.type('exit 5\r');
    await terminal.shows(/code 5/);
    assert.equal(await terminal.finished, 0);
    assert.match(terminal.shown, / icanon /);
    assert.match(terminal.shown, / echo /);
  });

  await t.test('a terminal that changes its size', async () => {
    const terminal = typed('tty; meseta task exec -e "PS1=ready> " -it task -- bash --norc');
    const device = await terminal.shows(/\/dev\/pts\/\d+(?=\r)/);
    await terminal.shows(/ready> $/);
    await once(spawn('stty', ['-F', device, 'rows', '20', 'cols', '70']), 'close');
    await eventually(
      () => `the new size on ${JSON.stringify(terminal.shown)}`,
      () => {
        terminal.type('stty size\r');
        return /20 70\r\n/.test(terminal.shown);
      },
    );
  });

  await t.test('detach keys end it, and the terminal is as it was', async () => {
    for (const [option, keys] of [
      ['', '\x10\x11'],
      ['--detach-keys a,ctrl-b', 'a\x02'],
    ]) {
      const terminal = typed(
        `meseta task exec ${option} -e "PS1=ready> " -it task -- bash --norc; echo "code $?"; stty -a`,
      );
      await terminal.shows(/ready> $/);
      terminal.type(keys ?? '');
      await terminal.finished;
      assert.match(terminal.shown, /code 0/);
      assert.match(terminal.shown, / icanon /);
    }
  });

  await t.test('the terminal is as it was when the command is killed', async () => {
    const mark = `killed-${process.pid}`;
    const terminal = typed(
      `meseta task exec -e M=${mark} -e "PS1=ready> " -it task -- bash --norc; echo "code $?"; stty -a`,
    );
    await terminal.shows(/ready> $/);
    const [client] = processesWith(`M=${mark}`);
    process.kill(client ?? assert.fail(), 'SIGTERM');
    await terminal.finished;
    assert.match(terminal.shown, /code 143/);
    assert.match(terminal.shown, / icanon /);
  });

  await t.test('shell', async () => {
    const terminal = typed('meseta task shell task');
    await terminal.shows(/[$#] $/);
    terminal.type('echo $MESOS_EXECUTOR_ID; exit 4\r');
    assert.equal(await terminal.finished, 4);
    assert.match(terminal.shown, /\rtask\r\n/);
  });
});

test('task attach', async t => {
  const command = 'while read line; do echo "got $line"; [ "$line" = end ] && exit 6; done';
  const { on, start, typed, framework } = await scene(
    t,
    shellTask('terminal', command, withTerminal),
    shellTask('files', 'while [ ! -e end ]; do echo works; echo fails >&2; sleep 0.1; done; exit 7'),
  );

  await t.test('which one has to be said', async () => {
    const { code, stderr } = await on('attach');
    assert.equal(code, 1);
    assert.match(stderr, /2 tasks run; name the one to attach to/);
  });

  await t.test('a task without a terminal shows what it writes', async () => {
    const attached = start('attach', 'files');
    await attached.says(/works/);
    await attached.says(/fails/);
    await attached.says(/task files has no terminal; showing what it writes from now on/);
    await on('exec', 'files', 'touch', 'end'); // the task may end before this command has, and takes it along
    assert.equal((await attached.finished).code, 7);
  });

  await t.test('a terminal is typed on, left, and typed on again', async () => {
    const watching = start('attach', 'terminal');
    const first = typed('meseta task attach terminal; echo "code $?"');
    await eventually(
      () => `an answer on ${JSON.stringify(first.shown)}`,
      () => {
        first.type('one\r');
        return /got one/.test(first.shown) && /got one/.test(watching.stdout);
      },
    );
    first.type('\x10\x11');
    await first.finished;
    assert.match(first.shown, /detached from terminal\r\ncode 0/);
    const second = typed('meseta task attach');
    await eventually(
      () => `an answer on ${JSON.stringify(second.shown)}`,
      () => {
        second.type('two\r');
        return /got two/.test(second.shown);
      },
    );
    second.type('end\r');
    assert.equal(await second.finished, 6);
    assert.equal((await watching.finished).code, 6);
    await framework.reaches('terminal', 'TASK_FAILED');
  });

  await t.test('one that has ended', async () => {
    const { code, stderr } = await on('attach', 'terminal');
    assert.equal(code, 1);
    assert.match(stderr, /Task terminal has ended \(TASK_FAILED\)/);
  });
});

test('task logs of several tasks', async t => {
  const { on, start, framework } = await scene(
    t,
    shellTask('a', 'echo one; echo problem >&2; until [ -e go ]; do sleep 0.05; done; echo two'),
    shellTask('longer', 'echo three; echo four; until [ -e go ]; do sleep 0.05; done; echo five'),
  );
  const sorted = (text: string) => text.trim().split('\n').sort();
  await eventually('output', async () => sorted((await on('logs', 'a', 'longer')).stdout).length === 3);
  await eventually('problems', async () => (await on('logs', '--stderr', 'a')).stdout === 'problem\n');
  assert.deepEqual(sorted((await on('logs', 'a', 'longer')).stdout), [
    'a      | one',
    'longer | four',
    'longer | three',
  ]);
  assert.deepEqual(sorted((await on('logs', '--tail', '1', 'a', 'longer')).stdout), ['a      | one', 'longer | four']);
  const both = await on('logs', '--all', 'a');
  assert.deepEqual([both.stdout, both.stderr], ['one\n', 'problem\n']);
  const json = (await on('logs', '--json', 'a', 'longer')).stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.deepEqual(
    new Set(json.map(({ task, stream }) => `${task} ${stream}`)),
    new Set(['a stdout', 'longer stdout']),
  );
  assert.match((await on('logs', '--all', '--stderr', 'a')).stderr, /Give either --stderr or --all, not both/);
  const following = start('logs', '-f', '-n', '1', 'a', 'longer');
  for (const line of [/a +\| one/, /longer \| four/]) await following.says(line);
  for (const id of ['longer', 'a']) await on('exec', id, 'touch', 'go');
  const { code, stdout } = await following.finished;
  assert.equal(code, 0);
  assert.deepEqual(sorted(stdout), ['a      | one', 'a      | two', 'longer | five', 'longer | four']);
  await framework.reaches('a', 'TASK_FINISHED');
});
