/** Tasks with a terminal, and what happens to connections, terminals and sessions when something is killed or stalls. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { ReregisterSlaveMessage, type TaskInfo } from '@meseta/protocol';
import { allPids } from '@meseta/system';
import { eventually, needs } from '@meseta/system/testing';
import { SessionBench } from './testing/sessions.ts';
import { type Bench, bench, kill, spawnAgent } from './testing/test-agent.ts';
import { TestCgroups } from './testing/test-cgroups.ts';

const withTerminal: Partial<TaskInfo> = {
  container: { type: 'MESOS', tty_info: { window_size: { rows: 40, columns: 120 } } },
};

const kinds = [
  { name: 'posix launcher', flags: () => ['--launcher=posix'], need: {} },
  {
    name: 'pid and mount namespaces',
    flags: (at: Bench) => [...new TestCgroups(at).flags('filesystem/linux,namespaces/pid'), '--launcher=linux'],
    need: needs.root('the linux launcher makes namespaces'),
  },
];

/** The process that holds the terminal of an agent on a bench. */
function terminalOf({ directory }: Bench): number | undefined {
  return allPids().find(pid => {
    try {
      const isTerminal = readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('meseta-terminal');
      return isTerminal && readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false; // gone meanwhile
    }
  });
}

function sandboxOf({ at, container }: SessionBench): string {
  const run = join('frameworks', 'test-0000', 'executors', 'task', 'runs', container.value);
  return join(at.directory, 'work', 'slaves', 'test-S0', run);
}

/** What the task has written, as its sandbox shows it. */
function stdout(bench: SessionBench): string {
  return readFileSync(join(sandboxOf(bench), 'stdout'), 'utf8');
}

/** A task that a hang-up does not end, from when it says so. */
const deaf = 'trap "" HUP; echo deaf; while :; do sleep 1; done';
const untilDeaf = (bench: SessionBench) =>
  eventually(
    () => 'its trap',
    () => stdout(bench).includes('deaf'),
  );

/** Agents as processes of their own, with a task; each of them replaces the one before. */
async function onAgents(
  t: TestContext,
  command: string,
  task: Partial<TaskInfo>,
  flags: (at: Bench) => readonly string[] = () => [],
) {
  const at = await bench(t);
  const port = () => Number(at.master.agent.split(':').at(-1));
  const more = flags(at);
  let agent = spawnAgent(at, ...more);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await at.master.untilAgent();
  const sessions = await SessionBench.withTask(at, port(), command, task);
  return {
    sessions,
    killAgent: () => kill(agent, 'SIGKILL'),
    signalAgent: (signal: NodeJS.Signals) => agent.kill(signal),
    startAgent: async () => {
      at.master.received.length = 0;
      agent = spawnAgent(at, ...more);
      await at.master.untilReceived(ReregisterSlaveMessage);
      sessions.port = port();
    },
  };
}

