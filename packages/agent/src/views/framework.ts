/** Frameworks, executors and queued tasks in the classic `/state`. */
import { commandView, type Filters, labelsView, listed, roleOf, seesTask, taskView } from '@meseta/daemon';
import type { Task, TaskInfo } from '@meseta/protocol';
import { Resources, resourcesView } from '@meseta/resources';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { executorResources } from './allocated.ts';
import { seenExecutors } from './see.ts';

/** Returns a framework with all it runs and ran on this agent, for `jsonPieces`. */
export function frameworkView(framework: Framework, see: Filters<'VIEW_TASK' | 'VIEW_EXECUTOR'>) {
  const { info } = framework;
  const executors = (all: Iterable<Executor>) =>
    listed(seenExecutors(all, framework, see), executor => executorView(executor, framework, see));
  return {
    id: framework.id,
    name: info.name,
    user: info.user,
    failover_timeout: info.failover_timeout ?? 0,
    checkpoint: framework.checkpoint,
    hostname: info.hostname ?? '',
    principal: info.principal,
    ...(framework.has('MULTI_ROLE') ? { roles: info.roles ?? [] } : { role: info.role ?? '*' }),
    executors: executors(framework.executors.values()),
    completed_executors: executors(framework.completedExecutors),
  };
}

/** Tasks that have ended but are not acknowledged are listed with the completed ones. */
function executorView(executor: Executor, framework: Framework, see: Filters<'VIEW_TASK'>) {
  const { info } = executor;
  const tasks = (all: Iterable<Task>) => listed(all, taskView, seesTask(framework, see));
  return {
    id: executor.id,
    name: info.name ?? '',
    source: info.source ?? '',
    container: executor.containerId,
    directory: executor.directory,
    resources: resourcesView(Resources.of(executorResources(executor))),
    role: info.resources?.length ? roleOf(info.resources) : undefined,
    labels: labelsView(info.labels),
    type: info.type,
    tasks: tasks(executor.launchedTasks.values()),
    queued_tasks: listed(executor.queuedTasks.values(), queuedTaskView, seesTask(framework, see)),
    completed_tasks: tasks([...executor.completedTasks, ...executor.terminatedTasks.values()]),
  };
}

function queuedTaskView(task: TaskInfo) {
  return {
    id: task.task_id.value,
    name: task.name,
    slave_id: task.agent_id.value,
    resources: resourcesView(Resources.of(task.resources)),
    role: roleOf(task.resources),
    command: task.command && commandView(task.command),
    executor_id: task.executor?.executor_id.value,
    discovery: task.discovery,
  };
}
