/** Frameworks, executors and tasks that a re-registering agent brings back. */
import {
  type ArchiveFramework,
  containerWithoutSecrets,
  type ExecutorInfo,
  type FrameworkInfo,
  healthCheckWithoutSecrets,
  idProblem,
  type Resource,
  type Task,
} from '@meseta/protocol';
import { Resources, upgrade } from '@meseta/resources';
import type { MasterContext } from '../context.ts';
import { recoverFramework } from '../frameworks/recover.ts';
import type { Agent } from '../state/agent.ts';
import type { Framework } from '../state/framework.ts';
import { holdsResources } from '../state/task-states.ts';

/** Recovers frameworks that this master does not know from what the agent reports of them. */
export function adoptFrameworks(context: MasterContext, frameworks: readonly FrameworkInfo[]): void {
  for (const info of frameworks) {
    if (info.id && !context.cluster.findFramework(info.id.value)) recoverFramework(context, info);
  }
}

/**
 * Adds the executors that the master does not know. Those of frameworks that were torn down are left out.
 *
 * @param hold reports their resources to the allocation, when it has the agent already.
 */
export function adoptExecutors(
  context: MasterContext,
  agent: Agent,
  executors: readonly ExecutorInfo[],
  hold: boolean,
): void {
  for (const executor of executors) {
    const framework = context.cluster.frameworks.get(executor.framework_id?.value ?? '');
    if (!framework || agent.executor(framework.id, executor.executor_id.value)) continue;
    const resources = allocated(executor.resources, framework);
    context.cluster.addExecutor({ ...executor, ...(resources && { resources }) }, framework, agent);
    if (hold) holdAgain(context, framework, agent, resources);
  }
}

/**
 * Removes the tasks that became unreachable with an agent which is reachable again: it brings those that it has. Frameworks
 * that ask about the others are told that they are gone.
 *
 * @see Mesos src/master/master.cpp, Master::__reregisterSlave
 */
export function forgetUnreachableTasks({ cluster }: MasterContext, agent: Agent): void {
  for (const { unreachableTasks } of cluster.frameworks.values()) unreachableTasks.deleteOf(agent.id);
}

/** Adds tasks of one framework as their agent, which is not in the allocation yet, knows them. */
export function adoptTasks(context: MasterContext, tasks: readonly Task[], framework: Framework, agent: Agent): void {
  for (const task of tasks) prepareTask(task, framework, agent);
  context.cluster.addTasks(tasks, framework, agent);
}

/** Adds a task that an agent, which is in the allocation already, runs and the master did not know. */
export function adoptUnknownTask(context: MasterContext, task: Task, framework: Framework, agent: Agent): void {
  prepareTask(task, framework, agent);
  context.cluster.addTask(task, framework, agent);
  if (holdsResources(task)) holdAgain(context, framework, agent, task.resources);
}

function prepareTask(task: Task, framework: Framework, agent: Agent): void {
  // An agent of Apache Mesos sends them.
  if (task.container) task.container = containerWithoutSecrets(task.container);
  if (task.health_check) task.health_check = healthCheckWithoutSecrets(task.health_check);
  framework.unreachableTasks.delete(task.task_id.value);
  const resources = allocated(task.resources, framework);
  if (resources) task.resources = resources;
  // One object for each id, not one for each place it stood in the message: there are a hundred thousand tasks.
  task.framework_id = framework.info.id ?? task.framework_id;
  task.agent_id = agent.info.id ?? task.agent_id;
  for (const status of task.statuses ?? []) {
    delete status.data;
    if (status.task_id.value === task.task_id.value) status.task_id = task.task_id;
    if (status.agent_id?.value === agent.id) status.agent_id = task.agent_id;
  }
}

function holdAgain(
  context: MasterContext,
  framework: Framework,
  agent: Agent,
  resources: Resource[] | undefined,
): void {
  context.allocation.convert(framework.id, agent, Resources.empty, Resources.of(resources));
}

/** Adds tasks that ended under earlier masters to the histories of their frameworks. */
export function rememberCompleted(context: MasterContext, archives: readonly ArchiveFramework[]): void {
  for (const { framework_info, tasks = [] } of archives) {
    const framework = context.cluster.frameworks.get(framework_info.id?.value ?? '');
    if (!framework) continue;
    for (const task of tasks) {
      for (const status of task.statuses ?? []) delete status.data;
      const id = task.task_id.value;
      if (!framework.tasks.has(id) && idProblem(id) === undefined) context.cluster.rememberTask(task, framework);
    }
  }
}

/** Returns resources in the present format. Agents from before multi-role frameworks do not report allocation roles. */
function allocated(resources: Resource[] | undefined, framework: Framework): Resource[] | undefined {
  if (resources?.every(resource => resource.allocation_info && upgrade(resource) === resource)) return resources;
  return resources?.map(resource => {
    const upgraded = upgrade(resource);
    return upgraded.allocation_info ? upgraded : { ...upgraded, allocation_info: { role: framework.roles[0] ?? '*' } };
  });
}
