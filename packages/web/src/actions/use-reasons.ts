import { useIsLive } from '../feed/use-is-live.ts';
import type { Action } from './action.ts';
import { useCan } from './can.ts';

const stale = 'The page is not connected to the master, and its data may be old. Actions wait until it is.';

/** Returns for each action why it cannot be done now; undefined: it can. */
export function useReasons<T>(actions: readonly Action<T>[], of: T): readonly (string | undefined)[] {
  const isLive = useIsLive();
  const verdicts = useCan(
    actions.map(action => action.check(of)),
    actions.map(action => action.state?.(of) ?? '').join(' '),
  );
  return actions.map((action, index) => {
    if (!isLive) return stale;
    // First, because the page knows it at once.
    const notNow = action.notNow?.(of);
    if (notNow !== undefined) return notNow;
    const { allowed, reason } = verdicts[index] ?? { allowed: true };
    return allowed ? undefined : (reason ?? 'You are not allowed to do this.');
  });
}
