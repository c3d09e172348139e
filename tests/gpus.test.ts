/** Tasks with GPUs: which ones they may open, what is kept over restarts of the agent, and what images get of the driver. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FrameworkInfo, Resource, TaskInfo } from '@meseta/protocol';
import { all, eventually, needs } from '@meseta/system/testing';
import { needsBusybox, writeBusyboxImage } from './support/busybox-image.ts';
import type { Flags } from './support/daemon.ts';
import { type Framework, shellTask } from './support/framework.ts';
import { nvidiaDriver, writeProgram } from './support/nvidia.ts';
import { mesos, outputOf, runTask, sandboxOf, type TaskScene, taskScene } from './support/task-scene.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const httpExecutor = fileURLToPath(new URL('../packages/agent/src/testing/http-executor.ts', import.meta.url));
const need = needs.root('device files and cgroups are made');
const isolation = 'filesystem/linux,cgroups/devices,gpu/nvidia';
const capabilities: FrameworkInfo['capabilities'] = [
  ...[{ type: 'MULTI_ROLE' } as const, { type: 'PARTITION_AWARE' } as const, { type: 'GPU_RESOURCES' } as const],
];

const scalar = (name: string, value: number): Resource => ({ name, type: 'SCALAR', scalar: { value } });
const withGpus = (gpus: number): Pick<TaskInfo, 'resources'> => {
  return { resources: [scalar('cpus', 0.1), scalar('mem', 32), scalar('gpus', gpus)] };
};

async function scene(t: TestContext, root: string, flags: Flags = {}): Promise<TaskScene> {
  const { framework: _, ...all } = await taskScene(t, isolation, { nvidia_driver_root: root, ...flags });
  return { ...all, framework: await all.cluster.framework({ capabilities }) };
}

/** Prints the names of those that can be opened. */
const probe = (directory: string) =>
  `for file in ${directory}/nvidia*; do
    [ -c $file ] && { (exec 3<>$file) 2>&1 || :; } | { ! grep -q 'not permitted'; } && basename $file
  done | sort | tr '\\n' ' '; echo`;
/** What a probe prints for these GPUs. */
const opened = (...gpus: readonly number[]) =>
  ['nvidia-uvm', 'nvidiactl', ...gpus.map(gpu => `nvidia${gpu}`)].sort().join(' ');

async function output({ cluster }: TaskScene, id: string): Promise<string> {
  return eventually(`the output of ${id}`, () => {
    const file = path.join(sandboxOf(cluster, id), 'stdout');
    return existsSync(file) && readFileSync(file, 'utf8').endsWith('\n') ? outputOf(cluster, id).trim() : undefined;
  });
}

/** Launches a task on an offer that has GPUs for it. */
async function launch(framework: Framework, gpus: number, task: Partial<TaskInfo>): Promise<void> {
  const offer = await eventually('an offer with GPUs', async () => {
    const found = framework.offers.values().find(({ resources = [] }) => {
      const has = (name: string) => resources.find(each => each.name === name)?.scalar?.value ?? 0;
      return has('gpus') >= gpus && has('cpus') >= 0.2 && has('mem') >= 288;
    });
    // What smaller ones hold comes again in one offer.
    if (found === undefined && framework.offers.size > 0) await framework.accept([...framework.offers.values()], []);
    return found;
  });
  await framework.launch(offer, [{ ...task, ...withGpus(gpus) }]);
}

/** Runs a task with GPUs to its end. @returns what it has written. */
async function run(
  { framework, cluster }: TaskScene,
  id: string,
  gpus: number,
  line: string,
  more: Partial<TaskInfo> = {},
) {
  await launch(framework, gpus, shellTask(id, line, more));
  assert.equal((await framework.end(id)).state, 'TASK_FINISHED');
  return outputOf(cluster, id).trim();
}

const kill = async (framework: Framework, id: string) => {
  await framework.call({ type: 'KILL', kill: { task_id: { value: id } } });
  await framework.end(id);
};

test('each task may use its own GPUs, also after a restart of the agent', need, async t => {
  const root = nvidiaDriver(t, 3);
  const all = await scene(t, root);
  const { framework, cluster } = all;
  const look = `${probe(path.join(root, 'dev'))}; sleep 1000`;
  const start = async (id: string, gpus: number) => {
    await launch(framework, gpus, shellTask(id, look));
    return output(all, id);
  };
  assert.equal((await runTask(all, 'none', probe(path.join(root, 'dev')))).output.trim(), opened());
  assert.equal(await start('one', 1), opened(0));
  assert.equal(await start('two', 2), opened(1, 2));
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  await kill(framework, 'two');
  assert.equal(await start('next', 1), opened(1));
  await kill(framework, 'one');
  assert.equal(await start('other', 2), opened(0, 2));
  for (const id of ['next', 'other']) await kill(framework, id);
});

test('the GPUs of an executor follow its tasks', need, async t => {
  const root = nvidiaDriver(t, 2);
  const all = await scene(t, root);
  const { framework, cluster } = all;
  const look = `while :; do { ${probe(path.join(root, 'dev'))}; } >next; mv next seen; sleep 0.1; done`;
  const executor = {
    type: 'CUSTOM' as const,
    executor_id: { value: 'custom' },
    framework_id: framework.info.id!,
    command: { value: `(${look}) & exec ${process.execPath} --disable-warning=ExperimentalWarning ${httpExecutor}` },
    resources: [scalar('cpus', 0.1), scalar('mem', 256)],
  };
  const seen = () => path.join(sandboxOf(cluster, 'custom'), 'seen');
  const sees = (...gpus: readonly number[]) =>
    eventually(`${opened(...gpus)} seen`, () => {
      return existsSync(seen()) && readFileSync(seen(), 'utf8').trim() === opened(...gpus);
    });
  await launch(framework, 1, { task_id: { value: 'first' }, executor });
  await sees(0);
  await launch(framework, 1, { task_id: { value: 'second' }, executor });
  await sees(0, 1);
  await kill(framework, 'second');
  await sees(0);
  await framework.teardown();
  await eventually('its end', () => all.cgroups.left().length === 0);
});

