/** Output that is followed: over files that change, agents that move, and what the master says meanwhile. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { localCluster, Meseta, meseta } from './support/meseta.ts';
import { ScriptedMaster } from './support/scripted-master.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'output-'));
after(() => rmSync(directory, { recursive: true }));

/** Shell that waits for a file of the test. */
const wait = (name: string) => `until [ -e ${directory}/${name} ]; do sleep 0.05; done`;
const go = (name: string) => writeFileSync(path.join(directory, name), '');

test('output goes on when its file is emptied, by run and by task logs', async t => {
  const cluster = await localCluster();
  t.after(() => cluster.stop());
  const command = `echo first; ${wait('empty')}; : > stdout; echo second, and longer; ${wait('rotate')}; mv stdout stdout.1; exec >> stdout; echo third; ${wait('end')}`;
  const run = new Meseta(['run', '--master', cluster.master, command]);
  await run.says(/^first$/m);
  const { stdout } = await meseta('tasks', '-q', '--master', cluster.master);
  const logs = new Meseta(['task', 'logs', '-f', stdout.trim(), '--master', cluster.master]);
  await logs.says(/^first$/m);
  go('empty');
  await run.says(/longer$/m);
  await logs.says(/longer$/m);
  go('rotate');
  await run.says(/^third$/m);
  await logs.says(/^third$/m);
  go('end');
  assert.equal((await run.finished).stdout, 'first\nsecond, and longer\nthird\n');
  assert.equal((await logs.finished).stdout, 'first\nsecond, and longer\nthird\n');
});

test('output goes on when the agent comes back on another port', async t => {
  const work = path.join(directory, 'moving');
  const first = await localCluster('--work-dir', work);
  t.after(() => first.process.kill());
  const run = new Meseta(['run', '--master', first.master, `echo first; ${wait('moved')}; echo second; exit 6`]);
  t.after(() => run.kill());
  await run.says(/^first$/m);
  const { stdout } = await meseta('tasks', '-q', '--master', first.master);
  const logs = new Meseta(['task', 'logs', '-f', stdout.trim(), '--master', first.master]);
  t.after(() => logs.kill());
  await logs.says(/^first$/m);
  await first.process.kill();
  const other = createServer((_, response) => response.writeHead(404).end());
  other.listen(Number(new URL(first.agents[0] as string).port), '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const second = await localCluster('--work-dir', work, `--port=${first.master.split(':')[1]}`);
  t.after(() => second.stop());
  assert.notDeepEqual(second.agents, first.agents);
  go('moved');
  const ended = await run.finished;
  assert.deepEqual([ended.code, ended.stdout], [6, 'first\nsecond\n']);
  assert.equal((await logs.finished).stdout, 'first\nsecond\n');
});

test('a cluster started again with its directory has its ports again', async () => {
  const work = path.join(directory, 'work');
  const start = () => new Meseta(['local', '--json', '-n', '2', '--resources=cpus:1;mem:64', '--work-dir', work]);
  const lines: string[] = [];
  // More than twice only where another program got one of the ports in between: it may be given to any that asks for a free one.
  while (lines.length < 5 && new Set(lines).size === lines.length) {
    const cluster = start();
    lines.push(await cluster.firstLine());
    cluster.child.kill('SIGTERM');
    await cluster.finished;
  }
  assert.equal(lines.at(-1), lines.at(-2));
});

test("the agent's status is waited for when the master says that a task has ended", async t => {
  const master = await ScriptedMaster.start(t);
  const run = new Meseta(['run', '--master', master.address, 'true']);
  const id = await master.launched();
  master.update(id, { state: 'TASK_RUNNING', uuid: 'AAAA' });
  master.update(id, { state: 'TASK_UNREACHABLE', reason: 'REASON_AGENT_REMOVED' });
  await run.says(/waiting for the agent to come back/);
  master.update(id, { state: 'TASK_FAILED', reason: 'REASON_AGENT_REREGISTERED' });
  await run.says(/the master reports that the task has failed; waiting for the agent's status/);
  master.update(id, { state: 'TASK_FAILED', uuid: 'BBBB', message: 'Command exited with status 6' });
  await eventually('the acknowledgement', () => master.calls.some(({ acknowledge }) => acknowledge?.uuid === 'BBBB'));
  run.child.kill('SIGTERM'); // the agent is nowhere: the rest of the output is not wanted
  assert.equal((await run.finished).code, 6);
});

test('a run whose framework was torn down ends at once', async t => {
  const master = await ScriptedMaster.start(t);
  const run = new Meseta(['run', '--master', master.address, 'true']);
  await master.launched();
  master.refusal = 'Framework has been removed';
  master.breakOff();
  const { code, stderr } = await run.finished;
  assert.equal(code, 1);
  assert.match(stderr, /does not take the framework back; it was torn down: Framework has been removed\n$/);
});
