/** Terminals in tasks through the master: what browsers get, who gets it, and what ends it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { userName } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import type { ClientOptions } from 'ws';
import { basic, file } from './support/authentication.ts';
import { Cluster, type ClusterOptions } from './support/cluster.ts';
import { executorTask } from './support/executor-task.ts';
import { type Framework, shellTask } from './support/framework.ts';
import { processesWith } from './support/processes.ts';
import { converse, render } from './support/raw-http.ts';
import { TerminalClient } from './support/terminal-client.ts';

interface Scene {
  readonly cluster: Cluster;
  readonly framework: Framework;
  readonly agentId: string;
  readonly ids: { readonly framework_id: string; readonly task_id: string };
  /** The address of a terminal. */
  url(parameters?: Record<string, string | readonly string[] | undefined>): string;
  /** A terminal, ended after the test. */
  open(parameters?: Record<string, string | readonly string[]>, options?: ClientOptions): TerminalClient;
}

/** A cluster with a task `task` that runs. */
async function scene(t: TestContext, options: ClusterOptions = {}): Promise<Scene> {
  const cluster = await Cluster.start(t, options);
  const framework = await cluster.framework();
  await framework.run(shellTask('task', 'sleep 1000'));
  const { agent_id } = await framework.reaches('task', 'TASK_RUNNING');
  const ids = { framework_id: framework.info.id?.value ?? '', task_id: 'task' };
  const agentId = agent_id?.value ?? '';
  const url: Scene['url'] = parameters => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...ids, ...parameters }))
      for (const each of [value ?? []].flat()) query.append(name, each);
    return `${cluster.master.origin}/agents/${agentId}/exec?${query}`;
  };
  return {
    ...{ cluster, framework, agentId, ids, url },
    open(parameters, options) {
      const client = new TerminalClient(url(parameters), options);
      t.after(() => client.socket.terminate());
      return client;
    },
  };
}

const command = (...words: string[]) => ({ command: words });
const shell = (line: string) => command('sh', '-c', line);

