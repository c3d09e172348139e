import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CgroupError, type Cgroups } from './cgroups.ts';
import type { Hierarchy } from './hierarchies.ts';

/** Where the agent is, below the root cgroup: as in Mesos. With version 2 a group has processes or other groups, not both. */
const places = { 1: 'slave', 2: 'agent/leaf' } as const;

/**
 * Moves this process into a cgroup of its own in the hierarchies of these controllers (`--agent_subsystems`), so that what
 * it uses is counted, and can be limited by the operator. Nothing is limited here. What it starts is in that group, too,
 * except containers in hierarchies of the cgroup isolators.
 *
 * @throws {CgroupError} a controller is not there, or this process may not.
 */
export async function enterAgentCgroups(cgroups: Cgroups, subsystems: readonly string[]): Promise<void> {
  const hierarchies = new Set<Hierarchy>(subsystems.map(name => cgroups.hierarchy(name)));
  for (const hierarchy of hierarchies) {
    await cgroups.prepare(hierarchy);
    const path = join(cgroups.root(hierarchy), places[hierarchy.version]);
    try {
      await mkdir(path, { recursive: true });
      await cgroups.inherit(hierarchy, path);
      await writeFile(join(path, 'cgroup.procs'), String(process.pid));
    } catch (cause) {
      throw new CgroupError(
        `The agent cannot enter the cgroup ${path} (--agent_subsystems): ${(cause as Error).message}`,
        { cause },
      );
    }
  }
}
