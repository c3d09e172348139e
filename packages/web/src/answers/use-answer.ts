import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { useIsLive } from '../feed/hooks.ts';
import { type Answered, noAnswer, Poll } from '../requests/poll.ts';
import { getJson } from '../requests/request.ts';
import { expectShape, type Shape } from '../requests/shape.ts';
import { usePrincipal } from '../session/hooks.ts';

/** What is known of a question, and what asks it again. */
export interface Answer<T> extends Answered<T> {
  refresh(): void;
}

/**
 * Returns the last answer to a question, now and when there is another one. It is asked while the component is there, and anew when
 * another master may lead or another user has signed in.
 *
 * @param whileLive it is asked only while the page follows the master. What is known stays meanwhile.
 */
export function useAnswer<T>(poll: Poll<T>, { whileLive = false } = {}): Answer<T> {
  const isLive = useIsLive();
  const user = usePrincipal();
  const isAsked = isLive || !whileLive;
  const subscribe = useCallback(
    (listener: () => void) => (isAsked ? poll.onChange(listener) : () => undefined),
    [poll, isAsked],
  );
  const state = useSyncExternalStore(subscribe, () => poll.state);
  const wasLive = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another poll asks by itself; another user is answered otherwise
  useEffect(() => {
    if (!isLive) return;
    if (!whileLive && (wasLive.current || poll.state.problem)) void poll.refresh();
    wasLive.current = true;
  }, [isLive, user]);
  return useMemo(() => ({ ...state, refresh: () => void poll.refresh() }), [state, poll]);
}

/**
 * Returns the answer at an address. The answer at the address before stays until there is one.
 *
 * @param url undefined: nothing is asked.
 * @param shape of answers, the same object each time.
 */
export function useJson<T>(url: string | undefined, shape: Shape, everyMs?: number): Answer<T> {
  const known = useRef<Answered<T>>(undefined);
  const poll = useMemo(() => {
    const ask = async (signal: AbortSignal) =>
      url === undefined ? noAnswer<T>() : expectShape<T>(await getJson<unknown>(url, signal), shape);
    return new Poll<T>({ ask, known: known.current, ...(everyMs !== undefined && { everyMs }) });
  }, [url, shape, everyMs]);
  const answer = useAnswer(poll);
  known.current = answer;
  return answer;
}
