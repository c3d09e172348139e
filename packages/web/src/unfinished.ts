/** What a user has begun in this page and would lose if it were loaded again: forms, dialogues, terminals. */
import { useEffect, useSyncExternalStore } from 'react';

const begun = new Set<symbol>();
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

/** Keeps the page from being loaded again by itself while the component is there. @param isBegun whether there is something to lose. */
export function useUnfinished(isBegun = true): void {
  useEffect(() => {
    if (!isBegun) return undefined;
    const one = Symbol('unfinished');
    begun.add(one);
    tell();
    return () => {
      begun.delete(one);
      tell();
    };
  }, [isBegun]);
}

/** Returns whether there is something that would be lost. */
export const useHasUnfinished = (): boolean => useSyncExternalStore(watch, () => begun.size > 0);

function watch(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
