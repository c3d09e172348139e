import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { addresses } from '../addresses.ts';
import { useObject } from '../feed/hooks.ts';
import { taskKey } from '../store/keys.ts';
import { useNow } from '../ui/clock.ts';
import { moment } from '../ui/format.ts';
import { Notice } from '../ui/notice.tsx';
import { cancelTask, RunProblem, type RunTaken, type WaitingTask, waitingTask } from './run-request.ts';

/** The time between two looks at a task that waits: the master's events do not have it. */
const pauseMs = 1000;
/** For so many looks the task may be neither waiting nor there: its event is on its way. */
const patience = 10;

const lost =
  'The master does not know the task: another one leads since it was taken. What was not launched then is to be run again.';

/** Shown from the master's answer until the task is launched, and then goes to its page. */
export function RunWait({ taken, onOver }: { readonly taken: RunTaken; readonly onOver: (why: string) => void }) {
  const { framework_id, task_ids } = taken;
  const [id = ''] = task_ids;
  const navigate = useNavigate();
  const launched = useObject('tasks', taskKey(framework_id, id))?.row !== undefined;
  const { task, problem } = useWaiting(taken, onOver);
  const [refusal, setRefusal] = useState<string>();
  const now = useNow(pauseMs);
  const to = task_ids.length > 1 ? addresses.framework(framework_id) : addresses.task(framework_id, id);
  useEffect(() => {
    if (launched) void navigate({ to, replace: true });
  }, [launched, navigate, to]);
  const cancel = () => {
    cancelTask(framework_id, id).catch((error: RunProblem) => setRefusal(`${error.message} (${error.code})`));
  };
  const words = task_ids.length > 1 ? `${task_ids.length} tasks wait for resources` : `${id} waits for resources`;
  return (
    <Notice title={words}>
      {task && (
        <p>
          Since {moment(task.since, now)}; given up at {moment(task.until, now)}. It is launched also when this page is
          closed.
        </p>
      )}
      {problem && <p className="run-problem">{problem}</p>}
      {refusal && <p className="run-problem">{refusal}</p>}
      <p>
        <Link to={addresses.framework(framework_id)}>The framework that runs it</Link>
      </p>
      <p>
        <code>meseta why {framework_id}</code> says for each agent why it is not launched there.
      </p>
      {task_ids.length === 1 && (
        <button type="button" onClick={cancel} disabled={task?.state !== 'WAITING'}>
          Give it up
        </button>
      )}
    </Notice>
  );
}

/** Looks at a task again and again until it is over. */
function useWaiting(taken: RunTaken, onOver: (why: string) => void) {
  const [task, setTask] = useState<WaitingTask>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let missing = 0;
    const look = async () => {
      try {
        const found = await waitingTask(taken, stop.signal);
        if (stop.signal.aborted) return;
        missing = found ? 0 : missing + 1;
        setProblem(undefined);
        if (found) setTask(found);
        if (found?.message !== undefined) return onOver(found.message);
        if (missing > patience) return onOver(lost);
      } catch (error) {
        if (stop.signal.aborted) return;
        setProblem(error instanceof RunProblem ? `${error.message} (${error.code})` : String(error));
      }
      timer = setTimeout(() => void look(), pauseMs);
    };
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [taken, onOver]);
  return { task, problem };
}
