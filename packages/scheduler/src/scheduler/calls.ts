/** Makes calls of frameworks. */
import type { OfferOperation, OperationStatus, SchedulerCall, TaskInfo, TaskStatus, WireId } from '@meseta/protocol';

/** How a task is ended. */
export interface KillOptions {
  readonly agentId?: WireId<'agent'>;
  /** The time between SIGTERM and SIGKILL. Default: that of the task. */
  readonly gracePeriodMs?: number;
}

/** Makes a KILL. */
export function killOf(taskId: WireId<'task'>, { agentId, gracePeriodMs }: KillOptions): SchedulerCall {
  const kill_policy = gracePeriodMs !== undefined && { grace_period: { nanoseconds: gracePeriodMs * 1e6 } };
  const kill = {
    task_id: { value: taskId },
    ...(agentId !== undefined && { agent_id: { value: agentId } }),
    ...(kill_policy && { kill_policy }),
  };
  return { type: 'KILL', kill };
}

/** Makes the acknowledgement of a status; undefined when it needs none. */
export function acknowledgementOf(status: TaskStatus | OperationStatus): SchedulerCall | undefined {
  const { agent_id, uuid } = status;
  if (uuid === undefined) return undefined;
  if ('task_id' in status) {
    const { task_id } = status;
    return agent_id && { type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid: status.uuid ?? '' } };
  }
  const { operation_id, resource_provider_id } = status;
  const ids = { ...(agent_id && { agent_id }), ...(resource_provider_id && { resource_provider_id }) };
  return (
    operation_id && {
      type: 'ACKNOWLEDGE_OPERATION_STATUS',
      acknowledge_operation_status: { ...ids, operation_id, uuid: status.uuid?.value ?? '' },
    }
  );
}

/** Returns the tasks that operations launch. */
export function tasksIn(operations: readonly OfferOperation[]): TaskInfo[] {
  return operations.flatMap(({ launch, launch_group }) => [
    ...(launch?.task_infos ?? []),
    ...(launch_group?.task_group.tasks ?? []),
  ]);
}

/** Returns the ids of one or several offers. */
export function idsOf<Id>(offers: { readonly id: Id } | readonly { readonly id: Id }[]): Id[] {
  return (Array.isArray(offers) ? (offers as readonly { readonly id: Id }[]) : [offers as { readonly id: Id }]).map(
    ({ id }) => id,
  );
}
