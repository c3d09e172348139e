/** Hooks of users, in real executors. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { ExecutorProcess, processesWith, uniqueMark } from '../testing/executor-process.ts';

const order = ['BeforeTaskStart', 'AfterTaskStart', 'AfterTaskHealthy', 'BeforeTerminate'];

async function withModule(context: TestContext, body: string, environment: Record<string, string> = {}) {
  const executor = await ExecutorProcess.make(context);
  await writeFile(`${executor.sandbox}/hook.mjs`, body);
  return executor.start({ MESETA_EXECUTOR_HOOKS: 'hook.mjs', ...environment });
}

test('a module: events in order, variables, TypeScript', async context => {
  const executor = await ExecutorProcess.make(context);
  await writeFile(
    `${executor.sandbox}/hook.ts`,
    `import { appendFileSync } from 'node:fs';
     const hook: { name: string; handle(event: string, task: { task_id: { value: string } }): string[] | undefined } = {
       name: 'mine',
       handle(event, task) {
         appendFileSync('events', event + ' ' + task.task_id.value + '\\n');
         console.log('about', event);
         if (event === 'BeforeTaskStart') return ['FROM_HOOK=a=b'];
       },
     };
     export default hook;`,
  );
  executor.start({ MESETA_EXECUTOR_HOOKS: 'hook.ts', CONSUL_TOKEN: 'hush' });
  await executor.launch('echo $FROM_HOOK > variable; while [ ! -e go ]; do sleep 0.01; done');
  await eventually('three events', async () => (await executor.read('events')).split('\n').length > 3);
  await writeFile(`${executor.sandbox}/go`, '');
  assert.equal(await executor.ended(), 0);
  assert.equal(await executor.read('events'), order.map(event => `${event} t\n`).join(''));
  assert.equal(await executor.read('variable'), 'a=b\n');
  await executor.says(/about AfterTaskHealthy/);
  assert.deepEqual(executor.states, ['STARTING', 'RUNNING', 'FINISHED']);
});

test('a module: variables as long as the kernel takes them', async context => {
  const executor = await withModule(
    context,
    `const long = 'x'.repeat(120_000);
     export default { name: 'mine', handle: () => ['A', 'B', 'C'].map(name => name + '=' + long) };`,
  );
  await executor.launch('echo "$A$B$C" | wc -c > length');
  assert.equal(await executor.ended(), 0);
  assert.equal(await executor.read('length'), '360001\n');
});

const refused: { name: string; body: string; message: RegExp }[] = [
  {
    name: 'without handle',
    body: 'export default { name: "x" }',
    message: /'hook.mjs': its default export has no function 'handle'/,
  },
  { name: 'that throws', body: 'throw new Error("oh")', message: /'hook.mjs': oh/ },
  { name: 'that exits', body: 'process.exit(3)', message: /'hook.mjs': its process ended with exit status 3/ },
  { name: 'that never loads', body: 'while (true);', message: /'hook.mjs': it has not loaded after 0.3 s/ },
  {
    name: 'with a taken name',
    body: 'export default { name: "consul", handle() {} }',
    message: /another hook named 'consul'/,
  },
];

for (const { name, body, message } of refused) {
  test(`refused before SUBSCRIBE: a module ${name}`, async context => {
    const executor = await withModule(context, body, {
      MESETA_EXECUTOR_HOOK_TIMEOUT: name.includes('never') ? '300ms' : '20s',
    });
    assert.equal(await executor.ended(), 1);
    await executor.says(message);
    assert.deepEqual(executor.agent.calls, []);
  });
}

const bad: { what: string; handle: string; message: RegExp }[] = [
  { what: 'throws', handle: 'throw new Error("oh")', message: /'bad' failed on BeforeTaskStart: oh/ },
  {
    what: 'exits',
    handle: 'process.exit(4)',
    message: /'bad' failed on BeforeTaskStart: its process ended with exit status 4/,
  },
  { what: 'loops', handle: 'while (true);', message: /'bad' failed on BeforeTaskStart: not done after 10 s/ },
  { what: 'never answers', handle: 'return new Promise(() => {})', message: /not done after 10 s/ },
  { what: 'returns too much', handle: 'return ["A=" + "x".repeat(2_000_000)]', message: /its answer is too long/ },
  { what: 'returns nonsense', handle: 'return ["no variable"]', message: /does not have the form 'VAR=value'/ },
];

for (const { what, handle, message } of bad) {
  test(`a module that ${what} costs its task, and leaves no process`, async context => {
    const mark = uniqueMark();
    const executor = await withModule(
      context,
      `import { spawn } from 'node:child_process';
       export default { name: 'bad', handle(event) {
         if (event !== 'BeforeTaskStart') return;
         spawn('sh', ['-c', 'setsid sleep ${mark} & sleep ${mark}'], { detached: true, stdio: 'ignore' });
         ${handle}
       } }`,
      {
        MESETA_EXECUTOR_HOOK_TIMEOUT: /loops|never/.test(what) ? '10s' : '60s' /* its process starts within it, too */,
      },
    );
    await executor.launch('true');
    assert.equal(await executor.ended(), 0);
    assert.deepEqual(executor.states, ['STARTING', 'FAILED']);
    assert.match(executor.lastMessage ?? '', message);
    assert.deepEqual(processesWith(mark), []);
  });
}

