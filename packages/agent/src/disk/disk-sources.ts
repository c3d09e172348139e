/** Disks that the agent offers besides that of its work directory: `disk.source` of `--resources`. */
import { readFile, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Resource } from '@meseta/protocol';
import { makeDirectories } from '@meseta/system';
import { systemProblem } from '@meseta/system/system-problem';

/** A disk of `--resources` cannot be offered. The message says which and why. */
export class DiskSourceError extends Error {
  override readonly name = 'DiskSourceError';
  readonly code = 'DISK_SOURCE';

  constructor(what: string, why: string, options?: ErrorOptions) {
    super(`--resources: the disk ${what} cannot be offered: ${why}`, options);
  }
}

/**
 * Makes the roots of disks of type PATH, and checks that those of type MOUNT are mounted: tasks would fill the disk below
 * otherwise.
 *
 * @param workDirectory relative roots are in it.
 * @throws {DiskSourceError} the agent must not start.
 * @see Mesos src/slave/slave.cpp, initialize
 */
export async function checkDiskSources(resources: readonly Resource[], workDirectory: string): Promise<void> {
  for (const { disk } of resources) {
    const { source } = disk ?? {};
    if (!source) continue;
    const { type = 'UNKNOWN' } = source;
    const root = (type === 'PATH' ? source.path : source.mount)?.root;
    const check = checks[type];
    if (!check) throw new DiskSourceError(`of type ${type}`, 'the agent has disks of the types PATH and MOUNT');
    if (root === undefined) throw new DiskSourceError(`of type ${type}`, `it needs '${type.toLowerCase()}.root'`);
    try {
      await check(resolve(workDirectory, root));
    } catch (cause) {
      if (cause instanceof DiskSourceError) throw cause;
      throw new DiskSourceError(`'${root}'`, systemProblem(cause as NodeJS.ErrnoException), { cause });
    }
  }
}

const checks: Readonly<Record<string, (root: string) => Promise<void>>> = {
  // Tasks of other users pass through it on the way to their volumes.
  PATH: async root => void (await makeDirectories(root, 0o711)),
  MOUNT: async root => {
    const real = await realpath(root);
    if ((await mountPoints()).has(real)) return;
    throw new DiskSourceError(`'${root}'`, 'nothing is mounted there. Mount it, or offer it as a disk of type PATH');
  },
};

/** Returns the paths at which something is mounted. */
async function mountPoints(): Promise<ReadonlySet<string>> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  const paths = table.split('\n').map(line => line.split(' ')[4] ?? '');
  return new Set(
    paths.map(each => each.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)))),
  );
}
