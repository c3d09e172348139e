import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { addresses } from '../addresses.ts';
import { ProblemText } from '../answers/trouble.tsx';
import { useAnswer } from '../answers/use-answer.ts';
import { useObject } from '../feed/hooks.ts';
import { Poll } from '../requests/poll.ts';
import { asRequestError, type RequestProblem } from '../requests/request.ts';
import { taskKey } from '../store/keys.ts';
import { useNow } from '../ui/clock.ts';
import { moment } from '../ui/format.ts';
import { Notice } from '../ui/notice.tsx';
import type { RunValues } from './run-form.ts';
import { cancelTask, type RunTaken, type WaitingTask, waitingTask } from './run-request.ts';

/** How often the master is asked for a task that waits, in milliseconds: its events do not have it. */
const EVERY_MS = 1000;
/** How many answers in a row may be without the task, while it is not launched: its event is on its way. */
const MOST_MISSED = 10;

const lost =
  'The master does not know the task: another one leads since it was taken. What was not launched then is to be run again.';

/** Shown from the master's answer until the task is launched, and then goes to its page. */
export function RunWait(props: {
  readonly taken: RunTaken;
  /** What was asked for. */
  readonly values: RunValues;
  readonly onOver: (why: string) => void;
}) {
  const { taken, values, onOver } = props;
  const { framework_id, task_ids } = taken;
  const [id = ''] = task_ids;
  const navigate = useNavigate();
  const isLaunched = useObject('tasks', taskKey(framework_id, id))?.row !== undefined;
  const { answer: { task, missed } = { missed: 0 }, problem } = useWaiting(taken);
  const [refusal, setRefusal] = useState<RequestProblem>();
  const now = useNow();
  const to = task_ids.length > 1 ? addresses.framework(framework_id) : addresses.task(framework_id, id);
  useEffect(() => {
    if (isLaunched) void navigate({ to, replace: true });
  }, [isLaunched, navigate, to]);
  const over = task?.message ?? (missed > MOST_MISSED ? lost : undefined);
  useEffect(() => {
    if (over !== undefined) onOver(over);
  }, [over, onOver]);
  const cancel = () => {
    cancelTask(framework_id, id).catch(error => setRefusal(asRequestError(error)));
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
      {problem && (
        <p className="field-problem">
          <ProblemText problem={problem} />
        </p>
      )}
      {refusal && (
        <p className="field-problem" role="alert">
          <ProblemText problem={refusal} />
        </p>
      )}
      <p>
        <Link to={addresses.framework(framework_id)}>The framework that runs it</Link>
      </p>
      <p>
        <Link to={addresses.why()} search={{ framework: framework_id, ...sizeOf(values) } as never}>
          Why is it not placed?
        </Link>
      </p>
      {task_ids.length === 1 && (
        <button type="button" onClick={cancel} disabled={task?.state !== 'WAITING'}>
          Give it up
        </button>
      )}
    </Notice>
  );
}

/** Returns the role and the size of an offer with room for the task, as the page that explains has them in its address. */
function sizeOf({ role, cpus, mem, disk, gpus }: RunValues): Readonly<Record<string, string>> {
  const given = Object.entries({ role: role || '*', cpus, mem, disk, gpus }).map(([name, text]) => [name, text.trim()]);
  return Object.fromEntries(given.filter(([, text]) => text !== '' && Number(text) !== 0));
}

/** What is known of a task that waits. */
interface Waiting {
  readonly task: WaitingTask | undefined;
  /** How many answers in a row were without it. */
  readonly missed: number;
}

function useWaiting(taken: RunTaken) {
  const poll = useMemo(
    () =>
      new Poll<Waiting>({
        everyMs: EVERY_MS,
        async ask(signal, last) {
          const task = await waitingTask(taken, signal);
          return task ? { task, missed: 0 } : { task: last?.task, missed: (last?.missed ?? 0) + 1 };
        },
      }),
    [taken],
  );
  return useAnswer(poll);
}
