import type { ReactNode } from 'react';
import { Trouble } from '../answers/trouble.tsx';
import type { RequestProblem } from '../requests/request.ts';

/** Makes what is shown in the place of a file or a directory that is not there. @param onRetry reads it again. */
export type Absence = (onRetry: () => void) => ReactNode;

/** Says why a file or a directory of an agent cannot be read. */
export function FileTrouble(props: {
  readonly thing: 'file' | 'directory';
  readonly problem: RequestProblem;
  readonly absence: Absence;
  readonly onRetry: () => void;
}) {
  const { thing, problem, absence, onRetry } = props;
  const { code, status } = problem;
  const isAway = code === 'AGENT_NOT_FOUND' || status === 502 || status === 504;
  if (status === 404 && !isAway) return absence(onRetry);
  const title = isAway ? 'The agent cannot be reached' : `The ${thing} cannot be read`;
  return <Trouble title={title} problem={problem} onRetry={onRetry} />;
}