for (const { name, flags, need } of kinds) {
  suite(`tasks with a terminal, ${name}`, need, () => {
    test('output goes to those who are attached and to the sandbox, input comes from one of them', async t => {
      const command = 'stty -echo; stty size; while read line; do echo "got $line"; [ "$line" = end ] && exit 0; done';
      const on = await SessionBench.open(t, flags, command, withTerminal);
      await eventually(
        () => `the size in ${JSON.stringify(stdout(on))}`,
        () => stdout(on) === '40 120\r\n',
      );
      const outputs = [on.output(), on.output()];
      for (const output of outputs) assert.equal(await output.status(), 200);
      const input = on.input();
      await input.data('one\r');
      for (const output of outputs) await output.until(/^got one\r\n$/);
      outputs[0]?.destroy();
      await input.data('end\r');
      await on.at.master.until('task', 'TASK_FINISHED');
      assert.equal((await input.answer()).status, 200);
      await outputs[1]?.ended();
      assert.equal(outputs[1]?.bytes().toString(), 'got one\r\ngot end\r\n');
      assert.equal(stdout(on), '40 120\r\ngot one\r\ngot end\r\n');
      await eventually(
        () => 'the end of the process that held the terminal',
        () => terminalOf(on.at) === undefined,
      );
    });

    test('a terminal outlives the agent, and the next one has it again', async t => {
      const command = 'stty -echo; echo up; while read line; do echo "got $line"; [ "$line" = end ] && exit 3; done';
      const agents = await onAgents(t, command, withTerminal, flags);
      const { sessions } = agents;
      await eventually(
        () => 'its first line',
        () => stdout(sessions) === 'up\r\n',
      );
      const before = sessions.output();
      await before.status();
      await sessions.input().data('one\r');
      await before.until(/got one/);
      await agents.killAgent();
      await agents.startAgent();
      const after = sessions.output();
      assert.equal(await after.status(), 200);
      const input = sessions.input();
      await input.data('two\r');
      await after.until(/^got two\r\n$/);
      await input.data('end\r');
      const { status } = await sessions.at.master.until('task', 'TASK_FAILED');
      assert.match(status.message ?? '', /exited with status 3/);
      assert.equal(stdout(sessions), 'up\r\ngot one\r\ngot two\r\ngot end\r\n');
    });

    test('a task that has closed its terminal goes on, and may open it again', async t => {
      const command =
        'exec </dev/null >/dev/null 2>&1; touch closed; until [ -e go ]; do sleep 0.05; done; echo again >/dev/tty; exit 4';
      const on = await SessionBench.open(t, flags, command, withTerminal);
      const output = on.output();
      await eventually(
        () => 'its closed terminal',
        () => existsSync(join(sandboxOf(on), 'closed')),
      );
      await writeFile(join(sandboxOf(on), 'go'), '');
      const { status } = await on.at.master.until('task', 'TASK_FAILED');
      assert.match(status.message ?? '', /exited with status 4/);
      assert.equal(stdout(on), 'again\r\n');
      await output.ended();
      await eventually(
        () => 'the end of the process that held the terminal',
        () => terminalOf(on.at) === undefined,
      );
    });

    test('a task whose terminal is gone is ended, and told so', async t => {
      const on = await SessionBench.open(t, flags, deaf, withTerminal);
      await untilDeaf(on);
      process.kill(terminalOf(on.at)!, 'SIGKILL');
      const { status } = await on.at.master.until('task', 'TASK_FAILED');
      assert.equal(status.reason, 'REASON_IO_SWITCHBOARD_EXITED');
      assert.match(status.message ?? '', /IOSwitchboard/);
    });
  });
}

test('a terminal that is killed while no agent is there is missed by the next one', async t => {
  const agents = await onAgents(t, deaf, withTerminal);
  await untilDeaf(agents.sessions);
  await agents.killAgent();
  process.kill(terminalOf(agents.sessions.at)!, 'SIGKILL');
  await agents.startAgent();
  const { status } = await agents.sessions.at.master.until('task', 'TASK_FAILED');
  assert.equal(status.reason, 'REASON_IO_SWITCHBOARD_EXITED');
});

test('an agent that is stopped stops no task, and has its terminal again when it goes on', async t => {
  // What the agent does not read while it is stopped is more than is kept for it.
  const more = 'until [ -e stopped ]; do sleep 0.02; done; head -c 20000000 /dev/zero; touch done';
  const command = `stty raw -echo; echo ready; read go; head -c 200000 /dev/zero; ${more}; read end; echo end`;
  const { sessions, signalAgent } = await onAgents(t, command, withTerminal);
  await eventually(
    () => 'that it is ready',
    () => stdout(sessions).includes('ready'),
  );
  const input = sessions.input();
  await input.data('go\n');
  await eventually(
    () => 'the first output',
    () => stdout(sessions).length > 100_000,
  );
  signalAgent('SIGSTOP');
  try {
    await writeFile(join(sandboxOf(sessions), 'stopped'), '');
    await eventually(
      () => 'that the task is done',
      () => existsSync(join(sandboxOf(sessions), 'done')),
    );
  } finally {
    signalAgent('SIGCONT');
  }
  await input.answer(); // its connection is over, as those of output are
  await sessions.input().data('end\n');
  await sessions.at.master.until('task', 'TASK_FINISHED');
  assert.equal(stdout(sessions).length, 'ready\n'.length + 20_200_000 + 'end\n'.length);
});

