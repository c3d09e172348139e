import { type Environment, type KnownContainer, nestedSandbox, withVariables } from '@meseta/containers';
import type { TaskInfo } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import type { GroupRecord } from '../executors/built-in/pod-operations.ts';
import { executorEnvironment } from '../executors/environment.ts';
import { checksRunCommands } from '../executors/launch.ts';
import { executorForHooks } from '../isolation/container-config.ts';
import { rememberVolumes } from '../isolation/volumes.ts';
import type { Executor } from '../state/executor.ts';
import type { TaskRecord } from './read-task.ts';
import type { Restored } from './restore.ts';

/** Describes the containers of an executor to the containerizer: its own, and those of a pod's tasks. */
export function knownContainers(context: RegisteredContext, restored: Restored): KnownContainer[] {
  const { executor, record } = restored;
  const own = knownContainer(context, restored);
  if (executor.kind !== 'default') return [own];
  const nested = record.tasks.flatMap(({ info, group, closed }) =>
    group && !closed ? [knownNested(context, executor, info, group)] : [],
  );
  return [own, ...nested];
}

function knownNested(
  { flags }: RegisteredContext,
  executor: Executor,
  { command, container }: TaskInfo,
  group: GroupRecord,
): KnownContainer {
  const id = { value: group.container, parent: executor.container };
  const user = flags.switch_user ? (command?.user ?? executor.user) : undefined;
  const directory = nestedSandbox(executor.directory, id);
  return { id, user, directory, ...(container && { container_info: container }) };
}

function knownContainer(context: RegisteredContext, { executor, record }: Restored): KnownContainer {
  const { container, directory, info, user } = executor;
  const task = executor.kind === 'command' ? record.tasks[0] : undefined;
  executor.hasContainer = true;
  rememberVolumes(context, executor);
  return {
    id: container,
    user,
    executor_info: executorForHooks(executor, task?.info),
    directory,
    ...(info.container && { container_info: info.container }),
    ...(task && checksRunCommands(task.info) && { environment: environmentOf(context, executor, task) }),
  };
}

/** As an agent of Meseta 0.1 made it, which did not have it kept. */
function environmentOf(context: RegisteredContext, executor: Executor, { info, environment }: TaskRecord): Environment {
  const own = info.command?.environment?.variables ?? [];
  return withVariables(executorEnvironment(context, executor, info), [...(environment?.variables ?? []), ...own]);
}
