import { useLocation } from '@tanstack/react-router';
import { useNow } from '../ui/clock.ts';
import { moment } from '../ui/format.ts';
import { Notice } from '../ui/notice.tsx';
import type { Answered } from './use-answer.ts';

/** Says how old an answer is, and asks again on request. An attempt that failed is named; the answer stays. */
export function AnswerStatus({ of: answered }: { readonly of: Answered<unknown> }) {
  const now = useNow(60_000);
  const { answeredAt, problem, isAsking, ask } = answered;
  if (answeredAt === undefined) return null;
  return (
    <p className="answer-status" role="status" data-tone={problem ? 'warning' : undefined}>
      As of {moment(answeredAt / 1000, now)}.{' '}
      {problem && (
        <>
          It cannot be brought up to date: {problem.message} {problem.code && <code>{problem.code}</code>}{' '}
        </>
      )}
      <button type="button" disabled={isAsking} onClick={ask}>
        {isAsking ? 'Asking …' : 'Ask again'}
      </button>
    </p>
  );
}

/** Stands in the place of an answer that never came. */
export function AnswerTrouble(props: { readonly of: Answered<unknown>; readonly attempt: string }) {
  const { problem, failures, ask } = props.of;
  const { href } = useLocation();
  if (!problem) return null;
  return (
    <Notice kind="alert" title={props.attempt}>
      <p>
        {problem.message} {problem.code && <code>{problem.code}</code>}
        {failures > 1 && ` Attempt ${failures}.`}
      </p>
      {problem.status === 401 ? (
        <a href={`/sign-in#${href}`}>Sign in</a>
      ) : (
        <button type="button" onClick={ask}>
          Try again
        </button>
      )}
    </Notice>
  );
}
