import { useSessionState } from './hooks.ts';

/** Returns the principal that is signed in; undefined: not known, or nobody. */
export function usePrincipal(): string | undefined {
  const state = useSessionState();
  return state.phase === 'signed-in' ? state.principal : undefined;
}
