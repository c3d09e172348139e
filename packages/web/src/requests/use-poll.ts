import { useEffect, useRef } from 'react';
import { useFeedStatus } from '../feed/hooks.ts';
import { Pause } from '../pause.ts';

/** The longest pause after a request that failed, in milliseconds. */
const LONGEST_PAUSE_MS = 30_000;

/**
 * Asks again and again, for what has no events: while the component is shown, its tab is seen and the master is reached. A request that
 * is under way when the component goes is cancelled.
 *
 * @param key what is asked for; when it changes, the next request begins at once.
 * @param ask one request. It shows what it gets, also that it failed.
 * @throws nothing: an error of `ask` only makes the pause longer.
 */
export function usePoll(key: string, everyMs: number, ask: (signal: AbortSignal) => Promise<void>): void {
  const isLive = useFeedStatus().phase === 'live';
  const latest = useRef(ask);
  latest.current = ask;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what is asked for
  useEffect(() => {
    if (!isLive) return;
    const ending = new AbortController();
    const pause = new Pause();
    const wake = () => pause.end();
    document.addEventListener('visibilitychange', wake);
    ending.signal.addEventListener('abort', wake);
    void repeat(everyMs, pause, ending.signal, signal => latest.current(signal));
    return () => {
      document.removeEventListener('visibilitychange', wake);
      ending.abort();
    };
  }, [key, everyMs, isLive]);
}

async function repeat(
  everyMs: number,
  pause: Pause,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  let wait = everyMs;
  while (!signal.aborted) {
    if (!document.hidden) {
      try {
        await ask(signal);
        wait = everyMs;
      } catch {
        wait = Math.min(wait * 2, LONGEST_PAUSE_MS);
      }
    }
    if (!signal.aborted) await pause.wait(wait);
  }
}
