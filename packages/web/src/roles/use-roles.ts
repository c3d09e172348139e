import { useEffect, useSyncExternalStore } from 'react';
import { useIsLive } from '../feed/use-is-live.ts';
import { masterFetch } from '../session/master-fetch.ts';
import { usePrincipal } from '../session/use-principal.ts';
import type { RoleView } from './role-view.ts';
import { RolesError, RolesReader, type RolesState } from './roles-reader.ts';

/** What is shown of an answer, in characters. */
const LONGEST = 1000;

/** The roles that all parts of the page show. */
export const rolesReader = new RolesReader({
  read,
  now: () => performance.timeOrigin + performance.now(),
  isSeen: () => document.visibilityState === 'visible',
});

/** Returns the roles, now and when they were read again. */
export function useRoles(): RolesState {
  const isLive = useIsLive();
  const user = usePrincipal();
  // Another master may lead, or another user have signed in.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each user sees other roles
  useEffect(() => {
    if (isLive) rolesReader.refresh();
  }, [isLive, user]);
  return useSyncExternalStore(
    listener => rolesReader.onChange(listener),
    () => rolesReader.state,
  );
}

/** The last answer. */
let last: { readonly text: string; readonly roles: readonly RoleView[] } | undefined;

async function read(signal: AbortSignal): Promise<readonly RoleView[]> {
  const options = { signal, credentials: 'same-origin', redirect: 'manual' } as const;
  const response = await masterFetch('/roles', options).catch(cause => {
    throw new RolesError('The master cannot be reached.', { cause });
  });
  if (response.type === 'opaqueredirect') throw new RolesError('Another master leads now.');
  if (!response.ok) {
    const { status, headers, statusText } = response;
    const code = headers.get('Meseta-Error');
    const text = (await response.text()).slice(0, LONGEST);
    throw new RolesError(text || `${status} ${statusText}`, { status, ...(code && { code }) });
  }
  const text = await response.text();
  if (last?.text !== text) last = { text, roles: (JSON.parse(text) as { roles: RoleView[] }).roles };
  return last.roles;
}
