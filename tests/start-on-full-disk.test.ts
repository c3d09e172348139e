/** Daemons that are started on a full disk: they end and say why, or wait and can be interrupted. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Daemon, freePort } from './support/daemon.ts';
import { localCluster, Meseta } from './support/meseta.ts';
import { SmallDisk } from './support/small-disk.ts';

const smallDisk = (t: TestContext, name: string, megabytes = 8) =>
  new SmallDisk(t, path.join(tmpdir(), `start-${name}-${process.pid}`), megabytes);

const directory = mkdtempSync(path.join(tmpdir(), 'start-'));
after(() => rmSync(directory, { recursive: true }));

/** A `meseta` that is killed with the test. */
function started(t: TestContext, ...argv: string[]): Meseta {
  const run = new Meseta(argv);
  t.after(() => run.kill());
  return run;
}

test('a master that cannot write its registry ends', SmallDisk.need, async t => {
  const disk = smallDisk(t, 'master');
  const flags = { work_dir: path.join(disk.path, 'm') };
  const master = await Daemon.start({ kind: 'master', name: 'full-master', directory, flags });
  t.after(() => master.kill());
  await master.kill('SIGTERM');
  disk.fill();
  master.spawn();
  await eventually('the end of the master', () => !master.running);
  assert.equal(await master.ended, 'code 1');
  assert.match(master.log, /Could not start error="Failed to update the registry: .*free some on its file system"/);
});

test('a new agent names the directory and what to do', SmallDisk.need, async t => {
  const disk = smallDisk(t, 'agent');
  disk.fill();
  const work = path.join(disk.path, 'a');
  const flags = { master: '127.0.0.1:1', work_dir: work, runtime_dir: path.join(disk.path, 'r') };
  const agent = new Daemon({ kind: 'agent', name: 'full-agent', directory, flags }, await freePort());
  t.after(() => agent.kill());
  agent.spawn();
  await eventually('the end of the agent', () => !agent.running);
  assert.equal(await agent.ended, 'code 1');
  assert.match(agent.log, /Could not start error="Cannot (write to|lock|use) .*no space left on device/);
  assert.match(agent.log, /Could not start .*see that there is room on its file system/);
  assert.ok(agent.log.includes(work));
});

test("'local' ends on a full disk, with a new directory and with a known one", SmallDisk.need, async t => {
  const disk = smallDisk(t, 'local', 24);
  const known = path.join(disk.path, 'known');
  const cluster = await localCluster('--work-dir', known);
  t.after(() => cluster.process.kill());
  await cluster.stop();
  disk.fill();
  for (const work of [known, path.join(disk.path, 'new')]) {
    const run = started(t, 'local', '--port=0', '--work-dir', work);
    const { code, stderr } = await run.finished;
    assert.equal(code, 1);
    assert.match(stderr, /^meseta local: .*There is no space for this change in '\S+registry.db' .*file system$/m);
    assert.ok(stderr.includes(work));
  }
});

test("an interrupt ends a 'local' whose agent waits for room on the disk", SmallDisk.need, async t => {
  const disk = smallDisk(t, 'wait', 1);
  const run = started(t, 'local', '--port=0', '--work-dir', path.join(disk.path, 'c'));
  const log = path.join(disk.path, 'c/meseta.ERROR');
  const written = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  await eventually('the agent to wait', () => /is full .*takes no tasks until/.test(written()));
  run.child.kill('SIGTERM');
  assert.equal((await run.finished).code, 0);
});
