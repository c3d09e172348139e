/** An agent that can open no file for a while: it does not take its tasks for ended. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import type { Daemon } from './support/daemon.ts';
import { shellTask } from './support/framework.ts';

const limitTo = (daemon: Daemon, files: number) =>
  execFileSync('prlimit', ['--pid', `${daemon.pid}`, `--nofile=${files}:`]);

/** Asks over one connection, which stays: an agent without descriptors accepts no other. */
function metricsOf(t: TestContext, daemon: Daemon): () => Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  return async () => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    get(`${daemon.origin}/metrics/snapshot`, { agent }, answer => resolve(text(answer))).on('error', reject);
    return JSON.parse(await promise);
  };
}

test('an agent without descriptors keeps its tasks, and learns later how they ended', async t => {
  const cluster = await Cluster.start(t);
  const { agent } = cluster;
  const framework = await cluster.framework();
  const end = (id: string) => path.join(cluster.directory, `end-${id}`);
  const task = (id: string, code: number) => shellTask(id, `until [ -e ${end(id)} ]; do sleep 0.1; done; exit ${code}`);
  await framework.run(task('stays', 7), task('ends', 8));
  for (const id of ['stays', 'ends']) await framework.reaches(id, 'TASK_RUNNING');
  // Shims of the agent before are looked at in /proc, once a second.
  await agent.kill();
  await agent.start();
  await cluster.registered(agent);
  const metrics = metricsOf(t, agent);
  const { 'slave/uptime_secs': before = 0 } = await metrics();
  limitTo(agent, 3);
  writeFileSync(end('ends'), '');
  await eventually('some looks', async () => ((await metrics())['slave/uptime_secs'] ?? 0) > before + 3);
  limitTo(agent, 1024);
  assert.equal((await framework.end('ends')).message, 'Command exited with status 8');
  writeFileSync(end('stays'), '');
  assert.equal((await framework.end('stays')).message, 'Command exited with status 7');
  assert.equal(agent.running, true, agent.log);
});
