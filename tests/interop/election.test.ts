/** The detector of mesos-go, with which frameworks find the leader of Apache Mesos in ZooKeeper, finds the leader of Meseta. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { needsZooKeeper } from '@meseta/storage/testing';
import { all, eventually } from '@meseta/system/testing';
import { ElectionScene } from '../support/high-availability.ts';
import { buildGoPrograms, goPrograms } from './go-build.ts';

test('mesos-go follows the leader', { ...all(goPrograms, needsZooKeeper), timeout: 300_000 }, async t => {
  const directory = mkdtempSync(path.join(tmpdir(), 'mesos-go-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  await buildGoPrograms(path.join(import.meta.dirname, 'mesos-go'), ['detector'], directory);
  const scene = await ElectionScene.start(t, { masters: 2, servers: 1 });
  const first = await scene.leader();
  const detector = spawn(path.join(directory, 'detector'), [scene.address], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => void detector.kill('SIGKILL'));
  let lines = '';
  detector.stdout.setEncoding('utf8').on('data', text => {
    lines += text;
  });
  const finds = (port: number) =>
    eventually(`the leader at ${port}`, () =>
      new RegExp(`^leader master@127\\.0\\.0\\.1:${port} [0-9a-f-]{36} 127\\.0\\.0\\.1$`, 'm').test(lines),
    );
  await finds(first.port);
  await first.kill('SIGTERM');
  const second = await scene.leader(first);
  await finds(second.port);
  assert.equal(detector.exitCode, null);
});
