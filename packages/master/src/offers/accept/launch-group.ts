import { RunTaskGroupMessage } from '@meseta/protocol';
import { convertMessage } from '@meseta/resources';
import { groupClaim, groupProblem } from '../validation/task-groups.ts';
import { newTask, refuseTasks, resourceVersions, runTasks, userOf } from './launching.ts';
import type { AcceptOperation } from './run.ts';

/** The tasks of a LAUNCH_GROUP are launched together or not at all. */
export const launchGroup: AcceptOperation = {
  type: 'LAUNCH_GROUP',
  access: runTasks,
  perform(run, { launch_group }, denied) {
    if (!launch_group) return undefined;
    const { context, framework, agent, pool } = run;
    const { executor, task_group } = launch_group;
    const tasks = task_group.tasks ?? [];
    const unauthorized = tasks.find((_, index) => denied.has(index));
    if (unauthorized) {
      const user = userOf(unauthorized, framework.info);
      const why = `Task '${unauthorized.task_id.value}' is not authorized to launch as user '${user}'`;
      refuseTasks(context, framework, tasks, 'TASK_ERROR', 'REASON_TASK_GROUP_UNAUTHORIZED', why);
      return undefined;
    }
    const subject = { tasks, executor, framework, agent };
    const problem = groupProblem({ ...subject, available: pool.remaining });
    if (problem !== undefined) {
      refuseTasks(context, framework, tasks, 'TASK_ERROR', 'REASON_TASK_GROUP_INVALID', problem);
      return undefined;
    }

    const isNew = !agent.executor(framework.id, executor.executor_id.value);
    pool.take(groupClaim(subject));
    if (isNew) context.cluster.addExecutor(executor, framework, agent);
    for (const task of tasks) context.cluster.addTask(newTask(task, framework, agent), framework, agent);

    const message: RunTaskGroupMessage = {
      framework: framework.info,
      executor,
      task_group: { tasks },
      resource_version_uuids: resourceVersions(agent),
      launch_executor: isNew,
    };
    const about = { executor_id: executor.executor_id.value, framework_id: framework.id, agent_id: agent.id };
    for (const { task_id } of tasks) context.log.info('Launching task', { task_id: task_id.value, ...about });
    const refined = agent.has('RESERVATION_REFINEMENT');
    context.sendToAgent(
      agent,
      RunTaskGroupMessage,
      refined ? message : convertMessage(RunTaskGroupMessage, message, 'pre'),
    );
    return undefined;
  },
};