test(
  'an image that wants it has the driver, and a /dev with GPUs',
  all(need, needs.mounting('images are mounted'), needsBusybox),
  async t => {
    const root = nvidiaDriver(t, 2);
    const images = temporaryDirectory(t, 'images');
    const Env = ['PATH=/bin'];
    writeBusyboxImage(images, 'cuda', { Env, Labels: { 'com.nvidia.volumes.needed': 'nvidia_driver' } });
    writeBusyboxImage(images, 'plain', { Env });
    const all = await scene(t, root, {
      isolation: `${isolation},docker/runtime`,
      image_providers: 'DOCKER',
      docker_registry: images,
      docker_store_dir: path.join(images, 'store'),
    });
    const inImage = (name: string) => mesos({ mesos: { image: { type: 'DOCKER', docker: { name } } } });
    const script = `exec 2>&1; ${probe('/dev')}; ls -F /usr/local/nvidia/*; nvidia-smi | cut -c1-16
      cat /usr/local/nvidia/lib64/libcuda.so.1; (echo >>/usr/local/nvidia/lib64/libcuda.so.1); echo $LD_LIBRARY_PATH
      stat -c %a /dev/nvidia1`;
    const output = await run(all, 'cuda', 1, script, inImage('cuda'));
    const lines = output.split('\n');
    assert.equal(lines[0]?.trim(), opened(0));
    assert.deepEqual(
      lines.filter(line => /^(nvidia-smi|lib\S*)[@*]?$/.test(line)),
      ['nvidia-smi*', 'libcuda.so.1@', 'libcuda.so.535.54', 'libnvidia-ml.so.1@', 'libnvidia-ml.so.535.54'],
    );
    assert.match(output, /\n<nvidia_smi_log>\nlibcuda.so.1 of the driver\n.*Read-only file system\n/);
    assert.match(output, /\/usr\/local\/cuda\/compat:\/usr\/local\/nvidia\/lib:\/usr\/local\/nvidia\/lib64\n666$/);
    assert.equal(readFileSync(path.join(root, 'usr/lib/libcuda.so.1'), 'utf8'), 'libcuda.so.1 of the driver\n');
    assert.equal(await run(all, 'plain', 2, probe('/dev'), inImage('plain')), opened(0, 1));
  },
);

const two = 'cpus:1;mem:64;gpus:2';
for (const [name, flags, message] of [
  ['without a driver', { nvidia_driver_root: '/nowhere' }, /there is no program nvidia-smi in \/nowhere/],
  ['without cgroups/devices', { isolation: 'filesystem/linux,gpu/nvidia' }, /needs cgroups\/devices, which keeps/],
  ['without filesystem/linux', { isolation: 'cgroups/devices,gpu/nvidia' }, /needs filesystem\/linux, which makes/],
  ['with GPUs but no isolator', { isolation: 'posix/cpu', nvidia_gpu_devices: '0' }, /needs the isolator gpu\/nvidia/],
  [
    'with devices without resources',
    { nvidia_gpu_devices: '0', resources: 'cpus:1' },
    /needs gpus in --resources, such as gpus:1/,
  ],
  ['with resources without devices', { resources: two }, /gpus in --resources need --nvidia_gpu_devices/],
  ['with other numbers', { nvidia_gpu_devices: '0', resources: two }, /has 2 gpus, and --nvidia_gpu_devices names 1/],
  ['with a GPU twice', { nvidia_gpu_devices: '1,1', resources: two }, /names GPU 1 twice/],
  ['with a name', { nvidia_gpu_devices: 'a', resources: two }, /'a' is no number of a GPU/],
  [
    'with a GPU that is not there',
    { nvidia_gpu_devices: '0,7', resources: two },
    /there is no GPU 7; the machine has 2/,
  ],
] as const) {
  test(`an agent does not start ${name}`, need, async t => {
    await assert.rejects(scene(t, nvidiaDriver(t, 2), flags), { message });
  });
}

test('a driver that does not work is named', need, async t => {
  const root = nvidiaDriver(t, 1);
  writeProgram(root, 'nvidia-smi', "echo 'NVIDIA-SMI has failed because it could not communicate'; exit 9");
  await assert.rejects(scene(t, root), { message: /nvidia-smi failed \(9\): NVIDIA-SMI has failed because/ });
  rmSync(path.join(root, 'dev/nvidiactl'));
  writeProgram(root, 'nvidia-smi', 'echo "<driver_version>1</driver_version>"');
  await assert.rejects(scene(t, root), { message: /The NVIDIA driver is not complete: .*\/nvidiactl: no such file/ });
});

test('only the GPUs of --nvidia_gpu_devices are offered', need, async t => {
  const root = nvidiaDriver(t, 3);
  const resources = 'cpus:2;mem:512;gpus:1';
  const all = await scene(t, root, { nvidia_gpu_devices: '2', resources });
  assert.equal(await run(all, 'it', 1, probe(path.join(root, 'dev'))), opened(2));
});
