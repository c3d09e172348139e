/** Rotated logs through master and agent: tasks, pods and the command line, with an agent that is killed in between. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { Meseta, meseta } from './support/meseta.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'container-logs-'));
after(() => rmSync(directory, { recursive: true }));

/** Shell that waits for a file of the test. */
const wait = (name: string) => `until [ -e ${directory}/${name} ]; do sleep 0.05; done`;
const go = (name: string) => writeFileSync(path.join(directory, name), '');
const lines = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `${first + index}\n`).join('');

const parameters = { max_stdout_size: '32KB', logrotate_stdout_options: 'rotate 500\ncompress\ndelaycompress' };
const name = 'org_apache_mesos_LogrotateContainerLogger';
const modules = JSON.stringify({
  libraries: [
    {
      file: '/usr/lib/liblogrotate_container_logger.so',
      modules: [{ name, parameters: Object.entries(parameters).map(([key, value]) => ({ key, value })) }],
    },
  ],
});

test('followers and later readers get every byte of a rotated log, though the agent is killed in between', async t => {
  const cluster = await Cluster.start(t, { agents: [{ container_logger: name, modules }] });
  const master = ['--master', cluster.master.address];
  const line = `seq 1 20000; ${wait('killed')}; seq 20001 40000; ${wait('end')}; echo 40001`;
  const run = new Meseta(['run', ...master, '--name', 'seq', line]);
  await run.says(/^20000$/m);
  const logs = new Meseta(['task', 'logs', '-f', 'seq', ...master]);
  await logs.says(/^20000$/m);
  await cluster.agent.kill('SIGKILL');
  go('killed');
  await cluster.agent.start();
  await logs.says(/^40000$/m);
  await run.says(/^40000$/m);
  go('end');
  const whole = lines(1, 40_001);
  assert.ok((await run.finished).stdout === whole, 'of run');
  assert.ok((await logs.finished).stdout === whole, 'of task logs -f');
  assert.ok((await meseta('task', 'logs', 'seq', ...master)).stdout === whole, 'of task logs');
  assert.equal((await meseta('task', 'logs', '--tail', '3', 'seq', ...master)).stdout, lines(39_999, 40_001));
  assert.equal((await meseta('task', 'logs', '--tail', '30000', 'seq', ...master)).stdout, lines(10_002, 40_001));
  // The program that compresses them may be at work still.
  const files = async () => (await meseta('files', 'ls', 'seq', ...master)).stdout;
  await eventually('compressed files', async () => /stdout\n.*stdout\.1\n.*stdout\.2\.gz\n/.test(await files()));
});

test('the tasks of a pod have loggers, each with its own settings', async t => {
  const cluster = await Cluster.start(t, { agents: [{ container_logger: 'logrotate' }] });
  const group = path.join(directory, 'group.json');
  const variables = [{ name: 'CONTAINER_LOGGER_MAX_STDOUT_SIZE', value: '4KB' }];
  const tasks = [
    { name: 'small', command: { value: 'seq 1 2000', environment: { variables } } },
    { name: 'large', command: { value: 'seq 1 2000' } },
  ];
  writeFileSync(group, JSON.stringify({ tasks }));
  const master = ['--master', cluster.master.address];
  const { stdout, code } = await meseta('run', '--task-group', group, ...master);
  assert.equal(code, 0);
  for (const { name } of tasks) {
    const own = stdout.split('\n').filter(line => line.startsWith(`${name} | `));
    assert.equal(own.map(line => `${line.slice(name.length + 3)}\n`).join(''), lines(1, 2000));
  }
  const filesOf = async (task: string) => (await meseta('files', 'ls', task, ...master)).stdout;
  assert.match(await filesOf('small'), /stdout\.2\n/);
  assert.doesNotMatch(await filesOf('large'), /stdout\.1/);
});
