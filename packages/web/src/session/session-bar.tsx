import { useState } from 'react';
import { useSession, useSessionState } from './hooks.ts';

/** Says who is signed in, and signs out. Empty where the master does not authenticate; without "Sign out" where a proxy authenticates. */
export function SessionBar() {
  const session = useSession();
  const state = useSessionState();
  const [problem, setProblem] = useState<string>();
  if (state.phase !== 'signed-in') return null;
  return (
    <div className="session">
      {problem && (
        <span role="alert" className="session-problem">
          {problem}
        </span>
      )}
      <span>
        Signed in as <strong>{state.principal}</strong>
      </span>
      {state.canSignOut && (
        <button type="button" onClick={async () => setProblem((await session.signOut())?.message)}>
          Sign out
        </button>
      )}
    </div>
  );
}
