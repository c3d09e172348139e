/** `meseta local` and the commands that look at a cluster. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { command, type LocalCluster, localCluster, Meseta, meseta } from './support/meseta.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'local-'));
let cluster: LocalCluster;
let task: string;

before(async () => {
  cluster = await localCluster('--agents', '2');
  const { stdout } = await on(
    'run',
    '--json',
    '--name',
    'example',
    'echo out; echo err >&2; mkdir d; mkfifo pipe; echo deep > d/f',
  );
  task = JSON.parse(stdout.split('\n')[0] ?? '').task_id;
});
after(async () => {
  assert.equal((await cluster.stop()).code, 0);
  rmSync(directory, { recursive: true });
});

const on = (...argv: string[]) => meseta(...argv, '--master', cluster.master);

test('agents', async () => {
  const { code, stdout } = await on('agents');
  assert.equal(code, 0);
  assert.equal(stdout.trimEnd().split('\n').length, 3);
  assert.match(stdout, /^ID +HOST +STATE +CPUS +MEM/);
  assert.match(stdout, /-S0 .*active +0 of 4 +0 of 4096/);
  assert.equal(JSON.parse((await on('agents', '--json')).stdout).length, 2);
});

test('version, of the command and of the master', async () => {
  const own = await meseta('version');
  assert.match(own.stdout, /^meseta \S+ \(speaks Mesos \S+\)\n$/);
  assert.equal((await on('version')).stdout, own.stdout);
  assert.match(JSON.parse((await on('version', '--json')).stdout).version, /^\d+\.\d+\.\d+$/);
});

test('tasks and frameworks, ended ones on request', async () => {
  assert.doesNotMatch((await on('tasks')).stdout, /example/);
  assert.match((await on('tasks', '--all')).stdout, new RegExp(`${task} +example +finished`));
  assert.match((await on('frameworks', '--all')).stdout, /meseta run example +completed/);
});

test('why a framework is not offered agents', async () => {
  const id = (await on('run', '-d', '-n', 'why', 'exec sleep 1000')).stdout.trim();
  // The master, which is its scheduler, wants no more offers a moment after the launch.
  const { code, stdout } = await eventually('an answer that names the framework', async () => {
    const found = await on('framework', 'why', 'meseta-run');
    return /No task waits in the role/.test(found.stdout) && found;
  });
  assert.equal(code, 0);
  assert.match(stdout, /^meseta run \(meseta-run\), role \*, any offer:\n0 of \d agents? can be offered/);
  assert.match(stdout, /^All \d agents: No task waits in the role\..*\n {2}What to do: .*meseta run --detach/m);
  const explained = JSON.parse(
    (await on('why', 'meseta-run', 'cpus:0.5', '--agent', 'S1', '--mem', '1GB', '--json')).stdout,
  );
  assert.deepEqual([explained.framework_name, explained.size], ['meseta run', { cpus: 0.5, mem: 1024 }]);
  assert.match(explained.roles[0].groups[0].examples[0].agent_id, /-S1$/);
  assert.equal(explained.agents, 1);
  const other = await on('framework', 'why', 'meseta-run', '--role', 'other');
  assert.match(other.stdout, /No task of the framework waits or runs in the role\.[\s\S]*Its roles: \*\.\n/);
  assert.match((await on('framework', 'why', 'nothing')).stderr, /There is no framework 'nothing'/);
  assert.equal((await on('framework', 'why')).code, 2);
  await on('task', 'kill', id);
});

test('logs of an ended task, by the beginning of its id', async () => {
  assert.equal((await on('task', 'logs', task.slice(0, -2))).stdout, 'out\n');
  assert.equal((await on('task', 'logs', '--stderr', task)).stdout, 'err\n');
  assert.equal((await on('task', 'logs', '--bytes', '2', task)).stdout, 't\n');
});

test('files of a sandbox', async () => {
  assert.match((await on('files', 'ls', task)).stdout, /^-rw-.* stdout$/m);
  assert.match((await on('files', 'ls', task)).stdout, /^drwx.* d$/m);
  assert.match((await on('files', 'ls', task)).stdout, /^prw-.* pipe$/m);
  assert.equal((await on('files', 'cat', task, 'd/f')).stdout, 'deep\n');
  const copy = path.join(directory, 'copy');
  assert.equal((await on('files', 'get', task, 'd/f', '-o', copy)).code, 0);
  assert.equal(readFileSync(copy, 'utf8'), 'deep\n');
  const missing = await on('files', 'cat', task, 'nothing');
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /nothing/);
});

test('a reader that has seen enough of a file is no error', async () => {
  const run = await on('run', '--json', '--name', 'large', 'head -c 3000000 /dev/zero');
  const id: string = JSON.parse(run.stdout.split('\n')[0] ?? '').task_id;
  const cat = new Meseta(['files', 'cat', id, 'stdout', '--master', cluster.master]);
  await eventually('output', () => cat.stdout.length > 0);
  cat.child.stdout?.destroy();
  const { code, stderr } = await cat.finished;
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
});

test('task logs and files as JSON', async () => {
  const json = async (...argv: string[]) => JSON.parse((await on(...argv, '--json')).stdout);
  assert.deepEqual(await json('task', 'logs', task), { stream: 'stdout', data: 'out\n' });
  assert.equal((await json('files', 'cat', task, 'd/f')).data, 'deep\n');
  const output = path.join(directory, 'json-copy');
  const { path: from, ...copied } = await json('files', 'get', task, 'd/f', '-o', output);
  assert.deepEqual(copied, { output, size: 5 });
  assert.match(from, /runs\/latest\/d\/f$/);
});

test('follows a running task, and kills it', async () => {
  const run = new Meseta([
    'run',
    '--json',
    '--master',
    cluster.master,
    '--name',
    'long',
    'echo begun; exec sleep 1000',
  ]);
  await run.says(/begun/);
  const id: string = JSON.parse(run.stdout.split('\n')[0] ?? '').task_id;
  const logs = new Meseta(['task', 'logs', '-f', id, '--master', cluster.master]);
  await logs.says(/^begun$/m);
  const killed = await on('task', 'kill', '--json', id);
  assert.equal(killed.code, 0);
  assert.equal(JSON.parse(killed.stdout).task_id.value, id);
  assert.equal((await logs.finished).code, 0);
  assert.equal((await run.finished).code, 143);
});

test('says what cannot be written', async () => {
  const { stdout } = await on('run', '--json', 'echo hello');
  const id: string = JSON.parse(stdout.split('\n')[0] ?? '').task_id;
  const get = await on('files', 'get', id, 'stdout', '--output', '/dev/full');
  assert.match(get.stderr, /Cannot write '\/dev\/full' on this machine: no space left on device \(ENOSPC\)\n$/);
  const missing = await on('files', 'get', id, 'stdout', '--output', path.join(directory, 'none', 'x'));
  assert.match(missing.stderr, /Cannot write '.*\/none\/x' on this machine: no such file or directory \(ENOENT\)\n$/);
  assert.match((await on('files', 'ls', id, 'stdout')).stderr, /stdout' is a file, not a directory/);
  assert.match((await on('files', 'cat', id, '/')).stderr, /' is a directory, or/);
  for (const words of [`task logs ${id}`, `files cat ${id} stdout`, 'tasks --all']) {
    const child = spawn('sh', ['-c', `"$@" ${words} --master ${cluster.master} > /dev/full`, 'sh', ...command]);
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    assert.match(said, /^meseta: cannot write the output: no space left on device \(ENOSPC\)\n$/, words);
    assert.equal(code, 1);
  }
});

const unknown: [argv: string[], message: RegExp][] = [
  [['task', 'logs', 'no-such-task'], /There is no task 'no-such-task'/],
  [['task', 'kill', 'no-such-task'], /There is no task 'no-such-task'/],
  [['files', 'ls', '--agent', 'S99', '/'], /There is no agent 'S99'/],
  [['task', 'logs'], /Which task\?/],
];
for (const [argv, message] of unknown) {
  test(`says what is wrong with ${argv.join(' ')}`, async () => {
    const { code, stderr } = await on(...argv);
    assert.notEqual(code, 0);
    assert.match(stderr, message);
  });
}

test('says who is at the address when it is no master', async () => {
  const [agent = ''] = cluster.agents;
  for (const argv of [['agents'], ['tasks'], ['version'], ['run', 'true']]) {
    const { code, stderr } = await meseta(...argv, '--master', agent);
    assert.equal(code, 1);
    assert.match(stderr, /There is an agent, not a master, at 127\.0\.0\.1:\d+: give the master's port\n$/);
  }
  const server = createServer(
    (_, response) => void response.writeHead(403).end('This is the master of a private cluster\n'),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  for (const argv of [['tasks'], ['run', 'true'], ['task', 'logs', 'x'], ['files', 'ls', 'x']]) {
    const { code, stderr } = await meseta(...argv, '--master', `127.0.0.1:${port}`);
    assert.equal(code, 1);
    assert.match(stderr, /127\.0\.0\.1:\d+ refuses us \(403: This is the master of a private cluster\)\n$/);
  }
  server.close();
  const unknown = await meseta('tasks', '--master', 'no.such.host.invalid');
  assert.match(unknown.stderr, /Cannot reach a master at http:\/\/no\.such\.host\.invalid:5050: .*name.*: check/);
  const nobody = await meseta('tasks', '--master', '127.0.0.1:1');
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /Cannot reach a master at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
});

test('a killed cluster started again with its directory finds its agent and its task', async () => {
  const work = path.join(directory, 'work');
  const first = await localCluster('--work-dir', work, '--agents', '2');
  const agentIds = async (master: string) => {
    const { stdout } = await meseta('agents', '--json', '--master', master);
    return (JSON.parse(stdout) as { agent_info: { id: { value: string } } }[]).map(
      ({ agent_info }) => agent_info.id.value,
    );
  };
  const before = await agentIds(first.master);
  const run = new Meseta([
    'run',
    '--master',
    first.master,
    `until [ -e ${directory}/finish ]; do sleep 0.1; done; echo done > ${directory}/result`,
  ]);
  await run.says(/running/);
  first.process.child.kill('SIGKILL');
  await first.process.finished;
  const port = first.master.slice(first.master.indexOf(':') + 1);
  const second = await localCluster('--port', port, '--work-dir', work);
  await eventually('the task is back', async () =>
    (await meseta('tasks', '--master', first.master)).stdout.includes('running'),
  );
  assert.deepEqual((await agentIds(first.master)).sort(), before.sort());
  await meseta('run', '--master', first.master, `touch ${directory}/finish`);
  assert.equal((await run.finished).code, 0);
  assert.equal(readFileSync(path.join(directory, 'result'), 'utf8'), 'done\n');
  assert.equal((await second.stop()).code, 0);
  const third = await localCluster('--work-dir', work, '--agents', '1');
  assert.match((await third.stop()).stderr, /1 more of the directory's agents: --agents 2 shows what they run/);
});
