/** Tasks in Docker containers that mean harm to others: by what they put into their sandboxes, and by what their images say. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { busybox, needsDocker, sharedEngine } from '@meseta/containers/testing/docker';
import { eventually } from '@meseta/system/testing';
import { dockerScene, inDocker, written } from './support/docker-scene.ts';
import { shellTask } from './support/framework.ts';
import { sandboxOf } from './support/task-scene.ts';

const engine = sharedEngine();
const kill_policy = { grace_period: { nanoseconds: 100_000_000 } };

/** What a container may put in the place of the files that the agent writes its output to: engines let containers make devices. */
const replacements: readonly (readonly [id: string, command: string])[] = [
  // More than there are threads for files in the agent.
  ...Array.from({ length: 6 }, (_, index) => [`fifo-${index}`, 'mkfifo stdout stderr'] as const),
  ['device', 'mknod stdout c 1 7; mknod stderr c 1 7'],
  ['link', 'ln -s /etc/passwd stdout; ln -s /etc/passwd stderr'],
];

test('what tasks put in the place of their files holds up no other task', needsDocker, async t => {
  const { cluster, framework } = await dockerScene(t, await engine());
  const waits = 'cd /mnt/mesos/sandbox; echo up; until [ -e go ]; do sleep 0.1; done';
  const replaces = (command: string) => `rm -f stdout stderr; ${command}; touch done; exec sleep 1000`;
  const hostile = replacements.map(([id]) => id);
  for (const [id, command] of replacements)
    await framework.run({ ...shellTask(id, `${waits}; ${replaces(command)}`), ...inDocker() });
  await framework.run({ ...shellTask('honest', `${waits}; echo two; exit 7`), ...inDocker() });
  for (const id of [...hostile, 'honest']) await eventually(`the output of ${id}`, () => written(cluster, id) !== '');
  const go = (id: string) => writeFileSync(path.join(sandboxOf(cluster, id), 'go'), '');
  hostile.forEach(go);
  const isDone = (id: string) => existsSync(path.join(sandboxOf(cluster, id), 'done'));
  for (const id of hostile) await eventually(`what ${id} does`, () => isDone(id));
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  go('honest');
  assert.equal((await framework.end('honest')).message, 'Container exited with status 7');
  assert.equal(written(cluster, 'honest'), 'up\ntwo\n');
  for (const id of hostile) await framework.call({ type: 'KILL', kill: { task_id: { value: id }, kill_policy } });
  for (const id of hostile) assert.equal((await framework.end(id)).state, 'TASK_KILLED', id);
});

test('containers with very long labels do not keep an agent from starting', needsDocker, async t => {
  const used = await engine();
  const { cluster, framework } = await dockerScene(t, used);
  await framework.run({ ...shellTask('honest', 'sleep 1000'), ...inDocker() });
  await framework.reaches('honest', 'TASK_RUNNING');
  const Labels = { 'of.an.image': 'x'.repeat(7_500_000) };
  // Together more than the agent reads of one answer.
  for (const index of Array(10).keys())
    await used.client.containers.create(`mesos-labelled-${index}`, { Image: busybox, Cmd: ['true'], Labels });
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  await framework.call({ type: 'KILL', kill: { task_id: { value: 'honest' }, kill_policy } });
  assert.equal((await framework.end('honest')).state, 'TASK_KILLED');
});
