/** Who is signed in, as the master says. Pure. */

/** The answer to `GET /ui/session`. */
export interface SessionAnswer {
  readonly principal: string | null;
  /** Whether the master asks who sends requests. */
  readonly authentication: boolean;
  /** Whether the cookie says who it is, and not something between browser and master. */
  readonly session: boolean;
  /** The schemes in which it takes credentials. */
  readonly schemes: readonly string[];
}

/**
 * - `unknown`: the master has not answered yet.
 * - `open`: it does not authenticate.
 * - `signed-out`: it does, and does not know this browser, or not any more.
 */
export type SessionState =
  | { readonly phase: 'unknown' | 'open' }
  | { readonly phase: 'signed-in'; readonly principal: string; readonly canSignOut: boolean }
  | { readonly phase: 'signed-out'; readonly schemes: readonly string[]; readonly last: string | undefined };

/** Reads an answer of the master. Fields but the first two may be missing. */
export function sessionAnswer(value: unknown): SessionAnswer | undefined {
  const {
    principal,
    authentication,
    session = true,
    schemes = [],
  } = (value ?? {}) as Partial<Record<keyof SessionAnswer, unknown>>;
  if (typeof authentication !== 'boolean' || typeof session !== 'boolean' || !Array.isArray(schemes)) return undefined;
  if (principal !== null && typeof principal !== 'string') return undefined;
  return { principal, authentication, session, schemes: schemes.filter(scheme => typeof scheme === 'string') };
}

/**
 * Returns what an answer means after what was known.
 *
 * @param isOver the user has signed out, here or in another tab.
 */
export function stateAfter(before: SessionState, answer: SessionAnswer, isOver = false): SessionState {
  const { principal, authentication, session, schemes } = answer;
  if (!authentication) return { phase: 'open' };
  if (principal !== null) return { phase: 'signed-in', principal, canSignOut: session };
  return { phase: 'signed-out', schemes, last: isOver ? undefined : lastOf(before) };
}

/** Whether what is shown was for another user, or for one who has signed out: nothing of it may stay in the page. */
export function isOtherUser(before: SessionState, after: SessionState): boolean {
  const [shown, next] = [lastOf(before), lastOf(after)];
  return shown !== undefined && shown !== next;
}

function lastOf(state: SessionState): string | undefined {
  if (state.phase === 'signed-in') return state.principal;
  return state.phase === 'signed-out' ? state.last : undefined;
}
