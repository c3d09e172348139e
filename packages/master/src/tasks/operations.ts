/** Operations on an agent's resources that report back: their statuses, acknowledgements and ends. */
import {
  AcknowledgeOperationStatusMessage,
  type Operation,
  type OperationState,
  type OperationStatus,
  type UpdateOperationStatusMessage,
  type WireId,
} from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';
import type { Framework } from '../state/framework.ts';

const terminal: ReadonlySet<OperationState> = new Set([
  'OPERATION_FINISHED',
  'OPERATION_FAILED',
  'OPERATION_ERROR',
  'OPERATION_DROPPED',
  'OPERATION_GONE_BY_OPERATOR',
]);

/** Tells whether an operation never leaves a state. */
export function isTerminalOperation(state: OperationState): boolean {
  return terminal.has(state);
}

/**
 * Handles an agent's status of an operation. When the operation has an id and its framework is connected, the framework
 * gets the status and acknowledges it. In all other cases the master acknowledges it.
 *
 * @see Mesos src/master/master.cpp, Master::updateOperationStatus
 */
export function updateOperation(context: MasterContext, agent: Agent, message: UpdateOperationStatusMessage): void {
  const { framework_id, status, latest_status, operation_uuid } = message;
  const operation = agent.operations.get(operation_uuid?.value ?? '');
  if (!operation) {
    context.log.warning('Dropped the status of an unknown operation', { agent_id: agent.id });
    // The operation ended here already. The agent repeats the status because an acknowledgement was lost.
    if (operation_uuid) sendAcknowledgement(context, agent, operation_uuid.value, status);
    return;
  }
  const framework = context.cluster.frameworks.get(framework_id?.value ?? '');
  const wanted = framework !== undefined && operation.info.id !== undefined;
  countEnd(context, operation, status.state);
  operation.latest_status = latest_status ?? status;
  operation.statuses = [...(operation.statuses ?? []), status];
  if (wanted) {
    sendOperationStatus(framework, status);
    return;
  }
  sendAcknowledgement(context, agent, operation.uuid.value, status);
  if (isTerminalOperation(status.state)) context.cluster.removeOperation(operation);
}

/**
 * Handles a framework's acknowledgement of an operation's status.
 *
 * @returns false when the operation is unknown, or its agent is not connected; the agent will repeat the status.
 */
export function acknowledgeOperation(
  context: MasterContext,
  framework: Framework,
  ack: { operationId: WireId<'operation'>; uuid: string; agentId: WireId<'agent'> | undefined },
): boolean {
  const operation = [...framework.operations.values()].find(({ info }) => info.id?.value === ack.operationId);
  const agent = context.cluster.agents.get(operation?.agent_id?.value ?? ack.agentId ?? '');
  const valid = operation !== undefined && agent?.connected === true;
  const { metrics } = context;
  metrics.counter(`master/${valid ? 'valid' : 'invalid'}_operation_status_update_acknowledgements`).increment();
  if (!valid) return false;
  const status = operation.statuses?.find(({ uuid }) => uuid?.value === ack.uuid);
  context.sendToAgent(agent, AcknowledgeOperationStatusMessage, {
    status_uuid: { value: ack.uuid },
    operation_uuid: operation.uuid,
    ...(status?.resource_provider_id && { resource_provider_id: status.resource_provider_id }),
  });
  if (status && isTerminalOperation(status.state)) context.cluster.removeOperation(operation);
  return true;
}

/** Ends an operation by decision of the master, and sends the status to its framework. */
export function endOperation(
  context: MasterContext,
  operation: Operation,
  state: OperationState,
  message: string,
): void {
  const { info, framework_id, agent_id } = operation;
  const framework = context.cluster.frameworks.get(framework_id?.value ?? '');
  countEnd(context, operation, state);
  if (framework && info.id) {
    sendOperationStatus(framework, { operation_id: info.id, state, message, ...(agent_id && { agent_id }) });
  }
  context.cluster.removeOperation(operation);
}

/** Removes an operation because its agent is removed. One that has not ended becomes OPERATION_UNREACHABLE. */
export function removeOperation(context: MasterContext, operation: Operation): void {
  const state = isTerminalOperation(operation.latest_status.state)
    ? operation.latest_status.state
    : 'OPERATION_UNREACHABLE';
  if (state !== operation.latest_status.state)
    endOperation(context, operation, state, 'The agent of the operation is gone');
  else context.cluster.removeOperation(operation);
}

function sendOperationStatus(framework: Framework, status: OperationStatus): void {
  framework.connection?.send({ type: 'UPDATE_OPERATION_STATUS', update_operation_status: { status } });
}

function sendAcknowledgement(
  context: MasterContext,
  agent: Agent,
  operationUuid: string,
  status: OperationStatus,
): void {
  if (!status.uuid) return;
  context.sendToAgent(agent, AcknowledgeOperationStatusMessage, {
    status_uuid: status.uuid,
    operation_uuid: { value: operationUuid },
    ...(status.resource_provider_id && { resource_provider_id: status.resource_provider_id }),
  });
}

/** Counts the end of an operation once, however often its status is repeated. Gauges count running operations. */
function countEnd({ metrics }: MasterContext, { info, latest_status }: Operation, state: OperationState): void {
  if (!isTerminalOperation(state) || isTerminalOperation(latest_status.state)) return;
  const name = state.slice('OPERATION_'.length).toLowerCase();
  metrics.counter(`master/operations/${name}`).increment();
  metrics.counter(`master/operations/${(info.type ?? 'UNKNOWN').toLowerCase()}/${name}`).increment();
}
