/** Agents whose disk is full: what they are given, what they tell, and what becomes of it when there is room. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import type { Daemon } from './support/daemon.ts';
import { Meseta } from './support/meseta.ts';
import { processesOf } from './support/processes.ts';
import { SmallDisk } from './support/small-disk.ts';

const smallDisk = (t: TestContext, name: string) =>
  new SmallDisk(t, path.join(tmpdir(), `full-${name}-${process.pid}`), 8);

/** A command that runs until there is a file, and the file. */
function untilGo(cluster: Cluster): { go: string; value: string } {
  const go = path.join(cluster.directory, 'go');
  return { go, value: `while [ ! -e ${go} ]; do sleep 0.1; done; exit 7` };
}

async function untilInactive(cluster: Cluster, agent: Daemon): Promise<void> {
  await eventually('the agent not to be offered', async () => {
    const found = (await cluster.slaves()).find(({ pid }) => pid.endsWith(`:${agent.port}`));
    return found !== undefined && !found.active;
  });
}

test('an agent whose disk is full is not offered, and loses nothing', SmallDisk.need, async t => {
  const disk = smallDisk(t, 'work');
  const cluster = await Cluster.start(t, { agents: [{ work_dir: disk.path }] });
  const framework = await cluster.framework();
  const { go, value } = untilGo(cluster);
  await framework.run({ task_id: { value: 'early' }, command: { shell: true, value } });
  await framework.reaches('early', 'TASK_RUNNING');
  const agentId = await cluster.registered(cluster.agent);

  const offer = await framework.roomyOffer();
  disk.fill();
  await framework.launch(offer, [{ task_id: { value: 'late' } }]);
  // The master's word, where the agent noticed first and left it.
  const late = await framework.reaches('late', 'TASK_FAILED', 'TASK_LOST', 'TASK_DROPPED');
  if (late.state === 'TASK_FAILED') assert.match(late.message ?? '', /no space left on device/);
  await untilInactive(cluster, cluster.agent);
  assert.match(cluster.agent.log, /disk of .* is full .*takes no tasks until there is room/);
  writeFileSync(go, '');
  await eventually('the end of the early task', () =>
    processesOf(cluster.directory).every(({ command }) => !command.includes(go)),
  );
  assert.ok(cluster.agent.running);
  await cluster.agent.kill();
  await cluster.agent.start(); // on the full disk
  await eventually('the agent to look', () => (cluster.agent.log.match(/takes no tasks until/g) ?? []).length >= 2);
  await untilInactive(cluster, cluster.agent);

  disk.empty();
  assert.equal(await cluster.registered(cluster.agent), agentId);
  assert.equal((await framework.reaches('early', 'TASK_FAILED')).message, 'Command exited with status 7');
  await framework.run({ task_id: { value: 'after' } });
  await framework.reaches('after', 'TASK_FINISHED');
  assert.ok(existsSync(disk.path));
});

test('an agent whose runtime directory is full is not offered until there is room', SmallDisk.need, async t => {
  const disk = smallDisk(t, 'runtime');
  const cluster = await Cluster.start(t, { agents: [{ runtime_dir: disk.path }] });
  const framework = await cluster.framework();
  const offer = await framework.roomyOffer();
  disk.fill();
  await framework.launch(offer, [{ task_id: { value: 'late' } }]);
  await framework.reaches('late', 'TASK_FAILED', 'TASK_LOST', 'TASK_DROPPED');
  await untilInactive(cluster, cluster.agent);
  disk.empty();
  await cluster.registered(cluster.agent);
  await framework.run({ task_id: { value: 'after' } });
  await framework.reaches('after', 'TASK_FINISHED');
});

test('what does not fit is not fetched, and leaves room for what does', SmallDisk.need, async t => {
  const disk = smallDisk(t, 'fetch');
  const cluster = await Cluster.start(t, { agents: [{ work_dir: disk.path }] });
  const framework = await cluster.framework();
  const file = path.join(cluster.directory, 'file');
  const fetching = (id: string, size: number) => {
    writeFileSync(file, Buffer.alloc(size, 1));
    return framework.run({ task_id: { value: id }, command: { value: 'test -s file', uris: [{ value: file }] } });
  };
  await fetching('large', 16 * 2 ** 20);
  await framework.reaches('large', 'TASK_FAILED');
  const executor = path.join('frameworks', String(framework.info.id?.value), 'executors/large');
  const sandbox = path.join(disk.path, 'slaves/latest', executor, 'runs/latest');
  assert.deepEqual(readdirSync(sandbox).sort(), ['stderr', 'stdout']);
  assert.match(
    readFileSync(path.join(sandbox, 'stderr'), 'utf8'),
    /^Failed to fetch \/.*\/file: The disk with the agent's work directory is full \(ENOSPC\)/,
  );
  await fetching('small', 2 ** 20);
  await framework.reaches('small', 'TASK_FINISHED');
});

test('an interrupt ends a run in a cluster whose agent has a full disk', SmallDisk.need, async t => {
  const disk = smallDisk(t, 'run-elsewhere');
  const cluster = await Cluster.start(t, { agents: [{ work_dir: disk.path }] });
  const run = new Meseta(['run', '--master', cluster.master.address, 'echo ready; sleep 1000']);
  t.after(() => run.kill());
  await run.says(/^ready$/m);
  disk.fill();
  await untilInactive(cluster, cluster.agent);
  run.child.kill('SIGTERM');
  const { code, stderr } = await run.finished;
  assert.equal(code, 1);
  assert.match(stderr, /is not connected to the master and cannot end the task now/);
  disk.empty();
  await eventually('the end of the task', () =>
    processesOf(disk.path).every(({ command }) => command !== 'sleep 1000'),
  );
});

const ends: { name: string; code: number; end: (run: Meseta, go: string) => void }[] = [
  { name: 'an interrupt', code: 143, end: run => void run.child.kill('SIGTERM') },
  { name: "the task's end", code: 7, end: (_, go) => writeFileSync(go, '') },
];
for (const { name, code, end } of ends) {
  test(`${name} ends a run whose disk is full`, SmallDisk.need, async t => {
    const disk = smallDisk(t, `run-${code}`);
    const go = path.join(tmpdir(), `full-go-${process.pid}`);
    t.after(() => rmSync(go, { force: true }));
    const run = new Meseta(['run', `echo ready; while [ ! -e ${go} ]; do sleep 0.1; done; exit 7`], {
      env: { TMPDIR: disk.path },
    });
    t.after(() => run.kill());
    await run.says(/^ready$/m);
    disk.fill();
    end(run, go);
    assert.equal((await run.finished).code, code);
  });
}
