import { containerKey, type Termination } from '@meseta/containers';
import { endsWithin } from '@meseta/system';
import type { CommandTaskInput } from '@meseta/tasks';
import type { Executor } from '../../state/executor.ts';
import { describeExecutorEnd } from '../end.ts';
import { exitFields } from '../exit-fields.ts';
import { limitOf } from '../limit.ts';
import type { TaskHost, TaskTermination } from './task-host.ts';

/** How long a task's end waits for its last descendants: those that even SIGKILL does not reach must not hide it. */
const drainMs = 5000;
/** The end of an unknown container. */
const unknownEnd: Termination = { exit: { kind: 'unknown' } };

/** A task whose container is watched. */
export interface WatchedTask {
  readonly host: TaskHost;
  /** The container was being ended. */
  readonly isKilling: boolean;
  /** How far that is. */
  readonly taskKill: { readonly hard: Promise<void> };
  /** Ends the remaining processes of the container. */
  endContainer(): Promise<void>;
  feed(input: CommandTaskInput): void;
}

/** Waits for the end of a container's first process, sees to it that no other one outlives it, and feeds the end. */
export async function watchContainer(task: WatchedTask): Promise<void> {
  const { context, container, taskId } = task.host;
  const { containerizer, clock, log } = context;
  const { exit, limitation, message, executor }: TaskTermination = (await task.host.wait()) ?? unknownEnd;
  log.info('Command of task ended', { task_id: taskId, container_id: containerKey(container), ...exitFields(exit) });
  // A killed task is over when its last process is: all of them have the grace.
  if (task.isKilling) await Promise.race([containerizer.drained(container), task.taskKill.hard]);
  const over = task.endContainer();
  const written = task.isKilling ? undefined : containerizer.outputSettled?.(container); // who hears of the end can read all of it
  await endsWithin(clock, drainMs, containerizer.drained(container));
  await written;
  const destroyed = endedByAgent(task.host.executor);
  if (destroyed) return task.feed(destroyed);
  if (executor && !task.isKilling) return task.feed(endOfExecutor(executor));
  if (limitation === undefined) return task.feed({ type: 'exited', exit, ...(message !== undefined && { message }) });
  await over; // in Mesos it is part of the container's end, which is all that is known here
  const ofTask = task.host.inGroup && { exit };
  task.feed({ type: 'limited', message: limitation.message ?? '', limit: limitOf(limitation), ...ofTask });
}

/** Returns what the agent ended an executor for, if it did: that is the end of its tasks, however their processes ended. */
export function endedByAgent({ pendingTermination }: Executor): CommandTaskInput | undefined {
  const { state, reason, message = '' } = pendingTermination ?? {};
  return state && reason && { type: 'destroyed', state, reason, message };
}

/** The end of a task whose executor ended before it. */
function endOfExecutor({ exit, limitation }: Termination): CommandTaskInput {
  if (limitation === undefined) return { type: 'lost', message: describeExecutorEnd(exit) };
  return { type: 'limited', message: limitation.message ?? '', limit: limitOf(limitation) };
}
