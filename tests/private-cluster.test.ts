/** A cluster of `local` and `run` serves its owner, and nobody else on the machine. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { needs } from '@meseta/system/testing';
import { type LocalCluster, localCluster, meseta } from './support/meseta.ts';

const nobody = 65_534;
const directory = mkdtempSync(path.join(tmpdir(), 'private-'));
chmodSync(directory, 0o755);
let cluster: LocalCluster;

before(async () => {
  cluster = await localCluster();
});
after(async () => {
  assert.equal((await cluster.stop()).code, 0);
  rmSync(directory, { recursive: true });
});

/** Sends a request as another user; resolves with the status line and the body. */
async function asNobody(origin: string, request: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  const script = `
    const socket = require('node:net').connect(${port}, '${hostname}');
    socket.on('error', error => console.log(error.code));
    socket.pipe(process.stdout);
    socket.write(${JSON.stringify(request)});`;
  const child = spawn(process.execPath, ['-e', script], { uid: nobody, gid: nobody, cwd: '/', env: {} });
  let text = '';
  child.stdout.on('data', data => {
    text += data;
  });
  await once(child, 'close');
  return text;
}

const post = (target: string, body: string, headers = '') =>
  `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;
const message = (target: string, from: string) =>
  `POST ${target} HTTP/1.1\r\nUser-Agent: libprocess/${from}\r\nConnection: Keep-Alive\r\nHost: localhost\r\n\r\n`;
const framework = JSON.stringify({
  type: 'SUBSCRIBE',
  subscribe: { framework_info: { user: 'root', name: 'enemy', roles: ['*'] } },
});
const requests: { name: string; to: 'master' | 'agent'; request: () => string }[] = [
  { name: 'a view', to: 'master', request: () => 'GET /state HTTP/1.1\r\nHost: localhost\r\n\r\n' },
  { name: 'a framework', to: 'master', request: () => post('/api/v1/scheduler', framework) },
  { name: 'an operator', to: 'master', request: () => post('/api/v1', '{"type":"GET_STATE"}') },
  {
    name: 'an agent',
    to: 'master',
    request: () => message('/master/mesos.internal.RegisterSlaveMessage', 'slave(1)@127.0.0.1:4321'),
  },
  { name: 'a view of the agent', to: 'agent', request: () => 'GET /files/debug HTTP/1.1\r\nHost: localhost\r\n\r\n' },
  {
    name: 'a message in the name of the master',
    to: 'agent',
    request: () => message('/slave(1)/mesos.internal.ShutdownMessage', `master@${cluster.master}`),
  },
  { name: 'an executor that does not run', to: 'agent', request: () => post('/slave(1)/api/v1/executor', '{}') },
  { name: 'no request at all', to: 'master', request: () => 'x\r\n\r\n' },
];
for (const { name, to, request } of requests) {
  test(`another user is refused: ${name}`, needs.root('connects as another user'), async () => {
    const origin = to === 'master' ? `http://${cluster.master}` : (cluster.agents[0] ?? '');
    assert.match(
      await asNobody(origin, request()),
      /^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*private cluster[\s\S]*user with id 0/,
    );
  });
}

test('the owner goes on as before, other users did nothing', async () => {
  const { frameworks } = (await (await fetch(`http://${cluster.master}/state`)).json()) as { frameworks: unknown[] };
  assert.deepEqual(frameworks, []);
  const { code, stdout } = await meseta('run', '--master', cluster.master, 'echo hello');
  assert.equal(code, 0);
  assert.match(stdout, /^hello$/m);
});

test(
  'an executor of another user reaches its agent, for calls of executors',
  needs.root('runs as nobody'),
  async () => {
    const script = path.join(directory, 'executor.cjs');
    const statuses = ['/state', '/slave(1)/state', '/files/debug'];
    writeFileSync(
      script,
      `const origin = 'http://' + process.env.MESOS_AGENT_ENDPOINT;
    (async () => {
      const call = (executor, framework = process.env.MESOS_FRAMEWORK_ID) => fetch(origin + '/slave(1)/api/v1/executor', {
        method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body: JSON.stringify({ type: 'SUBSCRIBE', framework_id: { value: framework }, executor_id: { value: executor }, subscribe: {} }),
      });
      console.log('subscribe', (await call(process.env.MESOS_EXECUTOR_ID)).status);
      for (const path of ${JSON.stringify(statuses)}) console.log('view', (await fetch(origin + path)).status);
      console.log('uid', process.getuid());
      process.exit(0);
    })();`,
    );
    const task = path.join(directory, 'task.json');
    const command = { value: `exec ${process.execPath} ${script}`, user: 'nobody' };
    writeFileSync(
      task,
      JSON.stringify({ name: 'of-nobody', executor: { executor_id: { value: 'of-nobody' }, command } }),
    );
    const run = await meseta('run', '--json', '--master', cluster.master, '--task', task);
    const id: string = JSON.parse(run.stdout.split('\n')[0] ?? '').task_id;
    const { stdout } = await meseta('task', 'logs', id, '--master', cluster.master);
    assert.equal(stdout, `subscribe 200\n${'view 403\n'.repeat(statuses.length)}uid ${nobody}\n`, run.stdout);
  },
);
