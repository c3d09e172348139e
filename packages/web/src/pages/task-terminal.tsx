import { isTerminal, type Task } from '@meseta/protocol/browser';
import { lazy, type RefObject, Suspense, useRef, useState } from 'react';
import { useFeedStatus } from '../feed/hooks.ts';
import { endWords, type TerminalState } from '../terminal/connection.ts';
import { stateWord } from '../ui/format.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';

const TerminalView = lazy(() => import('../terminal/terminal-view.tsx'));

/** A terminal that was asked for. */
interface Opened {
  /** Another one each time. */
  readonly number: number;
  readonly line: string;
}

/** A shell, or another command, in the container of a task. It ends with the page. */
export function TaskTerminal({ task }: { readonly task: Task }) {
  const [line, setLine] = useState('');
  const [opened, setOpened] = useState<Opened>();
  const [state, setState] = useState<TerminalState>();
  const button = useRef<HTMLButtonElement>(null);
  const isLive = useFeedStatus().phase === 'live';
  const isOver = isTerminal(task.state);
  const isRunning = state?.phase === 'connecting' || state?.phase === 'open';
  const open = () => {
    setState({ phase: 'connecting' });
    setOpened({ number: (opened?.number ?? 0) + 1, line });
  };
  if (isOver && opened === undefined) {
    return (
      <Notice title={`The task has ended (${stateWord(task.state)})`}>
        <p>A terminal runs in the container of a task, which is gone. What the task wrote is in its files.</p>
      </Notice>
    );
  }
  return (
    <>
      <form
        className="terminal-bar"
        onSubmit={event => {
          event.preventDefault();
          if (!isRunning) open();
        }}
      >
        <input
          aria-label="Command"
          placeholder="a command; empty: a shell"
          value={line}
          disabled={isRunning}
          onChange={event => setLine(event.target.value)}
        />
        {isRunning ? (
          <button type="button" ref={button} onClick={() => end(setOpened, setState)}>
            End it
          </button>
        ) : (
          <OpenButton button={button} isAgain={opened !== undefined} isOver={isOver} isLive={isLive} />
        )}
        <span role="status">{state && words(state)}</span>
      </form>
      {state?.phase === 'failed' && (
        <Notice kind="alert" title="The terminal cannot be opened">
          <p>
            {state.problem.message} {state.problem.code && <code>{state.problem.code}</code>}
          </p>
        </Notice>
      )}
      {opened && state?.phase !== 'failed' && (
        <>
          <Suspense fallback={<Skeleton label="Loading the terminal" />}>
            <TerminalView
              key={opened.number}
              target={{
                ...{ agentId: task.agent_id.value, frameworkId: task.framework_id.value },
                ...{ taskId: task.task_id.value, line: opened.line },
              }}
              onState={setState}
              onLeave={() => button.current?.focus()}
            />
          </Suspense>
          <p className="quiet">
            <kbd>Ctrl</kbd>+<kbd>Shift</kbd>+<kbd>↑</kbd> leaves the terminal by keyboard. <kbd>Ctrl</kbd>+<kbd>C</kbd>{' '}
            copies what is selected, <kbd>Ctrl</kbd>+<kbd>V</kbd> pastes. The command ends when you leave this page.
          </p>
        </>
      )}
    </>
  );
}

function OpenButton(props: {
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly isAgain: boolean;
  readonly isOver: boolean;
  readonly isLive: boolean;
}) {
  const { button, isAgain, isOver, isLive } = props;
  const reason = isOver ? 'The task has ended' : isLive ? undefined : 'The master cannot be reached';
  return (
    <button type="submit" ref={button} disabled={reason !== undefined} title={reason}>
      {isAgain ? 'Open it again' : 'Open'}
    </button>
  );
}

function end(setOpened: (opened: undefined) => void, setState: (state: undefined) => void): void {
  setOpened(undefined);
  setState(undefined);
}

function words(state: TerminalState): string {
  switch (state.phase) {
    case 'connecting':
      return 'Connecting';
    case 'open':
      return 'Connected';
    case 'ended':
      return endWords(state.end);
    case 'failed':
      return '';
    default:
      throw new Error(`unhandled state ${state satisfies never}`);
  }
}
