import { useJson } from '../answers/use-answer.ts';
import type { Shape } from '../requests/shape.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';

/** Flags of an agent, as `/flags` has them. */
interface Flags {
  readonly flags: Readonly<Record<string, string>>;
}

const shape: Shape = { flags: { '*': 'string' } };

/** The flags that make an agent show a log, the one that decides first. */
const names = ['external_log_file', 'log_dir'] as const;

/** Says why there is no log of an agent: it writes none, or the file has been removed. */
export function LogAbsence({ agentId, onRetry }: { readonly agentId: string; readonly onRetry: () => void }) {
  const { answer, problem } = useJson<Flags>(`/agents/${encodeURIComponent(agentId)}/flags`, shape);
  if (answer === undefined && problem === undefined) {
    return <Skeleton lines={2} label="Loading the flags of the agent" waitsFor="The agent" />;
  }
  const name = names.find(each => answer?.flags[each]);
  return (
    <Notice
      kind="alert"
      title={
        name !== undefined
          ? 'The log file is not there'
          : answer !== undefined
            ? 'This agent writes no log file'
            : 'The agent shows no log file'
      }
    >
      {name !== undefined ? (
        <p>
          The agent runs with{' '}
          <code>
            --{name}={answer?.flags[name]}
          </code>
          , and something has moved or removed the file.
        </p>
      ) : (
        <p>
          {answer === undefined && 'It writes none, or the file has been removed. '}
          To see its log here, start it with <code>--log_dir=DIRECTORY</code>, or with{' '}
          <code>--external_log_file=PATH</code> where something else writes its standard error to a file. Until then,
          its log is only on the standard error of its process.
        </p>
      )}
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </Notice>
  );
}