test('exec hook: event, JSON, variables; what it leaves is ended', async context => {
  const executor = await ExecutorProcess.make(context);
  const mark = uniqueMark();
  const command = `echo "$1" >> events; cat > "$1.json"; echo VAR=x y; echo a line; setsid sleep ${mark} &`;
  executor.start({ MESETA_EXECUTOR_EXEC_HOOK_COMMAND: command, VAAS_TOKEN: 'hush' });
  await executor.launch('echo $VAR > variable; exit 2');
  assert.equal(await executor.ended(), 0);
  assert.equal(await executor.read('variable'), 'x y\n');
  await executor.says(/a line/);
  const { event, task } = JSON.parse(await executor.read('BeforeTaskStart.json')) as {
    event: string;
    task: { name: string };
  };
  assert.deepEqual([event, task.name], ['BeforeTaskStart', 't']);
  assert.match(await executor.read('events'), /^BeforeTaskStart\n[\s\S]*BeforeTerminate\n$/);
  assert.deepEqual(processesWith(mark), []);
});

test('exec hook: standard input and output can be opened by name, long lines arrive whole', async context => {
  const executor = await ExecutorProcess.make(context);
  const slowly = 'for i in 1 2 3 4 5 6 7 8 9 10; do printf %010000d 0; done'; // not in one piece
  const command = `cat /dev/stdin > "$1.json"; { printf VAR=; ${slowly}; echo; } > /dev/stdout; echo aside > /dev/stderr`;
  executor.start({ MESETA_EXECUTOR_EXEC_HOOK_COMMAND: command });
  await executor.launch('printenv VAR | wc -c > length');
  assert.equal(await executor.ended(), 0);
  assert.equal(await executor.read('length'), '100001\n');
  assert.match(await executor.read('BeforeTerminate.json'), /^\{"event":"BeforeTerminate","task":\{/);
  await executor.says(/aside/);
});

test("exec hook: its error is the task's, after SIGTERM and BeforeTerminate", async context => {
  const executor = await ExecutorProcess.make(context);
  const command = 'echo $1 >> events; test $1 != AfterTaskHealthy || { echo first >&2; echo last >&2; exit 5; }';
  executor.start({ MESETA_EXECUTOR_EXEC_HOOK_COMMAND: command });
  await executor.launch('sleep 10000');
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['STARTING', 'RUNNING', 'KILLING', 'FAILED']);
  assert.equal(executor.lastMessage, "Hook 'exec' failed on AfterTaskHealthy: exit status 5: last");
  assert.equal(await executor.read('events'), order.map(event => `${event}\n`).join(''));
});

test('a kill cuts the hooks of a start short', async context => {
  const executor = await ExecutorProcess.make(context);
  const mark = uniqueMark();
  executor.start({
    MESETA_EXECUTOR_EXEC_HOOK_COMMAND: `echo $1 >> events; test $1 != BeforeTaskStart || sleep ${mark}`,
  });
  await executor.launch('true');
  await eventually('the hook', () => processesWith(mark).length > 0);
  executor.agent.send({ type: 'KILL', kill: { task_id: { value: 't' } } });
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['STARTING', 'KILLED']);
  assert.equal(await executor.read('events'), 'BeforeTaskStart\nBeforeTerminate\n');
  assert.deepEqual(processesWith(mark), []);
});

test('BeforeTerminate fires without a task: null', async context => {
  const executor = await ExecutorProcess.make(context);
  executor.start({ MESETA_EXECUTOR_EXEC_HOOK_COMMAND: 'cat > $1.json' });
  await eventually('the subscription', () => executor.agent.subscribed);
  executor.agent.send({ type: 'SHUTDOWN' });
  assert.equal(await executor.ended(), 0);
  assert.equal(await executor.read('BeforeTerminate.json'), '{"event":"BeforeTerminate","task":null}');
});

async function webhook(context: TestContext, answer: (event: string, response: ServerResponse) => void) {
  const requests: { headers: IncomingHttpHeaders; body: { event: string } }[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', piece => {
      text += piece;
    });
    request.on('end', () => {
      const body = JSON.parse(text) as { event: string };
      requests.push({ headers: request.headers, body });
      answer(body.event, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?x=1` };
}

test('webhook', async context => {
  const { requests, url } = await webhook(context, (event, response) => {
    response
      .writeHead(event === 'AfterTaskStart' ? 204 : 200)
      .end(event === 'BeforeTaskStart' ? '{"env": {"VAR": "hooked"}}' : '');
  });
  const executor = await ExecutorProcess.make(context);
  executor.start({ MESETA_EXECUTOR_WEBHOOK_URL: url, MESETA_EXECUTOR_WEBHOOK_TOKEN: 'hush' });
  await executor.launch('echo $VAR > variable; while [ ! -e go ]; do sleep 0.01; done');
  await eventually('three events', () => requests.length === 3);
  await writeFile(`${executor.sandbox}/go`, '');
  assert.equal(await executor.ended(), 0);
  assert.equal(await executor.read('variable'), 'hooked\n');
  assert.deepEqual(
    requests.map(({ headers }) => headers['x-meseta-event']),
    order,
  );
  assert.deepEqual(
    requests.map(({ body }) => body.event),
    order,
  );
  assert.ok(requests.every(({ headers }) => headers.authorization === 'Bearer hush'));
  assert.doesNotMatch(executor.output, /hush/);
});

for (const status of [302, 500]) {
  test(`webhook: ${status} is an error`, async context => {
    const { requests, url } = await webhook(context, (event, response) => {
      response.writeHead(event === 'BeforeTaskStart' ? status : 200, { Location: '/elsewhere' }).end();
    });
    const executor = (await ExecutorProcess.make(context)).start({ MESETA_EXECUTOR_WEBHOOK_URL: url });
    await executor.launch('true');
    await executor.ended();
    assert.equal(executor.lastMessage, `Hook 'webhook' failed on BeforeTaskStart: the webhook answered ${status}`);
    assert.deepEqual(
      requests.map(({ body }) => body.event),
      ['BeforeTaskStart', 'BeforeTerminate'],
    );
  });
}
