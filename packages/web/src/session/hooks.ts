import { createContext, use, useSyncExternalStore } from 'react';
import type { SessionClient } from './session-client.ts';
import type { SessionState } from './state.ts';

/** The session of the page. */
export const SessionContext = createContext<SessionClient | undefined>(undefined);

/** Returns the session of the page. @throws {Error} outside of {@link SessionContext}. */
export function useSession(): SessionClient {
  const session = use(SessionContext);
  if (session === undefined) throw new Error('There is no SessionContext around this component');
  return session;
}

/** Returns who is signed in. */
export function useSessionState(): SessionState {
  const session = useSession();
  return useSyncExternalStore(
    listener => session.onChange(listener),
    () => session.state,
  );
}

/** Returns the principal that is signed in; undefined: not known, or not signed in. */
export function usePrincipal(): string | undefined {
  const state = useSessionState();
  return state.phase === 'signed-in' ? state.principal : undefined;
}
