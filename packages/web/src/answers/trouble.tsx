import type { ReactNode } from 'react';
import { isForbidden, type RequestProblem } from '../requests/request.ts';
import { Notice } from '../ui/notice.tsx';

/** A problem in the words of the daemon, with its code. */
export function ProblemWords({ problem: { message, code } }: { readonly problem: RequestProblem }) {
  return (
    <>
      {message} {code && <code>{code}</code>}
    </>
  );
}

/** The same, and before it that the user may not, if that is the problem. */
export function ProblemText({ problem }: { readonly problem: RequestProblem }) {
  return (
    <>
      {isForbidden(problem) && 'You may not do this. '}
      <ProblemWords problem={problem} />
    </>
  );
}

/** Says that something has failed, and tries it again on request. */
export function Trouble(props: {
  /** `The schedule cannot be read`. */
  readonly title: string;
  readonly problem: RequestProblem;
  /** How many attempts have failed, one after the other. */
  readonly failures?: number;
  /** Default: there is no button. */
  readonly onRetry?: () => void;
  readonly children?: ReactNode;
}) {
  const { title, problem, failures = 1, onRetry, children } = props;
  return (
    <Notice kind="alert" title={title}>
      <p>
        <ProblemText problem={problem} />
        {failures > 1 && ` Attempt ${failures}.`}
      </p>
      {children}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </Notice>
  );
}
