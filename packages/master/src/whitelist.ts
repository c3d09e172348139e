import { readRegularFile } from '@meseta/system/regular-file';
import { systemProblem } from '@meseta/system/system-problem';
import type { MasterContext } from './context.ts';

/** How long until the file is read again. */
const INTERVAL_MS = 5000;

/**
 * Reads the file of `--whitelist` now and every few seconds, and passes changes to the allocation. When it cannot be
 * read, the last contents stay in effect; when it cannot be read at the start, all hosts are allowed.
 *
 * @returns a function that ends the watch, after the first reading: no agent is offered before.
 * @see Mesos src/watcher/whitelist_watcher.cpp
 */
export async function watchWhitelist({ flags, allocation, clock, log }: MasterContext): Promise<() => void> {
  const path = flags.whitelist;
  if (path === undefined || path === '*') return () => undefined;
  let known: string | undefined;
  let problem: string | undefined;
  let stopped = false;
  let cancel: () => void = () => undefined;
  const read = async () => {
    try {
      const text = String(await readRegularFile(path));
      if (text !== known && !stopped) allocation.updateWhitelist(hostnamesIn(text));
      known = text;
      problem = undefined;
    } catch (error) {
      const now = systemProblem(error as NodeJS.ErrnoException);
      if (now !== problem) log.error(`Cannot read --whitelist '${path}': ${now}. What it said last remains`);
      problem = now;
    }
    if (!stopped) cancel = clock.after(INTERVAL_MS, () => void read());
  };
  await read();
  return () => {
    stopped = true;
    cancel();
  };
}

/** Parses the file: one name a line. An empty file excludes all agents. */
function hostnamesIn(text: string): ReadonlySet<string> {
  return new Set(text.split('\n').filter(line => line !== ''));
}