test('sessions of an agent that was killed end, at the latest when the next one starts', async t => {
  const agents = await onAgents(t, 'sleep 600', {});
  const { sessions } = agents;
  const mark = `left-${process.pid}-${Date.now()}`;
  const isThere = () =>
    allPids().some(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(mark);
      } catch {
        return false; // gone meanwhile
      }
    });
  const value = `trap "" HUP PIPE; echo there; sh -c 'sleep 600; :' ${mark}`;
  const pipes = sessions.launch(value);
  const terminal = sessions.launch(value, { container: withTerminal.container! });
  for (const each of [pipes, terminal]) await each.until(/there/);
  await agents.killAgent();
  await agents.startAgent();
  await eventually(
    () => 'the end of both sessions',
    () => !isThere(),
  );
  const again = sessions.launch('echo $MESOS_SANDBOX; pwd');
  await again.ended();
  const [sandbox, directory] = again.bytes().toString().trim().split('\n');
  assert.equal(directory, sandbox);
  assert.match(sandbox ?? '', /\/executors\/task\/runs\//);
});

test('a client that does not read stops no task, and is disconnected when it is too far behind', async t => {
  const on = await SessionBench.open(
    t,
    () => [],
    'stty raw; read go; head -c 60000000 /dev/zero; echo end',
    withTerminal,
  );
  const stalled = on.output(on.container, false);
  const reading = on.output();
  for (const each of [stalled, reading]) await each.status();
  await on.input().data('go\n');
  await on.at.master.until('task', 'TASK_FINISHED');
  await reading.ended();
  const bytes = reading.bytes().subarray(-60_000_004); // before that is the echo of what was typed
  assert.ok(bytes.subarray(0, -4).every(byte => byte === 0));
  assert.equal(bytes.subarray(-4).toString(), 'end\n');
  assert.ok(!stalled.complete);
});

test('a command waits for the client that has launched it; others have to keep up', async t => {
  const on = await SessionBench.open(t);
  const bytes = 60_000_000;
  const session = on.launch(`read go; head -c ${bytes} /dev/zero`, { reads: false });
  await session.status();
  const behind = on.output(session.id, false);
  await behind.status();
  await on.input(session.id).data('go\n');
  session.resume();
  await session.ended();
  assert.ok(session.complete);
  assert.equal(session.bytes().length, bytes);
  assert.equal(await on.wait(session.id), 0);
  behind.resume();
  await behind.ended();
  assert.ok(!behind.complete);
});

suite('as the task’s user', needs.root('switches users'), () => {
  test('a session has the user of its task, and owns its files', async t => {
    const on = await SessionBench.open(t, () => [], 'sleep 600', { command: { value: 'sleep 600', user: 'nobody' } });
    const value = 'id -un; echo direct >/dev/stdout; echo err >/dev/stderr';
    const pipes = on.launch(value);
    await pipes.ended();
    assert.equal(pipes.bytes().toString(), 'nobody\ndirect\n');
    assert.equal(pipes.bytes('STDERR').toString(), 'err\n');
    const terminal = on.launch(`${value}; stat -c %U $(tty); : </dev/tty && echo controlling`, {
      container: { type: 'MESOS', tty_info: {} },
    });
    await terminal.ended();
    assert.equal(terminal.bytes().toString(), 'nobody\r\ndirect\r\nerr\r\nnobody\r\ncontrolling\r\n');
    const other = on.launch({ value: 'id -un', user: 'root' });
    await other.ended();
    assert.equal(other.bytes().toString(), 'root\n');
  });
});
