/** Commands in containers of tasks whose output is the answer, with real processes and raw HTTP. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { suite, type TestContext, test } from 'node:test';
import { AgentCall, encode } from '@meseta/protocol';
import { allPids } from '@meseta/system';
import { eventually, needs } from '@meseta/system/testing';
import { SessionBench } from './testing/sessions.ts';
import type { Bench } from './testing/test-agent.ts';
import { TestCgroups } from './testing/test-cgroups.ts';

const linuxFlags = (at: Bench) => [...new TestCgroups(at).flags('filesystem/linux,namespaces/pid'), '--launcher=linux'];

const kinds = [
  { name: 'posix launcher', flags: () => ['--launcher=posix'], need: {} },
  { name: 'pid and mount namespaces', flags: linuxFlags, need: needs.root('the linux launcher makes namespaces') },
];

/** Tells whether there is a process with an argument. */
function processesWith(argument: string): boolean {
  return allPids().some(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(argument);
    } catch {
      return false; // gone meanwhile
    }
  });
}

const terminal = (rows = 24, columns = 80) => ({
  type: 'MESOS' as const,
  tty_info: { window_size: { rows, columns } },
});

for (const { name, flags, need } of kinds) {
  const open = (t: TestContext, command?: string) => SessionBench.open(t, flags, command);

  suite(`sessions, ${name}`, need, () => {
    test('what a command writes is the answer, and how it ended can be asked for', async t => {
      const bench = await open(t);
      const session = bench.launch('echo out; echo err >&2; exit 3');
      assert.equal(await session.status(), 200);
      assert.equal(session.headers['content-type'], 'application/recordio');
      assert.equal(session.headers['message-content-type'], 'application/json');
      await session.ended();
      assert.ok(session.complete);
      assert.equal(session.bytes().toString(), 'out\n');
      assert.equal(session.bytes('STDERR').toString(), 'err\n');
      assert.equal(await bench.wait(session.id), 3 << 8);
    });

    test('a command has environment, directory and sandbox of its task', async t => {
      const bench = await open(t, 'cd / && exec sleep 600');
      const variables = [{ name: 'OWN', value: 'mine' }];
      const value =
        'echo $OWN; echo $MESOS_EXECUTOR_ID; test "$PWD" = "$MESOS_SANDBOX" && test -e stdout && echo there';
      const session = bench.launch({ value, environment: { variables } });
      await session.ended();
      assert.equal(session.bytes().toString(), 'mine\ntask\nthere\n');
    });

    test('input reaches the command as it is, and ends', async t => {
      const bench = await open(t);
      const session = bench.launch('cat');
      await session.status();
      const bytes = Buffer.concat([
        Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
        randomBytes(10 * 1024 * 1024),
      ]);
      const input = bench.input(session.id);
      for (let at = 0; at < bytes.length; at += 100_000) await input.data(bytes.subarray(at, at + 100_000));
      await input.data();
      await session.ended();
      assert.ok(session.bytes().equals(bytes));
      input.end();
      assert.equal((await input.answer()).status, 200);
      assert.equal(await bench.wait(session.id), 0);
    });

    test('messages in protobuf', async t => {
      const bench = await open(t);
      const id = bench.id();
      const call = {
        type: 'LAUNCH_NESTED_CONTAINER_SESSION' as const,
        launch_nested_container_session: { container_id: id, command: { value: "printf '\\000\\377'" } },
      };
      const headers = {
        'Content-Type': 'application/x-protobuf',
        Accept: 'application/recordio',
        'Message-Accept': 'application/x-protobuf',
      };
      const session = bench.launch('', { id, encoding: { headers, body: encode(AgentCall, call) } });
      await session.ended();
      assert.deepEqual([...session.bytes()], [0, 255]);
    });

    test('a terminal has a size, keys are signals, and it is the controlling one', async t => {
      const bench = await open(t);
      const command = {
        value: 'stty size; trap "echo interrupted" INT; : </dev/tty && echo $TERM; read line; stty size; exit 7',
      };
      const session = bench.launch(command, { container: terminal(50, 132) });
      await session.until(/50 132\r\nxterm\r\n/);
      const input = bench.input(session.id);
      await input.resize(30, 100);
      await input.data('\x03');
      await session.until(/interrupted/);
      await input.data('line\r');
      await session.until(/30 100/);
      await session.ended();
      assert.equal(await bench.wait(session.id), 7 << 8);
    });

    test('a session ends with its connection, with all that it has started', async t => {
      const bench = await open(t);
      const mark = `session-${process.pid}-${Date.now()}`;
      for (const container of [undefined, terminal()]) {
        const sleep = `sh -c 'sleep 600; :' ${mark}`;
        const session = bench.launch(`trap "" HUP PIPE; setsid ${sleep} & ${sleep} & echo started; wait`, {
          ...(container && { container }),
        });
        await session.until(/started/);
        session.destroy();
        assert.equal(await bench.wait(session.id), 9);
        await eventually(
          () => 'the end of all that the session has started',
          () => !processesWith(mark),
        );
      }
    });

    test('what a command has left behind ends with it', async t => {
      const bench = await open(t);
      const session = bench.launch('sleep 603 & echo done');
      await session.ended();
      assert.ok(session.complete);
      assert.equal(session.bytes().toString(), 'done\n');
    });

    test('a command that has closed its output goes on, and its connection stays open', async t => {
      const bench = await open(t);
      const session = bench.launch('exec >/dev/null 2>&1; touch closed; until test -e go; do sleep 0.05; done; exit 6');
      await bench.launch('until test -e closed; do sleep 0.05; done; touch go').ended();
      await session.ended();
      assert.ok(session.complete);
      assert.equal(await bench.wait(session.id), 6 << 8);
    });

    test('a session ends with its task', async t => {
      const bench = await open(t, 'until [ -e end ]; do sleep 0.02; done');
      const session = bench.launch('echo there; sleep 604');
      await session.until(/there/);
      const other = bench.launch('touch end');
      await other.ended();
      await bench.at.master.until('task', 'TASK_FINISHED');
      await session.ended();
    });
  });
}

