/** Root file systems of images, beside what tar(1) and cp(1) do with the same layers. */
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeBusyboxImage } from '../tests/support/busybox-image.ts';
import type { Effort } from './benchmark.ts';
import { commandTask, taskCpus } from './framework.ts';
import { isolated, needsRoot } from './isolated-agent.ts';
import type { OneAgent } from './one-agent.ts';
import { type Cleanups, withCleanups } from './processes/child.ts';
import { scenario } from './scenario.ts';
import { spawned, timed } from './timing.ts';

const notRun = () => needsRoot() ?? (existsSync('/bin/busybox') ? undefined : 'needs busybox-static');
const isolation = '--isolation=filesystem/linux,docker/runtime';

/** Writes an image with a layer of many small files and one of a few large ones. */
function writeImage(directory: string, quick: boolean): void {
  const files = (count: number, bytes: number) =>
    Array.from({ length: count }, (_, i) => [`${bytes}/${i % 50}/${i}`, `${i}`.repeat(bytes / `${i}`.length)] as const);
  writeBusyboxImage(directory, 'app', { Env: ['PATH=/bin'] }, [
    files(quick ? 500 : 5000, 4096),
    files(quick ? 5 : 50, 1024 * 1024),
  ]);
}

/** Extracts the archive and its layers as a person would, over each other. */
async function extract(archive: string, directory: string): Promise<string> {
  const [image, root] = [join(directory, 'image'), join(directory, 'root')] as const;
  for (const each of [image, root]) await mkdir(each);
  await spawned('tar', ['-xf', archive, '-C', image]);
  const layers = (await readdir(image)).filter(name => name.endsWith('.tar')).sort();
  for (const layer of layers) await spawned('tar', ['-xf', join(image, layer), '-C', root]);
  return root;
}

function start(cleanups: Cleanups, images: string, backend: string): Promise<OneAgent> {
  const store = `--docker_store_dir=${cleanups.directory()}/store`;
  const flags = [isolation, '--image_providers=DOCKER', `--docker_registry=${images}`, store];
  return isolated(cleanups, { flags: [...flags, `--image_provisioner_backend=${backend}`] });
}

/** Runs a task in the image. @returns milliseconds until it runs. */
async function run({ framework }: OneAgent, name: string): Promise<number> {
  const offers = await framework.offered(taskCpus);
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  let running = 0;
  framework.onStatus = ({ state, message }) => {
    if (state === 'TASK_RUNNING') running = performance.now();
    else if (state === 'TASK_FINISHED') resolve();
    else if (state !== 'TASK_STARTING') reject(new Error(`the task is ${state}: ${message}`));
  };
  const begin = performance.now();
  const container = { type: 'MESOS' as const, mesos: { image: { type: 'DOCKER' as const, docker: { name: 'app' } } } };
  framework.launch(offers, [{ ...commandTask(name, '/bin/true'), container }]);
  await finished;
  return running - begin;
}

export default scenario(
  3,
  ({ quick }: Effort) =>
    withCleanups(async cleanups => {
      const directory = cleanups.directory();
      writeImage(directory, quick);
      const overlay = await start(cleanups, directory, 'overlay');
      const first = await run(overlay, 'first');
      let root = '';
      const tar = await timed(async () => {
        root = await extract(join(directory, 'app.tar'), cleanups.directory());
      });
      const shared = await run(overlay, 'next');
      await overlay.agent.end();
      const copying = await start(cleanups, directory, 'copy');
      await run(copying, 'first');
      const copied = await run(copying, 'next');
      const cp = await timed(() => spawned('cp', ['-a', root, `${root}-copy`]));
      return { first, tar, shared, copied, cp };
    }),
  [
    {
      name: 'image, first task to TASK_RUNNING',
      unit: 'ms',
      better: 'less',
      note: 'an archive of 5,000 files of 4 KiB and 50 of 1 MiB (a tenth with --quick), verified, unpacked, mounted; baseline: tar of archive and layers',
      notRun,
      value: ({ first }) => first,
      base: ({ tar }) => tar,
    },
    {
      name: 'image, next task to TASK_RUNNING, overlay',
      unit: 'ms',
      better: 'less',
      note: 'the layers are in the store; baseline: cp -a of the root file system',
      notRun,
      value: ({ shared }) => shared,
      base: ({ cp }) => cp,
    },
    {
      name: 'image, next task to TASK_RUNNING, copy',
      unit: 'ms',
      better: 'less',
      note: 'the same with --image_provisioner_backend=copy',
      notRun,
      value: ({ copied }) => copied,
      base: ({ cp }) => cp,
    },
  ],
);
