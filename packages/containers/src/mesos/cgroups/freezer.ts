import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long a cgroup may take to freeze. A process that waits for a disk is frozen only after that; it cannot fork
 * meanwhile either.
 */
const freezeTimeoutMs = 500;

/** How the state of a cgroup is written and read in the two versions. */
const versions = {
  1: { file: 'freezer.state', freeze: 'FROZEN', thaw: 'THAWED', state: 'freezer.state', frozen: /^FROZEN/ },
  2: { file: 'cgroup.freeze', freeze: '1', thaw: '0', state: 'cgroup.events', frozen: /^frozen 1$/m },
} as const;

/**
 * Does something to a cgroup while none of its processes runs, so that none can fork or end meanwhile. When they do not
 * stop in half a second, it is done all the same: a caller that kills them tries again.
 *
 * @param path the cgroup. When it is gone, nothing is done.
 */
export async function whileFrozen(path: string, version: 1 | 2, work: () => Promise<void>): Promise<void> {
  const { file, freeze, thaw, state, frozen } = versions[version];
  try {
    await writeFile(join(path, file), freeze);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    for (let waited = 0, delay = 1; waited < freezeTimeoutMs; waited += delay, delay *= 2) {
      if (frozen.test(await readFile(join(path, state), 'utf8'))) break;
      await sleep(delay);
    }
    await work();
  } finally {
    await writeFile(join(path, file), thaw).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENODEV') throw error;
    });
  }
}
