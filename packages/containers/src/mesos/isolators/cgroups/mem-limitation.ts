import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerLimitation } from '@meseta/protocol';
import { formatBytes } from '../../../format-bytes.ts';
import { type Group, parseStat, read, readNumber, readOptional, readStat, unless } from './controller.ts';
import type { OutOfMemory } from './memory-events.ts';

const bytesPerMegabyte = 1024 * 1024;

/** The files of both versions. */
const versions = {
  1: { limit: 'memory.limit_in_bytes', most: 'memory.max_usage_in_bytes' },
  2: { limit: 'memory.max', most: 'memory.peak' },
} as const;

/**
 * Tells whether the kernel has killed a process of a container because it reached its memory limit. A process that was
 * killed because the machine had no memory left was in a container that never reached its own.
 *
 * @param seen what the group had used at that moment, when it is known. Else it is what is left after the kill.
 * @returns undefined also when the group is not there.
 */
export async function memoryLimitation(
  version: 1 | 2,
  group: Group,
  seen?: OutOfMemory,
): Promise<ContainerLimitation | undefined> {
  const ranOut = version === 1 ? ranOutOfVersion1 : ranOutOfVersion2;
  // A group that is being removed has no files, or files that cannot be read.
  if (!(await ranOut(group).catch(unless('ENOENT', 'ENODEV')))) return undefined;
  const { limit, most, statistics } = seen ?? (await readFigures(version, group));
  const megabytes = Math.round((most / bytesPerMegabyte) * 1000) / 1000;
  return {
    message: limitationMessage(limit, most, statistics),
    reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
    resources: [{ name: 'mem', type: 'SCALAR', scalar: { value: megabytes } }],
  };
}

async function readFigures(version: 1 | 2, group: Group): Promise<OutOfMemory> {
  const files = versions[version];
  const [limit, most, statistics] = await Promise.all([
    readNumber(group, files.limit),
    readOptional(group, files.most).then(peak => peak ?? readNumber(group, 'memory.current')), // Linux before 5.19
    read(group, 'memory.stat'),
  ]);
  return { limit, most, statistics };
}

/** Returns Mesos's message. @param statistics the text of memory.stat. */
export function limitationMessage(requested: number, used: number, statistics: string): string {
  const head = `Memory limit exceeded: Requested: ${formatBytes(requested)} Maximum Used: ${formatBytes(used)}\n`;
  return `${head}\nMEMORY STATISTICS: \n${statistics}\n`;
}

async function ranOutOfVersion1(group: Group): Promise<boolean> {
  const [{ under_oom = 0 }, failures] = await Promise.all([readControl(group), readNumber(group, 'memory.failcnt')]);
  return failures > 0 && (under_oom > 0 || (await hasKills(group)));
}

/** The kernel counts a kill in the group of what it kills: for a pod that may be one of those nested in it. */
async function hasKills(group: Group): Promise<boolean> {
  if (((await readControl(group)).oom_kill ?? 0) > 0) return true;
  for (const path of await groupsIn(group.path)) {
    const nested = { ...group, path };
    const ranOutItself = ((await readNumber(nested, 'memory.failcnt').catch(unless('ENOENT', 'ENODEV'))) ?? 1) > 0;
    if (!ranOutItself && (await hasKills(nested))) return true;
  }
  return false;
}

async function groupsIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => join(path, name));
}

const readControl = async (group: Group) => parseStat(await read(group, 'memory.oom_control'));

/** The limit was its own, not that of a group nested in it; what was killed may be in such a group. */
async function ranOutOfVersion2(group: Group): Promise<boolean> {
  const events = await readStat(group, 'memory.events');
  const local = (await readStat(group, 'memory.events.local').catch(unless('ENOENT'))) ?? events; // Linux before 5.2
  return (local.oom ?? 0) > 0 && (events.oom_kill ?? 0) > 0;
}
