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
  const write = (value: string) => writeFile(join(path, file), value).then(() => true, goneOr);
  if (!(await write(freeze))) return;
  try {
    for (let waited = 0, delay = 1; waited < freezeTimeoutMs; waited += delay, delay *= 2) {
      const text = await readFile(join(path, state), 'utf8').catch(goneOr);
      if (!text) return;
      if (frozen.test(text)) break;
      await sleep(delay);
    }
    await work();
  } finally {
    await write(thaw);
  }
}

/** Files of a cgroup that is removed meanwhile are gone, or cannot be read any more. */
function goneOr(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOENT' || error.code === 'ENODEV') return false;
  throw error;
}
