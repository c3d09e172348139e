import { isTerminal, newUuid } from '@meseta/protocol';
import type { CommandTaskUpdate } from '@meseta/tasks';
import { sendAgentStatus, takeStatus } from '../../task-updates.ts';
import type { EffectTarget } from './effect-target.ts';

/** Reports a status of a task: as the agent's word or as the executor's. A terminal one ends the task. */
export function report(task: EffectTarget, update: CommandTaskUpdate): void {
  const tell = () => write(task, update);
  if (isTerminal(update.state)) task.attempt('finish', task.host.end(update.state, tell));
  else task.attempt('report', tell());
}

/** @returns when it is on disk. */
function write({ host, isLaunched }: EffectTarget, { fromAgent, ...status }: CommandTaskUpdate): Promise<void> {
  const { context, framework, executor, taskId } = host;
  if (!fromAgent) {
    const isRunning = status.state === 'TASK_RUNNING';
    const network_infos = isRunning ? [...(context.containerizer.networksOfTask?.(host.container) ?? [])] : [];
    const container_status = host.containerStatus ?? (network_infos.length > 0 ? { network_infos } : undefined);
    const isFirst = isRunning && status.reason === undefined;
    const data = isFirst ? context.containerizer.takeDescription?.(host.container) : undefined;
    const made = {
      ...status,
      ...(data !== undefined && { data }),
      task_id: { value: taskId },
      uuid: newUuid(),
      ...(container_status && { container_status }),
    };
    return takeStatus(context, framework, executor, made);
  }
  const { message = '', reason = 'REASON_EXECUTOR_TERMINATED' } = status;
  return sendAgentStatus(context, framework, taskId, executor, { ...status, reason, message, unlaunched: !isLaunched });
}
