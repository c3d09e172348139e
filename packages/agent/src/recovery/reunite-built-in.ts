/** Brings executors that run in the agent, their tasks, and the containers of these together again. */
import { containerKey, type RecoveredContainer, type Recovery } from '@meseta/containers';
import { checkHistory, type KnownCommandTask } from '@meseta/tasks';
import type { RegisteredContext } from '../context.ts';
import { BuiltInExecutor } from '../executors/built-in/built-in-executor.ts';
import { commandExecutor } from '../executors/built-in/command-executor.ts';
import { Pod, type RecoveredPodTask } from '../executors/built-in/pod.ts';
import { endContainer } from '../executors/container-end.ts';
import { executorForHooks } from '../isolation/container-config.ts';
import { updateContainer, updateRecovered } from '../isolation/update.ts';
import { settle } from '../settle.ts';
import type { Executor } from '../state/executor.ts';
import { sendAgentStatus } from '../task-updates.ts';
import { killRecord, type TaskRecord } from './read-task.ts';
import type { Restored } from './restore.ts';

/** What Mesos says of tasks whose containers are gone, as after a reboot. */
const unknownContainer = 'Abnormal executor termination: unknown container';
const notLaunched = 'The task was not launched: the agent ended before';

/** Brings a command task and its container together again. */
export async function reuniteCommand(
  context: RegisteredContext,
  { framework, executor, record }: Restored,
  container: RecoveredContainer | undefined,
): Promise<void> {
  const { containerizer } = context;
  const [task] = record.tasks;
  const end = () => endContainer(context, framework.info, executor, executorForHooks(executor, task?.info));
  const builtIn = () => new BuiltInExecutor({ context, framework, executor }, commandExecutor);
  const alive = task && executor.launchedTasks.has(task.info.task_id.value);
  if (!alive) {
    executor.state = 'TERMINATED'; // its end was reported before; or it was never stored, and so never launched
    await end();
    await containerizer.remove(executor.container);
    return settle(context, framework, executor);
  }
  const termination = container && !container.running ? await containerizer.wait(executor.container) : undefined;
  if (!container || termination?.exit.kind === 'not-started') {
    if (task.hooks) {
      await end();
      return builtIn().lost(task, unknownContainer);
    }
    executor.state = 'TERMINATED';
    await end();
    await sendAgentStatus(context, framework, task.info.task_id.value, executor, {
      state: 'TASK_FAILED',
      reason: 'REASON_EXECUTOR_TERMINATED',
      message: unknownContainer,
    });
    return containerizer.remove(executor.container);
  }
  if (container.running) await updateRecovered(context, executor, task.info);
  const supervision = builtIn();
  const known = knownTask(task, container);
  supervision.recover(task, known);
  if (known.running !== undefined) containerizer.takeDescription?.(executor.container); // TASK_RUNNING was stored with it
  if (context.flags.recover === 'cleanup') supervision.shutdown();
}

/** Brings a pod, its tasks and their containers together again. */
export async function reunitePod(
  context: RegisteredContext,
  { framework, executor, record }: Restored,
  containers: Recovery['containers'],
): Promise<void> {
  const container = containers.get(containerKey(executor.container));
  if (container?.running) await updateContainer(context, executor);
  const tasks = await Promise.all(record.tasks.map(task => podTask(context, executor, task, containers)));
  new Pod({ context, framework, executor }).recover(tasks, { isRunning: container?.running ?? false });
}

async function podTask(
  { containerizer }: RegisteredContext,
  executor: Executor,
  task: TaskRecord,
  containers: Recovery['containers'],
): Promise<RecoveredPodTask> {
  const { info, updates, group } = task;
  const container = group && { value: group.container, parent: executor.container };
  const recorded = { ...task, container, state: updates.at(-1)?.status.state };
  if (!executor.launchedTasks.has(info.task_id.value)) return recorded;
  const found = container && containers.get(containerKey(container));
  const termination = container && found?.running === false ? await containerizer.wait(container) : undefined;
  const wasStarted = found !== undefined && termination?.exit.kind !== 'not-started';
  if (wasStarted) return { ...recorded, known: knownTask(task, found) };
  const ran = updates.some(({ status }) => status.state === 'TASK_RUNNING');
  return { ...recorded, known: { lost: ran ? unknownContainer : notLaunched } };
}

/** What is known of a task whose container was found. */
function knownTask(
  { info, updates, kill: recorded }: TaskRecord,
  { running: isRunning }: RecoveredContainer,
): Omit<KnownCommandTask, 'fired'> {
  const running = updates.find(({ status }) => status.state === 'TASK_RUNNING');
  const killing = updates.some(({ status }) => status.state === 'TASK_KILLING');
  const kill = recorded ?? (killing ? killRecord({ state: 'TASK_KILLED' }, info) : undefined);
  const starting = updates.some(({ status }) => status.state === 'TASK_STARTING');
  const sinceMs = running && running.timestamp * 1000;
  const checked =
    sinceMs &&
    checkHistory(
      updates.map(({ status }) => status),
      sinceMs,
    );
  return { starting, running: sinceMs, ...(checked && { checked }), kill, ended: !isRunning };
}
