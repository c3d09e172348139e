/** Task groups on real daemons: what the containers of a pod share, what limits them, and agents that are killed. */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { ContainerInfo, LinuxInfo, TaskInfo, Volume } from '@meseta/protocol';
import { all, eventually, needs } from '@meseta/system/testing';
import { needsBusybox, writeBusyboxImage } from './support/busybox-image.ts';
import type { Cluster } from './support/cluster.ts';
import { type Framework, scalars, shellTask, taskOn } from './support/framework.ts';
import { meseta } from './support/meseta.ts';
import { mesos, taskScene } from './support/task-scene.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const root = needs.root('the linux launcher makes cgroups and namespaces');

const ofPod = (container_path: string, more: Partial<Volume> = {}): Volume => ({
  ...{ mode: 'RW', container_path, ...more },
  source: { type: 'SANDBOX_PATH', sandbox_path: { type: 'PARENT', path: 'shared' } },
});

/** Launches a task group on a default executor of its own. */
async function launchGroup(framework: Framework, name: string, tasks: readonly Partial<TaskInfo>[]): Promise<void> {
  const offer = await framework.offer(({ resources = [] }) => {
    return resources.some(each => each.name === 'mem' && (each.scalar?.value ?? 0) >= 256);
  });
  const executor = {
    ...{ type: 'DEFAULT' as const, executor_id: { value: name }, framework_id: framework.info.id },
    resources: scalars(offer, { cpus: 0.1, mem: 32, disk: 32 }),
  };
  const task_group = { tasks: tasks.map(task => taskOn(offer, task)) };
  await framework.accept([offer], [{ type: 'LAUNCH_GROUP', launch_group: { executor, task_group } }]);
}

/** Returns the sandbox of a task of a pod. */
function sandboxOf({ directory }: Cluster, task: string): string {
  const [found = ''] = globSync(path.join(directory, 'agent-1/slaves/*/frameworks/*/executors/*/runs/*/tasks', task));
  return found;
}

const outputOf = (cluster: Cluster, task: string) =>
  readFileSync(path.join(sandboxOf(cluster, task), 'stdout'), 'utf8');

const writer = (more: Partial<TaskInfo> = {}) => shellTask('writer', 'echo hello >in/new; mv in/new in/file', more);
const reader = (more: Partial<TaskInfo> = {}) =>
  shellTask('reader', 'until [ -e in/file ]; do sleep 0.05; done; cat in/file', more);

test('tasks share a directory of the pod on an agent without root', async t => {
  const { cluster, framework } = await taskScene(t, 'posix/cpu,posix/mem,volume/sandbox_path');
  const shared = mesos({ volumes: [ofPod('in')] });
  await launchGroup(framework, 'pod', [writer(shared), reader(shared)]);
  for (const each of ['writer', 'reader']) assert.equal((await framework.end(each)).state, 'TASK_FINISHED');
  assert.equal(outputOf(cluster, 'reader'), 'hello\n');
  const absolute = mesos({ volumes: [ofPod('/mnt')] });
  await launchGroup(framework, 'refused', [shellTask('absolute', 'true', absolute)]);
  assert.match((await framework.end('absolute')).message ?? '', /needs the isolator filesystem\/linux/);
});

test(
  'each task has the root file system of its image, and what the pod shares',
  all(root, needs.mounting('images are mounted'), needsBusybox),
  async t => {
    const images = temporaryDirectory(t, 'pods');
    writeBusyboxImage(images, 'app', { Env: ['PATH=/bin'] });
    const { cluster, framework, cgroups } = await taskScene(
      t,
      'filesystem/linux,docker/runtime,namespaces/pid,namespaces/ipc',
      {
        ...{ image_providers: 'DOCKER', docker_registry: images, docker_store_dir: path.join(images, 'store') },
      },
    );
    const inImage = (more: Partial<ContainerInfo>) =>
      mesos({ mesos: { image: { type: 'DOCKER', docker: { name: 'app' } } }, volumes: [ofPod('in')], ...more });
    const shares: LinuxInfo = { share_pid_namespace: true };
    await launchGroup(framework, 'pod', [
      writer(inImage({})),
      reader(inImage({})),
      shellTask('sees', 'ls / | tr "\\n" " "; tr "\\0" " " </proc/2/cmdline', inImage({ linux_info: shares })),
    ]);
    for (const each of ['writer', 'reader', 'sees']) assert.equal((await framework.end(each)).state, 'TASK_FINISHED');
    assert.equal(outputOf(cluster, 'reader'), 'hello\n');
    assert.match(outputOf(cluster, 'sees'), /^bin dev etc mnt proc sys meseta-pause /);
    await eventually('no cgroup', () => cgroups.left().length === 0);
  },
);

test('a task with limits of its own ends for itself; a killed agent leaves the pod running', root, async t => {
  const isolation = 'filesystem/linux,namespaces/pid,cgroups/cpu,cgroups/mem';
  const { cluster, framework, cgroups } = await taskScene(t, isolation);
  const apart = mesos({ linux_info: { share_cgroups: false } });
  const eats = "perl -e 'vec($kept, 200 << 20, 8) = 1; sleep 1000' & wait; until [ -e never ]; do sleep 1; done";
  const group = [shellTask('stays', 'until [ -e go ]; do sleep 0.05; done; exit 3'), shellTask('also', 'sleep 1000')];
  await launchGroup(framework, 'pod', group);
  for (const each of ['stays', 'also']) await framework.reaches(each, 'TASK_RUNNING');
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  await launchGroup(framework, 'limited', [shellTask('eats', eats, apart)]);
  const { state, reason } = await framework.end('eats');
  assert.deepEqual([state, reason], ['TASK_FAILED', 'REASON_CONTAINER_LIMITATION_MEMORY']);
  writeFileSync(path.join(sandboxOf(cluster, 'stays'), 'go'), '');
  assert.match((await framework.end('stays')).message ?? '', /status 3/);
  assert.equal((await framework.end('also')).state, 'TASK_KILLED');
  await eventually('no cgroup', () => cgroups.left().length === 0);
});

test('a command in a task runs as the user of the task, also when a later agent starts it', root, async t => {
  const { cluster, framework, cgroups } = await taskScene(t, 'filesystem/linux,namespaces/pid');
  const command = { value: 'exec sleep 1000', user: 'nobody' };
  await launchGroup(framework, 'pod', [shellTask('task', '', { command })]);
  await framework.reaches('task', 'TASK_RUNNING');
  const whoIsIt = async () =>
    (await meseta('task', 'exec', '--master', cluster.master.address, 'task', '--', 'id', '-un')).stdout;
  assert.equal(await whoIsIt(), 'nobody\n');
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  assert.equal(await whoIsIt(), 'nobody\n');
  await framework.call({ type: 'KILL', kill: { task_id: { value: 'task' } } });
  assert.equal((await framework.end('task')).state, 'TASK_KILLED');
  await eventually('no cgroup', () => cgroups.left().length === 0);
});
