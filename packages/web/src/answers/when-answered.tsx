import type { ReactNode } from 'react';
import { useNow } from '../ui/clock.ts';
import { moment } from '../ui/format.ts';
import { Skeleton } from '../ui/notice.tsx';
import { Trouble } from './trouble.tsx';
import type { Answer } from './use-answer.ts';

/** Shows an answer when it is there, and before that a place for it or why there is none. It stays when a later attempt fails. */
export function WhenAnswered<T>(props: {
  /** What is asked for, to be said when that fails: `The schedule`. */
  readonly what: string;
  readonly answer: Answer<T>;
  /** Lines of the place. */
  readonly lines?: number;
  readonly children: (answer: T) => ReactNode;
}) {
  const { what, answer: answered, lines = 4, children } = props;
  const { answer, answeredAt, problem, failures, refresh } = answered;
  const now = useNow(60_000);
  if (answer === undefined && problem === undefined) {
    return <Skeleton lines={lines} label={`Loading ${what.charAt(0).toLowerCase()}${what.slice(1)}`} />;
  }
  const from = answeredAt === undefined ? '' : `, what is shown is from ${moment(answeredAt / 1000, now)}`;
  return (
    <>
      {problem && (
        <Trouble title={`${what} cannot be read${from}`} problem={problem} failures={failures} onRetry={refresh} />
      )}
      {answer !== undefined && children(answer)}
    </>
  );
}

/** Says how old an answer is, and asks again on request. */
export function AnswerAge({ of: { answeredAt, isRefreshing, refresh } }: { readonly of: Answer<unknown> }) {
  const now = useNow(60_000);
  if (answeredAt === undefined) return null;
  return (
    <p role="status">
      As of {moment(answeredAt / 1000, now)}.{' '}
      <button type="button" aria-disabled={isRefreshing} onClick={refresh}>
        {isRefreshing ? 'Asking …' : 'Ask again'}
      </button>
    </p>
  );
}
