import { RunTaskMessage, type TaskInfo } from '@meseta/protocol';
import { convertMessage, Resources } from '@meseta/resources';
import { claimOf, taskProblem } from '../validation/tasks.ts';
import { newTask, refuseTasks, resourceVersions, runTasks, userOf } from './launching.ts';
import type { AcceptOperation, AcceptRun } from './run.ts';

/** Each task of a LAUNCH is launched or refused by itself. */
export const launch: AcceptOperation = {
  type: 'LAUNCH',
  access: runTasks,
  perform(run, { launch: { task_infos = [] } = {} }, denied) {
    for (const [index, task] of task_infos.entries()) {
      if (denied.has(index)) refuseUnauthorized(run, task);
      else launchTask(run, task);
    }
    return undefined;
  },
};

function refuseUnauthorized({ context, framework }: AcceptRun, task: TaskInfo): void {
  const problem = `Not authorized to launch as user '${userOf(task, framework.info)}'`;
  refuseTasks(context, framework, [task], 'TASK_ERROR', 'REASON_TASK_UNAUTHORIZED', problem);
}

function launchTask(run: AcceptRun, task: TaskInfo): void {
  const { context, framework, agent, pool } = run;
  const problem = taskProblem({ task, framework, agent, available: pool.available });
  if (problem !== undefined)
    return refuseTasks(context, framework, [task], 'TASK_ERROR', 'REASON_TASK_INVALID', problem);

  const { executor } = task;
  const isNew = executor !== undefined && !agent.executor(framework.id, executor.executor_id.value);
  const missing = pool.take(claimOf({ task, framework, agent }));
  if (!missing.isEmpty) context.allocation.convert(framework.id, agent, Resources.empty, missing);
  if (isNew) context.cluster.addExecutor(executor, framework, agent);
  context.cluster.addTask(newTask(task, framework, agent), framework, agent);

  const message: RunTaskMessage = {
    framework: framework.info,
    pid: framework.connection?.pid ?? '',
    task,
    resource_version_uuids: resourceVersions(agent),
    // Command tasks always bring their own.
    launch_executor: executor === undefined || isNew,
  };
  context.log.info('Launching task', { task_id: task.task_id.value, framework_id: framework.id, agent_id: agent.id });
  const refined = agent.has('RESERVATION_REFINEMENT');
  context.sendToAgent(agent, RunTaskMessage, refined ? message : convertMessage(RunTaskMessage, message, 'pre'));
}