test('--http_heartbeat_interval is the time between heartbeats while a container writes nothing', async t => {
  const bench = await SessionBench.open(t, () => ['--http_heartbeat_interval=20ms']);
  const output = bench.launch('sleep 600');
  const { control } = await eventually(
    () => 'a heartbeat',
    () => output.messages.find(({ type }) => type === 'CONTROL'),
  );
  assert.deepEqual(control, { type: 'HEARTBEAT', heartbeat: { interval: { nanoseconds: 20_000_000 } } });
});

test('refusals, in the words of Mesos', async t => {
  const bench = await SessionBench.open(t);
  const missing = { value: 'no-such-container' };
  assert.deepEqual(await bench.output().refusal(), {
    status: 500,
    text: 'I/O switchboard server was disabled for this container',
  });
  assert.deepEqual(await bench.output(missing).refusal(), {
    status: 404,
    text: 'Container no-such-container cannot be found',
  });
  assert.equal((await bench.launch('true', { id: { value: 'x', parent: missing } }).refusal()).status, 404);
  const nowhere = { value: 'x', parent: { value: 'y', parent: bench.container } };
  const parent = await bench.launch('true', { id: nowhere }).refusal();
  assert.equal(parent.status, 400);
  assert.match(parent.text, /^Parent container .*\.y does not exist$/);
  const program = await bench.launch({ shell: false, value: '/no/such', arguments: ['x'] }).refusal();
  assert.equal(program.status, 400);
  assert.match(program.text, /Failed to execute '\/no\/such': ENOENT/);
  const volumes = await bench.launch('true', { container: { type: 'MESOS', volumes: [] } }).refusal();
  assert.equal(volumes.status, 400);

  const session = bench.launch('echo there; cat');
  await session.until(/there/);
  assert.equal((await bench.launch('true', { id: session.id }).refusal()).status, 202);
  const first = bench.input(session.id);
  await first.data('one\n');
  await session.until(/one/);
  const second = await bench.input(session.id).answer();
  assert.deepEqual(second, { status: 409, text: 'Multiple input connections are not allowed' });
  first.end();
  assert.deepEqual(await first.answer(), { status: 200, text: '' });
  const bad = [
    [{ type: 'CONTAINER_ID', container_id: session.id }, /to be 'PROCESS_IO' instead of: 'CONTAINER_ID'/],
    [{ type: 'PROCESS_IO' }, /Expecting 'attach_container_input.process_io' to be present/],
    [{ type: 'PROCESS_IO', process_io: {} }, /Expecting 'process_io.type' to be present/],
    [{ type: 'PROCESS_IO', process_io: { type: 'DATA' } }, /Expecting 'process_io.data' to be present/],
    [{ type: 'PROCESS_IO', process_io: { type: 'DATA', data: { type: 'STDOUT', data: '' } } }, /to be 'STDIN'/],
    [{ type: 'PROCESS_IO', process_io: { type: 'CONTROL', control: {} } }, /'process_io.control.type' to be present/],
    [
      { type: 'PROCESS_IO', process_io: { type: 'CONTROL', control: { type: 'TTY_INFO', tty_info: {} } } },
      /Expecting 'tty_info.window_size' to be present/,
    ],
    [
      {
        type: 'PROCESS_IO',
        process_io: {
          type: 'CONTROL',
          control: { type: 'TTY_INFO', tty_info: { window_size: { rows: 1, columns: 1 } } },
        },
      },
      /Unable to set the window size/,
    ],
  ] as const;
  for (const [record, text] of bad) {
    const input = bench.input(session.id);
    await input.record(record);
    const answer = await input.answer();
    assert.equal(answer.status, 400);
    assert.match(answer.text, text);
  }
  const last = bench.input(session.id);
  await last.data();
  await session.ended();
  assert.equal((await last.answer()).status, 200); // the output has ended
});
