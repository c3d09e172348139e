import { useSyncExternalStore } from 'react';
import { useFeed } from '../feed/hooks.ts';

/** Returns whether the page follows the master now. Unlike the whole status, it does not change with every event. */
export function useIsLive(): boolean {
  const feed = useFeed();
  return useSyncExternalStore(
    listener => feed.onStatus(listener),
    () => feed.status.phase === 'live',
  );
}
