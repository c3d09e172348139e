/** Makes the group of `meseta run --task-group` from a file. */
import {
  type ContainerInfo,
  type ExecutorInfo,
  fromJson,
  idProblem,
  type MessageType,
  type Resource,
  TaskGroupInfo,
} from '@meseta/protocol';
import { UsageError } from '../usage-error.ts';
import { messageProblem } from './check-task.ts';
import type { Launch } from './launch.ts';
import { contentOf, newId } from './task-template.ts';

/** What the default executor of a group gets: the least that masters accept. */
const executorResources: readonly Resource[] = Object.entries({ cpus: 0.1, mem: 32, disk: 32 }).map(
  ([name, value]) => ({ name, type: 'SCALAR', scalar: { value } }),
);

/**
 * Reads a TaskGroupInfo in JSON. Tasks without a name or an id get one.
 *
 * @param file `-` for standard input.
 * @throws {UsageError} naming the field that is wrong.
 */
export function readTaskGroup(file: string): Launch {
  const wrong = (problem: string) => new UsageError(`--task-group ${file}: ${problem}`);
  const given = contentOf(file, 'task-group');
  const problem = messageProblem(TaskGroupInfo as MessageType<unknown>, given);
  if (problem) throw wrong(problem);
  const { tasks = [] } = given as { tasks?: readonly Record<string, unknown>[] };
  const named = tasks.map((task, index) => {
    const name = String(task.name ?? `task-${index + 1}`);
    return { task_id: { value: newId(name) }, ...task, name, agent_id: { value: '' } };
  });
  let group: TaskGroupInfo;
  try {
    group = fromJson(TaskGroupInfo, { tasks: named });
  } catch (error) {
    throw wrong((error as Error).message);
  }
  const [first, ...others] = group.tasks ?? [];
  if (!first) throw wrong('the group has no task; it is {"tasks": [{"command": {"value": "…"}}, …]}');
  const all = [first, ...others];
  for (const [index, { task_id, executor, command, container }] of all.entries()) {
    const idIsWrong = idProblem(task_id.value);
    if (idIsWrong) throw wrong(`tasks[${index}].task_id: ${idIsWrong}`);
    if (executor) throw wrong(`tasks[${index}].executor must not be set: the tasks of a group have one for all`);
    if (!command && !container?.mesos?.image) throw wrong(`tasks[${index}] has no command, so there is nothing to run`);
  }
  const ids = all.map(({ task_id }) => task_id.value);
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice !== undefined) throw wrong(`two tasks have the id '${twice}'`);
  const executor: ExecutorInfo = {
    type: 'DEFAULT',
    executor_id: { value: newId('pod') },
    resources: [...executorResources],
  };
  return { tasks: [first, ...others], executor };
}

/** Returns what the containers of all tasks ask for, as one container; undefined when there is none. */
export function containersOf({ tasks }: Launch): ContainerInfo | undefined {
  const all = tasks.flatMap(({ container, executor }) => (executor ? executor.container : container) ?? []);
  const [first, ...others] = all;
  if (!first || others.length === 0) return first;
  const linux_info = Object.assign({}, ...all.map(container => container.linux_info));
  return {
    ...Object.assign({}, ...all),
    volumes: all.flatMap(({ volumes = [] }) => volumes),
    network_infos: all.flatMap(({ network_infos = [] }) => network_infos),
    ...(Object.keys(linux_info).length > 0 && { linux_info }),
  };
}
