import type { ReactNode } from 'react';
import { useCan } from '../permissions/can.ts';
import type { Check } from '../permissions/permissions.ts';
import { isForbidden, type RequestProblem } from '../requests/request.ts';
import { useNow } from '../ui/clock.ts';
import { moment } from '../ui/format.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';
import { ProblemWords, Trouble } from './trouble.tsx';
import type { Answer } from './use-answer.ts';

/** Shows an answer when it is there, and before that a place for it or why there is none. It stays when a later attempt fails. */
export function WhenAnswered<T>(props: {
  /** What is asked for, to be said when that fails: `The schedule`. */
  readonly what: string;
  readonly answer: Answer<T>;
  /** What the master is asked for the reason when the answer is refused to the user. Default: the words of the refusal suffice. */
  readonly check?: Check;
  /** Lines of the place. */
  readonly lines?: number;
  /** What answers: `The agent`. Default: the master. */
  readonly from?: string;
  readonly children: (answer: T) => ReactNode;
}) {
  const { what, answer: answered, check, lines = 4, from: waitsFor, children } = props;
  const { answer, answeredAt, problem, failures, refresh } = answered;
  const now = useNow(60_000);
  if (answer === undefined && problem === undefined) {
    return <Skeleton lines={lines} label={`Loading ${startingSmall(what)}`} {...(waitsFor && { waitsFor })} />;
  }
  // Also where there was an answer: it may have been for another user.
  if (problem && isForbidden(problem)) return <Withheld what={what} check={check} problem={problem} />;
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

/** Says that something is not shown to the user, and why. It is asked for again all the same. */
function Withheld(props: {
  readonly what: string;
  readonly check: Check | undefined;
  readonly problem: RequestProblem;
}) {
  const { what, check, problem } = props;
  const [can] = useCan([check]);
  return (
    <Notice title={`You may not see ${startingSmall(what)}`}>
      <p>{can?.reason ?? <ProblemWords problem={problem} />}</p>
    </Notice>
  );
}

const startingSmall = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

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
