import type { OperationState, OperationStatus, WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';

/** An operation that a framework asks about. */
export interface OperationQuestion {
  readonly operationId: WireId<'operation'>;
  readonly agentId?: WireId<'agent'> | undefined;
}

/**
 * Returns the statuses of the operations asked about, or of all operations of the framework when it names none.
 *
 * @see Mesos src/master/master.cpp, Master::reconcileOperations
 */
export function operationStatuses(
  context: MasterContext,
  framework: Framework,
  questions: readonly OperationQuestion[],
): OperationStatus[] {
  const known = [...framework.operations.values()].filter(({ info }) => info.id !== undefined);
  if (questions.length === 0) return known.map(({ latest_status }) => latest_status);
  const byId = new Map(known.map(operation => [operation.info.id?.value, operation]));
  return questions.map(
    ({ operationId, agentId }) =>
      byId.get(operationId)?.latest_status ?? {
        operation_id: { value: operationId },
        state: unknownState(context, agentId),
        message: 'Reconciliation: Operation is unknown',
        ...(agentId !== undefined && { agent_id: { value: agentId } }),
      },
  );
}

/** Returns the state to report for an unknown operation. */
function unknownState({ cluster }: MasterContext, agentId: WireId<'agent'> | undefined): OperationState {
  if (agentId === undefined) return cluster.recoveredAgents.size > 0 ? 'OPERATION_RECOVERING' : 'OPERATION_UNKNOWN';
  if (cluster.recoveredAgents.has(agentId)) return 'OPERATION_RECOVERING';
  if (cluster.agents.has(agentId)) return 'OPERATION_DROPPED';
  if (cluster.unreachableAgents.has(agentId)) return 'OPERATION_UNREACHABLE';
  if (cluster.goneAgents.has(agentId)) return 'OPERATION_GONE_BY_OPERATOR';
  return 'OPERATION_UNKNOWN';
}
