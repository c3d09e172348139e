import { isTerminal, type Task } from '@meseta/protocol/browser';
import { lazy, Suspense, useRef, useState } from 'react';
import { useReason } from '../actions/use-reasons.ts';
import { Trouble } from '../answers/trouble.tsx';
import { useObject } from '../feed/hooks.ts';
import { endWords, type TerminalState } from '../terminal/connection.ts';
import { wordOf } from '../ui/format.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';
import { ReasonButton } from '../ui/reason-button.tsx';
import { TextInput } from '../ui/text-input.tsx';
import { useUnfinished } from '../unfinished.ts';

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
  // Also one that has ended: what it shows is nowhere else.
  useUnfinished(opened !== undefined);
  const isOver = isTerminal(task.state);
  const agent = useObject('agents', task.agent_id.value)?.row;
  const reason = useReason(
    { action: 'exec', framework_id: task.framework_id.value, task_id: task.task_id.value },
    { state: `${task.state} ${agent?.state}`, notNow: isOver ? 'The task has ended.' : undefined },
  );
  const isRunning = state?.phase === 'connecting' || state?.phase === 'open';
  const open = () => {
    setState({ phase: 'connecting' });
    setOpened({ number: (opened?.number ?? 0) + 1, line });
  };
  if (isOver && opened === undefined) {
    return (
      <Notice title={`The task has ended (${wordOf(task.state)})`}>
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
          if (!isRunning && reason === undefined) open();
        }}
      >
        <TextInput
          aria-label="Command"
          placeholder="a command; empty: a shell"
          value={line}
          disabled={isRunning}
          onChange={setLine}
        />
        {isRunning ? (
          <button type="button" ref={button} onClick={() => end(setOpened, setState)}>
            End it
          </button>
        ) : (
          <ReasonButton reason={reason} button={button}>
            {opened === undefined ? 'Open' : 'Open it again'}
          </ReasonButton>
        )}
        <span role="status">{state && words(state)}</span>
      </form>
      {state?.phase === 'failed' && <Trouble title="The terminal cannot be opened" problem={state.problem} />}
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
