import type { ContainerLimitation } from '@meseta/protocol';
import { formatBytes } from '../../format-bytes.ts';
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
  const { oom_kill = 0, under_oom = 0 } = parseStat(await read(group, 'memory.oom_control'));
  return (oom_kill > 0 || under_oom > 0) && (await readNumber(group, 'memory.failcnt')) > 0;
}

async function ranOutOfVersion2(group: Group): Promise<boolean> {
  const { oom = 0, oom_kill = 0 } = await readStat(group, 'memory.events');
  return oom > 0 && oom_kill > 0;
}
