import { QueryClient, QueryClientProvider, type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Notice, Skeleton } from '../ui/notice.tsx';
import { RequestError } from './operator.ts';

/** What a page asks for that has no events. */
export interface Question<T> {
  /** Its name in the cache; the same name is the same question. */
  readonly key: readonly string[];
  /** How often it is asked again, in milliseconds. */
  readonly everyMs: number;
  ask(signal: AbortSignal): Promise<T>;
}

/** Asks, and asks again while the component is there. An answer is kept when a later question fails. */
export function useAnswer<T>({ key, everyMs, ask }: Question<T>): UseQueryResult<T, Error> {
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => ask(signal),
    refetchInterval: everyMs,
    // A refusal is shown at once, with a button.
    retry: false,
  });
}

/** Gives questions their cache. */
export function AnswerCache({ children }: { readonly children: ReactNode }) {
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}

const client = new QueryClient();

/** Shows an answer when it is there, and before that a place for it or why there is none. */
export function Answered<T>(props: {
  /** What is asked for, to be said when that fails: `The schedule`. */
  readonly what: string;
  readonly answer: UseQueryResult<T, Error>;
  readonly lines?: number;
  readonly children: (data: T) => ReactNode;
}) {
  const { what, answer, lines = 4, children } = props;
  const { data, error, refetch } = answer;
  if (data === undefined && error === null) return <Skeleton lines={lines} label={`Loading ${what.toLowerCase()}`} />;
  return (
    <>
      {error && <Trouble what={`${what} cannot be read`} error={error} isOld={data !== undefined} retry={refetch} />}
      {data !== undefined && children(data)}
    </>
  );
}

/** Says that something has failed, in the words of the daemon that refused it. */
function Trouble(props: {
  readonly what: string;
  readonly error: Error;
  readonly isOld: boolean;
  readonly retry: () => unknown;
}) {
  const { what, error, isOld, retry } = props;
  return (
    <Notice kind="alert" title={what}>
      <p>
        <ErrorText error={error} /> {isOld && 'What is shown is from before.'}
      </p>
      <button type="button" onClick={() => void retry()}>
        Try again
      </button>
    </Notice>
  );
}

/** An error in the words of the daemon, with its code. */
export function ErrorText({ error }: { readonly error: Error }) {
  const { code, status } = error instanceof RequestError ? error : {};
  return (
    <>
      {status === 403 && 'You may not do this. '}
      {error.message} {code && <code>{code}</code>}
    </>
  );
}
