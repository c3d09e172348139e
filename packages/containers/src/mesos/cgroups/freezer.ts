import { readdir, readFile, writeFile } from 'node:fs/promises';
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
 * stop in half a second, or cannot be stopped, it is done all the same: a caller that kills them tries again.
 *
 * @param path the cgroup. When it is gone, nothing is done.
 * @returns false when it is gone.
 */
export async function whileFrozen(path: string, version: 1 | 2, work: () => Promise<void>): Promise<boolean> {
  const { file, freeze, thaw, state, frozen } = versions[version];
  const problem = await writeFile(join(path, file), freeze).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
  if (isGone(problem)) return false;
  if (problem) {
    await work();
    return true;
  }
  try {
    for (let waited = 0, delay = 1; waited < freezeTimeoutMs; waited += delay, delay *= 2) {
      if (frozen.test(await readFile(join(path, state), 'utf8').catch(unlessGone(thaw)))) break;
      await sleep(delay);
    }
    await work();
  } finally {
    await writeFile(join(path, file), thaw).catch(unlessGone(undefined));
  }
  return true;
}

/**
 * Lets all processes of a cgroup go on, and those in cgroups below: a process of version 1 that is frozen cannot be
 * killed. A task of root can freeze its own, and an agent may have ended before it let them go on.
 */
export async function thawAll(path: string, version: 1 | 2): Promise<void> {
  const { file, thaw } = versions[version];
  await writeFile(join(path, file), thaw).catch(unlessGone(undefined));
  const entries = await readdir(path, { withFileTypes: true }).catch(unlessGone([]));
  for (const entry of entries) if (entry.isDirectory()) await thawAll(join(path, entry.name), version);
}

/** The cgroup is not there, or was removed after its file had been opened. */
function isGone(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === 'ENOENT' || error?.code === 'ENODEV';
}

function unlessGone<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return error => {
    if (!isGone(error)) throw error;
    return value;
  };
}
