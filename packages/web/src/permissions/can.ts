/** What the user may do: asked of the master in batches, and kept until the cluster's state or the session changes. */
import { useEffect, useSyncExternalStore } from 'react';
import { useIsLive } from '../feed/hooks.ts';
import { asRequestError, jsonIn, postJson } from '../requests/request.ts';
import { expectShape, type Shape } from '../requests/shape.ts';
import { usePrincipal } from '../session/hooks.ts';
import { type Check, keyOf, Permissions, type Verdict } from './permissions.ts';

const shape: Shape = { answers: [{ allowed: 'boolean', 'reason?': 'string' }] };

const permissions = new Permissions(async checks => {
  try {
    const answer = await jsonIn(await postJson('/ui/can', { checks }));
    return expectShape<{ readonly answers: readonly Verdict[] }>(answer, shape).answers;
  } catch (error) {
    if (asRequestError(error).status === 404) return undefined;
    throw error;
  }
});

/** Forgets what the user may do: the master has refused what was thought to be allowed. It is asked again. */
export function forgetPermissions(): void {
  permissions.forget();
}

/**
 * Returns for each check whether the user may do it, and why not, in the same order. What is not known yet, or cannot be asked, is
 * allowed: the master checks again when it is done.
 *
 * @param state of the thing that the checks are about: another one is asked about again.
 */
export function useCan(checks: readonly (Check | undefined)[], state = ''): readonly Verdict[] {
  const isLive = useIsLive();
  const user = usePrincipal();
  useEffect(() => permissions.connected(isLive), [isLive]);
  useEffect(() => permissions.isOf(user), [user]);
  useSyncExternalStore(
    listener => permissions.onChange(listener),
    () => permissions.version,
  );
  const keys = checks.map(check => check && keyOf(check, state)).join('\n');
  const { version } = permissions;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the keys are the checks; a new version may have forgotten them
  useEffect(
    () =>
      permissions.want(
        checks.filter(check => check !== undefined),
        state,
      ),
    [keys, version],
  );
  return checks.map(check => (check && permissions.of(check, state)) ?? { allowed: true });
}
