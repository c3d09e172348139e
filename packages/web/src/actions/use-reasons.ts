import { useIsLive, useStatusPart } from '../feed/hooks.ts';
import { useCan } from '../permissions/can.ts';
import type { Check } from '../permissions/permissions.ts';
import type { Action, Values } from './action.ts';

const stale = 'The page is not connected to the master, and its data may be old. Actions wait until it is.';
const moved = 'Another master leads: this can be done there, and not from this page.';

/** What permits an action. */
type Permitted<T> = Pick<Action<T>, 'check' | 'state' | 'notNow'>;

/** Returns for each action why it cannot be done now; undefined: it can. @param values of the form of the one that is open. */
export function useReasons<T>(
  actions: readonly Permitted<T>[],
  of: T,
  values?: Values,
): readonly (string | undefined)[] {
  const isLive = useIsLive();
  const isMoved = useStatusPart(({ problem }) => problem?.code === 'NOT_LEADING');
  const verdicts = useCan(
    actions.map(action => action.check(of, values)),
    actions.map(action => action.state?.(of) ?? '').join(' '),
  );
  return actions.map((action, index) => {
    if (!isLive) return isMoved ? moved : stale;
    // First, because the page knows it at once.
    const notNow = action.notNow?.(of);
    if (notNow !== undefined) return notNow;
    const { allowed, reason } = verdicts[index] ?? { allowed: true };
    return allowed ? undefined : (reason ?? 'You are not allowed to do this.');
  });
}

/**
 * Returns why something that is no {@link Action} cannot be done now; undefined: it can.
 *
 * @param of.state of the thing, on which the answer depends. Default: none.
 * @param of.notNow what the page knows by itself to be in the way.
 */
export function useReason(
  check: Check,
  of: { readonly state?: string; readonly notNow?: string | undefined } = {},
): string | undefined {
  const { state = '', notNow } = of;
  const action: Permitted<Check> = {
    check: each => each,
    state: () => state,
    notNow: () => notNow,
  };
  const [reason] = useReasons([action], check);
  return reason;
}