test('a shell on a terminal: its size, its keys, and how it ends', async t => {
  const { open } = await scene(t);
  const terminal = open({ rows: '33', columns: '99', term: 'vt100' });
  await terminal.shows(/[$#>] ?$/);
  terminal.type('stty size; echo "$TERM"; test -t 0 && echo yes-"a terminal"\r');
  await terminal.shows(/33 99\r\nvt100\r\nyes-a terminal\r\n/);
  terminal.send({ kind: 'size', rows: 20, columns: 120 });
  await eventually('the new size', () => {
    terminal.type('stty size\r');
    return /20 120\r\n/.test(terminal.shown);
  });
  terminal.type('exit 7\r');
  assert.deepEqual(await terminal.ended(), { how: 'exited', exit_code: 7 });
  assert.deepEqual(terminal.closed, [1000, 'exited']);
});

test('a command of the query, that of a signal, and one that there is not', async t => {
  const { open } = await scene(t);
  const words = open(command('printf', '%s|', 'a b', '', '--'));
  assert.deepEqual(await words.ended(), { how: 'exited', exit_code: 0 });
  assert.equal(words.shown, 'a b||--|');
  assert.deepEqual(await open(shell('kill -TERM $$')).ended(), { how: 'exited', exit_code: 143 });
  const none = await open(command('no-such-program')).ended();
  assert.deepEqual([none.how, none.exit_code, none.code], ['refused', 127, 'CONTAINER_PROGRAM_NOT_FOUND']);
});

test('megabytes of input and output of all bytes', async t => {
  const { open } = await scene(t);
  const bytes = 3_000_000;
  const counting = `head -c ${bytes} | wc -c`;
  // The count is looked at before more is shown, as only the end of that is kept.
  const terminal = open(
    shell(`stty raw -echo; echo ready; ${counting}; head -c 1 >/dev/null; head -c ${bytes} /dev/zero`),
  );
  await terminal.shows(/ready/);
  for (let sent = 0; sent < bytes; sent += 50_000) {
    terminal.send({ kind: 'input', data: Buffer.alloc(50_000, Buffer.from(Array.from({ length: 256 }, (_, i) => i))) });
  }
  await terminal.shows(new RegExp(`${bytes}\\n`));
  terminal.type('x');
  assert.deepEqual(await terminal.ended(), { how: 'exited', exit_code: 0 });
  assert.equal(terminal.received, 'ready\n'.length + `${bytes}\n`.length + bytes);
});

test('output waits for a client that confirms what it has shown', async t => {
  const { open } = await scene(t);
  const [window, bytes] = [100_000, 2_000_000];
  const terminal = open({ ...shell(`head -c ${bytes} /dev/zero`), window: String(window) });
  let confirmed = 0;
  let most = 0;
  await eventually('all of it', () => {
    most = Math.max(most, terminal.received - confirmed);
    if (terminal.received - confirmed >= window) {
      terminal.send({ kind: 'taken', bytes: terminal.received - confirmed });
      confirmed = terminal.received;
    }
    return terminal.received === bytes;
  });
  assert.equal((await terminal.ended()).exit_code, 0);
  assert.ok(most <= window + 64 * 1024, `${most} bytes were under way`);
});

test('a command that writes what it reads is fed megabytes by a client that confirms what it has shown', async t => {
  const { open } = await scene(t);
  const [window, bytes] = [100_000, 2_000_000];
  const line = `stty raw -echo; echo ready; head -c ${bytes}`;
  const terminal = open({ ...shell(line), window: String(window), input_window: String(window) });
  await terminal.shows(/ready/);
  const before = terminal.received;
  let [sent, taken] = [0, before];
  await eventually('all of it', () => {
    while (sent < bytes && sent - terminal.confirmed < window) {
      const part = Math.min(32_000, bytes - sent);
      terminal.type('x'.repeat(part));
      sent += part;
    }
    if (terminal.received > taken) terminal.send({ kind: 'taken', bytes: terminal.received - taken });
    taken = terminal.received;
    return terminal.received - before === bytes;
  });
  assert.equal((await terminal.ended()).exit_code, 0);
});

test('a client that vanishes ends what it has started', async t => {
  const { open } = await scene(t);
  for (const vanish of ['close', 'terminate'] as const) {
    const mark = `terminal-${process.pid}-${vanish}`;
    const terminal = open(
      shell(`trap "" HUP PIPE; setsid sh -c 'sleep 600; :' ${mark} & sh -c 'sleep 600; :' ${mark}`),
    );
    await eventually('the processes', () => processesWith(mark).length >= 2);
    terminal.socket[vanish]();
    await eventually('the end of the processes', () => processesWith(mark).length === 0);
  }
});

test('says that the agent is lost', async t => {
  const { cluster, open } = await scene(t);
  const terminal = open(shell('echo there; sleep 600'));
  await terminal.shows(/there/);
  await cluster.agent.kill();
  const end = await terminal.ended();
  assert.equal(end.how, 'lost');
  assert.match(end.message ?? '', /does not get an answer of agent \S+ at 127\.0\.0\.1:\d+: the connection was closed/);
  assert.deepEqual(terminal.closed, [4001, 'lost']);
});

test('says that the master stops', async t => {
  const { cluster, open } = await scene(t);
  const terminal = open(shell('echo there; sleep 600'));
  await terminal.shows(/there/);
  await cluster.master.kill('SIGTERM');
  assert.equal((await terminal.ended()).how, 'stopped');
  assert.equal(terminal.closed?.[0], 1001);
});

test('frames that are none end the terminal by name', async t => {
  const { open } = await scene(t);
  for (const [send, words] of [
    [(client: TerminalClient) => client.socket.send('text'), /binary messages/],
    [(client: TerminalClient) => client.socket.send(Buffer.from([9])), /kind 9 is none of them/],
    [(client: TerminalClient) => client.socket.send(Buffer.from([1, 0])), /window size has 5 bytes/],
  ] as const) {
    const terminal = open(shell('echo there; cat'));
    await terminal.shows(/there/);
    send(terminal);
    const end = await terminal.ended();
    assert.equal(end.how, 'invalid');
    assert.match(end.message ?? '', words);
    assert.equal(terminal.closed?.[0], 1002);
  }
  const terminal = open(shell('echo there; cat'));
  await terminal.shows(/there/);
  terminal.socket.send(Buffer.alloc(1_000_000));
  await eventually('the end', () => terminal.closed?.[0] === 1009);
});

test('what is no terminal is refused before there is a WebSocket', async t => {
  const { cluster, framework, open, url, agentId } = await scene(t);
  await framework.run(shellTask('ended', 'true'));
  await framework.end('ended');
  const refusals: readonly (readonly [Record<string, string | string[]>, ClientOptions, number, string])[] = [
    [{}, { origin: 'http://evil.example' }, 403, 'ORIGIN_FOREIGN'],
    [{}, { origin: 'null' }, 403, 'ORIGIN_FOREIGN'],
    [{ task_id: '' }, {}, 400, 'PARAMETER_MISSING'],
    [{ task_id: '../x' }, {}, 400, 'PARAMETER_INVALID'],
    [{ rows: '0' }, {}, 400, 'PARAMETER_INVALID'],
    [{ columns: '70000' }, {}, 400, 'PARAMETER_INVALID'],
    [{ term: 'a b' }, {}, 400, 'PARAMETER_INVALID'],
    [{ window: '-1' }, {}, 400, 'PARAMETER_INVALID'],
    [{ command: '' }, {}, 400, 'PARAMETER_INVALID'],
    [{ task_id: 'none' }, {}, 404, 'TASK_NOT_FOUND'],
    [{ task_id: 'ended' }, {}, 404, 'TASK_NOT_FOUND'],
  ];
  for (const [parameters, options, status, code] of refusals) {
    const { refusal } = { refusal: await open(parameters, options).refused() };
    assert.deepEqual([refusal.status, refusal.code], [status, code], `${JSON.stringify(parameters)}: ${refusal.text}`);
  }
  const plain = await fetch(url());
  assert.deepEqual([plain.status, plain.headers.get('meseta-error')], [426, 'WEBSOCKET_REQUIRED']);
  assert.equal((await fetch(url(), { method: 'POST', body: '' })).status, 405);
  assert.equal((await fetch(url().replace(agentId, 'none'))).status, 404);
  const terminal = open(shell('echo there'), { origin: cluster.master.origin });
  assert.equal((await terminal.ended()).how, 'exited');
});

test('requests for a terminal that cannot become a WebSocket are no terminals', async t => {
  const { open, url, cluster } = await scene(t);
  const { pathname, search } = new URL(url());
  const websocket = { 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
  /** As proxies send it that pass `Upgrade` on and not `Connection`, and as clients do that mix protocols. */
  const requests: readonly Readonly<Record<string, string>>[] = [
    { Upgrade: 'websocket', Connection: 'close' },
    { Upgrade: 'websocket, h2c', Connection: 'Upgrade, close' },
    { Upgrade: 'h2c', Connection: 'Upgrade, close' },
    { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Key': 'short' },
  ];
  for (const headers of requests) {
    // As many as a user may have terminals.
    for (let index = 0; index < 32; index++) {
      const conversation = converse(cluster.master.port);
      conversation.socket.write(
        render({ method: 'GET', path: pathname + search, headers: { ...websocket, ...headers } }),
      );
      await conversation.closed;
      const [status = ''] = conversation.received.toString('latin1').split('\r\n');
      assert.match(status, /^HTTP\/1\.1 426 /, JSON.stringify(headers));
    }
  }
  assert.equal((await open(shell('exit 3')).ended()).exit_code, 3);
});

test("a terminal is in the task's own container, whatever its executor says", async t => {
  const { framework, open } = await scene(t);
  const others = framework.statusesOf('task').at(-1)?.container_status?.container_id?.value;
  assert.ok(others);
  const lies = {
    another: { value: others },
    inside: { value: 'x', parent: { value: others } },
    deep: { value: 'x', parent: { value: 'y', parent: { value: others } } },
    none: { value: 'none', parent: { value: '../..' } },
  };
  for (const [id, container] of Object.entries(lies)) {
    await framework.run(executorTask(framework, id, 'probe-executor.mjs', `CONTAINER='${JSON.stringify(container)}'`));
    await framework.reaches(id, 'TASK_RUNNING');
    const terminal = open({ task_id: id, ...shell('echo "in $MESOS_EXECUTOR_ID"') });
    assert.equal((await terminal.ended()).how, 'exited', id);
    assert.match(terminal.shown, new RegExp(`^in ${id}\\r\\n`), id);
  }
});

test('a user has so many terminals and no more', async t => {
  const { open } = await scene(t);
  const terminals = Array.from({ length: 32 }, () => open(command('sleep', '600')));
  await eventually('all of them', () => terminals.every(({ socket }) => socket.readyState === socket.OPEN));
  const { status, code } = await open(command('sleep', '600')).refused();
  assert.deepEqual([status, code], [429, 'TERMINAL_LIMIT']);
  terminals[0]?.socket.close();
  await eventually('room for another one', async () => {
    const another = open(shell('exit 3'));
    await eventually('an answer', () => another.refusal ?? another.closed);
    return another.end?.exit_code === 3;
  });
});

test('a master that passes nothing on opens no terminal', async t => {
  const { open } = await scene(t, { master: { agent_proxy: false } });
  const { status, code } = await open().refused();
  assert.deepEqual([status, code], [403, 'AGENT_PROXY_OFF']);
});

const secrets = { ops: 'secret-of-ops', web: 'secret-of-web', guest: 'secret-of-guest' };
const credentials = file(
  'of-terminals',
  JSON.stringify({ credentials: Object.entries(secrets).map(([principal, secret]) => ({ principal, secret })) }),
);
const key = file('key-of-terminals', 't'.repeat(32));
const as = (principal: keyof typeof secrets) => ({
  headers: { Authorization: basic(`${principal}:${secrets[principal]}`) },
});
/** Who may run sessions in tasks of the user of this test, and give them input. */
const rules = (...principals: string[]) => {
  const mine = { values: [userName()] };
  const others = { principals: { type: 'ANY' }, users: { type: 'NONE' } };
  return JSON.stringify({
    launch_nested_container_sessions_under_parent_with_user: [
      { principals: { values: principals }, users: mine },
      others,
    ],
    launch_nested_container_sessions_as_user: [{ principals: { type: 'ANY' }, users: { type: 'ANY' } }],
    attach_containers_input: [{ principals: { values: principals }, users: mine }, others],
  });
};

test('the rules of the master decide, and then those of the agent about the same principal', async t => {
  const authentication = { authenticate_http_readwrite: true };
  const { open, ids } = await scene(t, {
    master: { ...authentication, credentials, agent_proxy_key: key, acls: rules('ops', 'web') },
    agents: [{ ...authentication, http_credentials: credentials, agent_proxy_key: key, acls: rules('ops') }],
    headers: as('ops').headers,
  });
  const ofOps = await open(shell('echo hello'), as('ops')).ended();
  assert.deepEqual(ofOps, { how: 'exited', exit_code: 0 });
  const ofWeb = await open(shell('echo hello'), as('web')).ended();
  assert.deepEqual([ofWeb.how, ofWeb.code], ['refused', 'NOT_AUTHORIZED']);
  for (const task_id of [ids.task_id, 'none']) {
    const { status, code, text } = await open({ task_id }, as('guest')).refused();
    assert.deepEqual([status, code], [403, 'NOT_AUTHORIZED']);
    assert.match(text, /by the rules of the master/);
  }
  assert.equal((await open().refused()).code, 'AUTHENTICATION_REQUIRED');
});

test('a terminal ends when its browser signs out, also where only changes ask who sends requests', async t => {
  const { cluster, open } = await scene(t, {
    master: { authenticate_http_readwrite: true, credentials },
    headers: as('ops').headers,
  });
  const session = `${cluster.master.origin}/ui/session`;
  const signedIn = await fetch(session, { method: 'POST', ...as('ops') });
  assert.equal(signedIn.status, 204);
  const headers = { Cookie: signedIn.headers.get('set-cookie')?.split(';')[0] ?? '' };
  const terminal = open(shell('echo there; sleep 600'), { headers });
  await terminal.shows(/there/);
  assert.equal((await fetch(session, { method: 'DELETE', headers })).status, 204);
  await eventually('the end of the connection', () => terminal.closed);
  assert.equal((await open({}, { headers }).refused()).code, 'AUTHENTICATION_REQUIRED');
});
