/** Follows how far a store is written, without opening a term. */
import { setTimeout as delay } from 'node:timers/promises';
import type { RevisionFile } from './known-revision.ts';
import { currentOf } from './layout.ts';
import { hasCode, type Nodes } from './nodes.ts';
import { storeId } from './open.ts';

/** The shortest time between two looks, milliseconds. */
const pauseMs = 1000;
/** Without a change. A store that is made later is found so. */
const longestPauseMs = 30_000;

/**
 * Notes in a file how far the store is written, also when another process writes it. So a process that stands by finds out, when it opens
 * the store later, that ZooKeeper has lost what was stored.
 *
 * @returns a function that ends this.
 */
export function followStore(nodes: Nodes, file: RevisionFile): () => Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const following = (async () => {
    while (!signal.aborted) {
      const changed = Promise.withResolvers<void>();
      await look(nodes, file, changed.resolve).catch(error => {
        if (!hasCode(error, 'ZK_NO_NODE')) throw error; // it was removed meanwhile
      });
      const longest = delay(longestPauseMs, undefined, { signal, ref: false });
      await Promise.race([changed.promise, longest]);
      await delay(pauseMs, undefined, { signal, ref: false });
    }
  })().catch(() => undefined); // it is closed, or the nodes are no store: the one who opens it says so
  return async () => {
    stop.abort();
    await nodes.close();
    await following;
  };
}

/** @param onChange called when something is written after this look. */
async function look(nodes: Nodes, file: RevisionFile, onChange: () => void): Promise<void> {
  const { layout } = nodes;
  await nodes.insist(async session => {
    const root = await session.exists(layout.root, onChange);
    if (root === undefined) return;
    const store = storeId(await session.get(layout.root));
    const listing = {
      log: await session.children(layout.log, onChange),
      snapshots: await session.children(layout.snapshots),
    };
    const { snapshot = 0, records } = currentOf(listing);
    file.saw({ store, revision: Math.max(snapshot, records.at(-1) ?? 0) });
  });
}
