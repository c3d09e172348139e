import { Trouble } from '../answers/trouble.tsx';
import type { RequestProblem } from '../requests/request.ts';

/** Says why a file or a directory of an agent cannot be read. */
export function FileTrouble(props: {
  readonly thing: 'file' | 'directory';
  readonly problem: RequestProblem;
  readonly onRetry: () => void;
}) {
  const { thing, problem, onRetry } = props;
  return <Trouble title={titleOf(thing, problem)} problem={problem} onRetry={onRetry} />;
}

function titleOf(thing: string, { status, code }: RequestProblem): string {
  if (code === 'AGENT_NOT_FOUND' || status === 502 || status === 504) return 'The agent cannot be reached';
  if (status !== 404) return `The ${thing} cannot be read`;
  return `The ${thing} is not there: it is not written yet, or its sandbox was garbage-collected`;
}
