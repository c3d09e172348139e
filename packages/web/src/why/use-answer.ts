import { useCallback, useEffect, useState } from 'react';
import { masterFetch } from '../session/master-fetch.ts';
import { currentTime } from '../ui/clock.ts';

/** Why the master gave no answer that can be shown. */
export interface AnswerProblem {
  readonly message: string;
  /** Undefined: there was no answer at all. */
  readonly status?: number;
  readonly code?: string;
}

/** The last answer to a question, and what became of the last attempt. */
export interface Answered<T> {
  /** Stays while the question is asked again, and when that fails. */
  readonly answer?: T;
  /** When it was true, milliseconds since the epoch. */
  readonly answeredAt?: number;
  readonly problem?: AnswerProblem;
  readonly isAsking: boolean;
  /** The number of attempts that have failed one after the other. */
  readonly failures: number;
  ask(): void;
}

type State<T> = Omit<Answered<T>, 'ask'> & { readonly url?: string | undefined };

const initial = { isAsking: true, failures: 0 };

/**
 * Asks the master for what is not in its events, with GET. Leaving the page, or another question, cancels.
 *
 * @param url undefined: nothing is asked.
 * @param everyMs how often it asks again while the page is visible; undefined: on request only.
 */
export function useAnswer<T>(url: string | undefined, everyMs?: number): Answered<T> {
  const [state, setState] = useState<State<T>>(initial);
  const [round, setRound] = useState(0);
  const ask = useCallback(() => setRound(each => each + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round asks again
  useEffect(() => {
    if (url === undefined) return;
    const abort = new AbortController();
    setState(before => (before.url === url ? { ...before, isAsking: true } : another(before, url)));
    fetchAnswer<T>(url, abort.signal).then(
      answer => setState({ url, answer, answeredAt: currentTime(), isAsking: false, failures: 0 }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const problem = error instanceof AnswerError ? error.problem : { message: 'The master cannot be reached.' };
        setState(before => ({ ...before, problem, isAsking: false, failures: before.failures + 1 }));
      },
    );
    return () => abort.abort();
  }, [url, round]);
  useEffect(() => {
    if (url === undefined || everyMs === undefined) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && ask(), everyMs);
    return () => clearInterval(timer);
  }, [url, everyMs, ask]);
  return { ...state, ask };
}

/** Keeps the answer to the question before, and forgets what went wrong with it. */
function another<T>({ answer, answeredAt }: State<T>, url: string): State<T> {
  return { ...initial, url, ...(answer !== undefined && { answer }), ...(answeredAt !== undefined && { answeredAt }) };
}

class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly problem: AnswerProblem;

  constructor(problem: AnswerProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

async function fetchAnswer<T>(url: string, signal: AbortSignal): Promise<T> {
  const response = await masterFetch(url, { signal, headers: { Accept: 'application/json' } });
  if (response.ok) return (await response.json()) as T;
  const code = response.headers.get('Meseta-Error');
  const message = (await response.text()).slice(0, 1000) || `${response.status} ${response.statusText}`;
  throw new AnswerError({ message, status: response.status, ...(code && { code }) });
}
