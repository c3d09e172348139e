import {
  type ContainerInfo,
  checkId,
  type ExecutorId,
  type ExecutorInfo,
  type FrameworkId,
  type Resource,
  type TaskInfo,
} from '@meseta/protocol';
import type { AgentContext } from '../context.ts';
import type { ExecutorKind } from '../state/executor.ts';

/** What the executor of a command task is said to need: Mesos's DEFAULT_EXECUTOR_CPUS and _MEM. */
const commandExecutorResources = [
  ['cpus', 0.1],
  ['mem', 32],
] as const;

/** The command of built-in executors. There is no such program: the agent itself supervises the task. */
const builtIn = 'mesos-executor';

/** Commands up to this length are shown whole, of others so many characters. */
const longestShown = 15;
const shownLength = 12;

/**
 * Returns the executor of a task: the one that the task names, or the one that Mesos would make up for its command.
 * Frameworks and tools know command tasks by the id, name and source of that executor.
 *
 * @param defaultContainer of an executor that names no container: `--default_container_info`.
 * @throws {InvalidIdError} when its id cannot be a directory.
 * @see Mesos src/slave/slave.cpp, Slave::getExecutorInfo
 */
export function executorOf(
  task: TaskInfo,
  frameworkId: FrameworkId,
  defaultContainer?: ContainerInfo,
): { id: ExecutorId; info: ExecutorInfo } {
  if (task.executor) return describedExecutor(task.executor, frameworkId, defaultContainer);
  const taskId: string = task.task_id.value;
  const id: ExecutorId = checkId(taskId); // the same text, as an id of the other kind
  const role = allocationRole(task.resources);
  const container = task.container ?? defaultContainer;
  const info: ExecutorInfo = {
    executor_id: { value: id },
    framework_id: { value: frameworkId },
    command: { shell: false, value: builtIn, arguments: [builtIn] },
    resources: commandExecutorResources.map(([name, value]) => ({
      name,
      type: 'SCALAR',
      scalar: { value },
      ...(role === undefined ? {} : { allocation_info: { role } }),
    })),
    name: `Command Executor (Task: ${id}) (Command: ${commandText(task)})`,
    source: id,
    ...(container && { container }),
    ...(task.discovery ? { discovery: task.discovery } : {}),
    ...(task.labels ? { labels: task.labels } : {}),
  };
  return { id, info };
}

/** Returns an executor that a framework describes, as the agent launches it. Parameters as of {@link executorOf}. */
export function describedExecutor(
  described: ExecutorInfo,
  frameworkId: FrameworkId,
  defaultContainer?: ContainerInfo,
): { id: ExecutorId; info: ExecutorInfo } {
  const container = described.container ?? defaultContainer;
  const info = { ...described, framework_id: { value: frameworkId }, ...(container && { container }) };
  return { id: checkId(info.executor_id.value), info };
}

/** An executor that is to be launched for a task. */
export interface NewExecutor {
  readonly kind: ExecutorKind;
  readonly info: ExecutorInfo;
  /** The user of its command, if that names one. */
  readonly user: string | undefined;
}

/**
 * Decides which kind of executor a task gets, and completes its description: the containerizer may need a process that
 * executes a command task.
 *
 * @param info from {@link executorOf}.
 */
export function executorFor(
  { containerizer }: Pick<AgentContext, 'containerizer'>,
  task: TaskInfo,
  info: ExecutorInfo,
): NewExecutor {
  if (task.executor) return { kind: describedKind(info), info, user: info.command?.user };
  const command_info = task.command ?? {};
  const { user } = command_info;
  const { container: container_info } = info;
  const config = { directory: '', command_info, task_info: task, ...(container_info && { container_info }) };
  const command = containerizer.commandExecutor?.(config);
  if (command === undefined) return { kind: 'command', info, user };
  // As in Mesos, a program that looks no further than this runs the task with all that its command asks for.
  const { uris, environment, container } = command_info;
  const asked = { ...(uris && { uris }), ...(environment && { environment }), ...(container && { container }) };
  const own = { ...command, ...asked, ...(user !== undefined && { user }) };
  return { kind: 'command-process', info: { ...info, command: own }, user };
}

/** Returns the kind of an executor that an earlier agent wrote down. @param isGenerated for a command task. */
export function recordedKind(isGenerated: boolean | undefined, info: ExecutorInfo): ExecutorKind {
  const isBuiltIn = info.command?.value === builtIn;
  if (!(isGenerated ?? isBuiltIn)) return describedKind(info);
  return isBuiltIn ? 'command' : 'command-process';
}

/** Returns the kind of an executor that a framework describes. */
export function describedKind({ type }: ExecutorInfo): ExecutorKind {
  return type === 'DEFAULT' ? 'default' : 'custom';
}

/** Returns the role that a task's or executor's resources are allocated to. */
export function allocationRole(resources: readonly Resource[] | undefined): string | undefined {
  return resources?.find(({ allocation_info }) => allocation_info?.role !== undefined)?.allocation_info?.role;
}

function commandText({ command }: TaskInfo): string {
  const { value, arguments: argv = [] } = command ?? {};
  if (command?.shell ?? true) return value === undefined ? 'NO COMMAND' : `sh -c '${shorten(value)}'`;
  return value === undefined ? 'NO EXECUTABLE' : `[${shorten([value, argv.join(', ')].join(', '))}]`;
}

function shorten(text: string): string {
  return text.length > longestShown ? `${text.slice(0, shownLength)}...` : text;
}
