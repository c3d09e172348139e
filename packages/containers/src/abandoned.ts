import { setTimeout as sleep } from 'node:timers/promises';
import { ifAbsent } from '@meseta/system';
import type { ContainerKey } from './container-id.ts';
import { Cgroups } from './mesos/cgroups/cgroups.ts';
import { earlierRoots } from './mesos/cgroups/earlier-roots.ts';
import { listCheckpoints } from './mesos/checkpoints.ts';
import { PosixLauncher } from './mesos/launchers/posix.ts';

const limitMs = 5000;

/**
 * Ends the containers of an agent that was killed and will not be started again, and removes their cgroups.
 *
 * @param runtimeDirectory `--runtime_dir` of that agent; nothing is done when it has none.
 * @throws what remains after five seconds.
 */
export async function endAbandonedContainers(runtimeDirectory: string): Promise<void> {
  const left = await listCheckpoints(runtimeDirectory).catch(ifAbsent([] as ContainerKey[])); // it never had a container
  if (left.length === 0) return;
  const launcher = new PosixLauncher({ runtimeDirectory, cgroups: await cgroupsOf(runtimeDirectory) });
  try {
    const removals = [...(await launcher.recover()).keys()].map(id => launcher.remove(id));
    const done = Promise.all(removals).then(() => true);
    if (!(await Promise.race([done, sleep(limitMs, false)])))
      throw new Error(`Containers are left: ${left.join(', ')}`);
  } finally {
    await launcher.close();
  }
}

async function cgroupsOf(runtimeDirectory: string): Promise<Cgroups | undefined> {
  if (process.geteuid?.() !== 0) return undefined;
  // The defaults of the flags, which clusters with temporary directories have.
  const flags = { cgroups_hierarchy: '/sys/fs/cgroup', cgroups_root: 'mesos', cgroups_destroy_timeout: limitMs };
  const earlier = await earlierRoots(runtimeDirectory, flags.cgroups_root);
  return Cgroups.open(flags, [...earlier, flags.cgroups_root]); // which is removed, too, when nothing else is in it
}
