/** Frameworks, executors and queued tasks in the classic `/state`. */
import { commandView, labelsView, listed, roleOf, taskView } from '@meseta/daemon';
import type { TaskInfo } from '@meseta/protocol';
import { Resources, resourcesView } from '@meseta/resources';
import type { Executor } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { executorResources } from './allocated.ts';

/** A framework with all it runs and ran here, for `jsonPieces`. */
export function frameworkView(framework: Framework) {
  const { info } = framework;
  return {
    id: framework.id,
    name: info.name,
    user: info.user,
    failover_timeout: info.failover_timeout ?? 0,
    checkpoint: framework.checkpoint,
    hostname: info.hostname ?? '',
    principal: info.principal,
    ...(framework.has('MULTI_ROLE') ? { roles: info.roles ?? [] } : { role: info.role ?? '*' }),
    executors: listed(framework.executors.values(), executorView),
    completed_executors: listed(framework.completedExecutors, executorView),
  };
}

/** Tasks that have ended but are not acknowledged are listed with the completed ones. */
function executorView(executor: Executor) {
  const { info } = executor;
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
    tasks: listed(executor.launchedTasks.values(), taskView),
    queued_tasks: listed(executor.queuedTasks.values(), queuedTaskView),
    completed_tasks: listed([...executor.completedTasks, ...executor.terminatedTasks.values()], taskView),
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
