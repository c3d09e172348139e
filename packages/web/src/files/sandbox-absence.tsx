import { isTerminal, type Task } from '@meseta/protocol/browser';
import { useJson } from '../answers/use-answer.ts';
import { executorPath } from '../logs/sandbox-path.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';
import { browseUrl } from './listing.ts';

/** Says why a file or a directory of a task is not there: the agent is asked whether the sandbox is. */
export function SandboxAbsence(props: {
  readonly task: Task;
  readonly thing: 'file' | 'directory';
  /** Of the thing, on the agent. */
  readonly path: string;
  readonly onRetry: () => void;
}) {
  const { task, thing, path, onRetry } = props;
  const root = executorPath(task);
  const sandbox = useJson<unknown>(browseUrl(task.agent_id.value, root), 'any');
  const isThere = sandbox.problem === undefined && sandbox.answer !== undefined;
  if (!isThere && sandbox.problem === undefined) {
    return <Skeleton lines={2} label="Looking for the sandbox" waitsFor="The agent" />;
  }
  const isInside = path === root || path.startsWith(`${root}/`);
  const isMissing = sandbox.problem?.status === 404;
  const { title, text } = wordsFor({ task, thing, isInside, isThere, isMissing });
  const again = () => {
    sandbox.refresh();
    onRetry();
  };
  return (
    <Notice kind="alert" title={title}>
      <p>{text}</p>
      <button type="button" onClick={again}>
        Try again
      </button>
    </Notice>
  );
}

function wordsFor(of: {
  readonly task: Task;
  readonly thing: string;
  readonly isInside: boolean;
  readonly isThere: boolean;
  readonly isMissing: boolean;
}): { readonly title: string; readonly text: string } {
  const { task, thing, isInside, isThere, isMissing } = of;
  const isOver = isTerminal(task.state);
  if (isMissing && !isOver) {
    return { title: 'The sandbox is not there', text: 'The agent has not made it yet, or something has removed it.' };
  }
  if (isMissing && !(task.statuses ?? []).some(({ container_status }) => container_status?.container_id)) {
    return {
      title: 'The task has no sandbox',
      text: 'It ended before it had a container, as far as its statuses say.',
    };
  }
  if (isMissing) {
    return {
      title: 'The sandbox was garbage-collected',
      text: "The agent has removed the files of the task. It does so some time after the end of the task (the agent's --gc_delay), and sooner when its disk fills up.",
    };
  }
  if (!isInside) {
    return {
      title: `The agent shows no such ${thing}`,
      text: 'It is not there any more, or it is in no sandbox: agents show nothing else.',
    };
  }
  if (!isThere) return { title: `The ${thing} is not there`, text: 'The agent does not say whether the sandbox is.' };
  return {
    title: `The sandbox has no such ${thing}`,
    text: isOver
      ? 'The task did not write it, or has removed it.'
      : 'The task has not written it yet, or has removed it.',
  };
}
