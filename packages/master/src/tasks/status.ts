import type {
  CheckStatusInfo,
  ContainerStatus,
  TaskState,
  TaskStatus,
  TaskStatusReason,
  WireId,
} from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';

/** The content of a status that the master makes, apart from the id of the task. */
export interface StatusDetails {
  readonly state: TaskState;
  readonly reason: TaskStatusReason;
  readonly message?: string;
  readonly agentId?: WireId<'agent'> | undefined;
  readonly executorId?: WireId<'executor'> | undefined;
  readonly healthy?: boolean | undefined;
  readonly checkStatus?: CheckStatusInfo | undefined;
  readonly containerStatus?: ContainerStatus | undefined;
  readonly unreachableTimeNs?: number | undefined;
}

/** Makes a status of the master. It has no uuid, so it is not acknowledged. */
export function masterStatus(context: MasterContext, taskId: WireId<'task'>, details: StatusDetails): TaskStatus {
  const { state, reason, message, agentId, executorId, healthy, unreachableTimeNs } = details;
  const { checkStatus, containerStatus } = details;
  return {
    task_id: { value: taskId },
    state,
    source: 'SOURCE_MASTER',
    reason,
    timestamp: context.clock.now() / 1000,
    ...(message !== undefined && { message }),
    ...(agentId !== undefined && { agent_id: { value: agentId } }),
    ...(executorId !== undefined && { executor_id: { value: executorId } }),
    ...(healthy !== undefined && { healthy }),
    ...(checkStatus !== undefined && { check_status: checkStatus }),
    ...(containerStatus !== undefined && { container_status: containerStatus }),
    ...(unreachableTimeNs !== undefined && { unreachable_time: { nanoseconds: unreachableTimeNs } }),
  };
}

/** Returns `aware` for a framework with PARTITION_AWARE, and TASK_LOST for others. */
export function lostState(framework: Framework, aware: TaskState): TaskState {
  return framework.has('PARTITION_AWARE') ? aware : 'TASK_LOST';
}

/**
 * Sends a status as UPDATE when the framework is connected. A framework that is not connected does not get it: it must
 * reconcile its tasks when it is back.
 */
export function sendStatus(framework: Framework, status: TaskStatus): void {
  framework.connection?.send({ type: 'UPDATE', update: { status } });
}
