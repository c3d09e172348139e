import {
  ApplyOperationMessage,
  CheckpointResourcesMessage,
  newUuid,
  OfferOperation,
  type Operation,
} from '@meseta/protocol';
import {
  applyConversions,
  conversionsOf,
  convertResources,
  needsCheckpointing,
  type ResourceConversion,
  stripAllocation,
} from '@meseta/resources';
import type { MasterContext } from '../../context.ts';
import type { Agent } from '../../state/agent.ts';
import type { Framework } from '../../state/framework.ts';

/**
 * Carries an operation out: the agent's total changes at once, on the assumption that the agent can do it, and the
 * agent is told. The allocator is the caller's matter.
 *
 * @param operation one that needs no resource provider, valid.
 * @param framework undefined when an operator asks.
 * @throws {InvalidOperationError} when the agent does not have what is consumed; nothing has changed then.
 * @see Mesos src/master/master.cpp, Master::_apply
 */
export function applyOperation(
  context: MasterContext,
  agent: Agent,
  operation: OfferOperation,
  framework?: Framework,
): void {
  const unallocated = stripAllocation(OfferOperation, operation);
  agent.total = applyConversions(agent.total, conversionsOf(unallocated));
  context.log.info(`Applying ${operation.type} on agent`, { agent_id: agent.id, framework_id: framework?.id });
  // Agents of today report the end of each operation; older ones just hear what their checkpointed resources are.
  if (agent.has('RESOURCE_PROVIDER') && agent.resourceVersion !== undefined)
    sendOperation(context, agent, operation, framework);
  else sendCheckpointed(context, agent);
}

function sendOperation(
  context: MasterContext,
  agent: Agent,
  info: OfferOperation,
  framework: Framework | undefined,
): void {
  const uuid = { value: newUuid() };
  const agent_id = { value: agent.id };
  const owner = framework && { framework_id: { value: framework.id } };
  const latest_status: Operation['latest_status'] = {
    state: 'OPERATION_PENDING',
    agent_id,
    ...(info.id && { operation_id: info.id }),
  };
  context.cluster.addOperation({ ...owner, agent_id, info, latest_status, uuid }, framework, agent);
  context.sendToAgent(agent, ApplyOperationMessage, {
    ...owner,
    operation_info: info,
    operation_uuid: uuid,
    resource_version_uuid: { uuid: { value: agent.resourceVersion ?? '' } },
  });
}

function sendCheckpointed(context: MasterContext, agent: Agent): void {
  const checkpointed = agent.total.toArray().filter(needsCheckpointing);
  const refined = checkpointed.some(({ reservations = [] }) => reservations.length > 1);
  if (agent.has('RESERVATION_REFINEMENT')) {
    context.sendToAgent(agent, CheckpointResourcesMessage, { resources: checkpointed });
  } else if (refined) {
    context.log.warning('Agent does not understand refined reservations; it is not told its resources', {
      agent_id: agent.id,
    });
  } else {
    context.sendToAgent(agent, CheckpointResourcesMessage, { resources: convertResources(checkpointed, 'pre') });
  }
}

/** Tells the allocator what a framework's operation turned into what; after the agent's total has changed. */
export function convertAllocation(
  context: MasterContext,
  framework: Framework,
  agent: Agent,
  conversions: readonly ResourceConversion[],
): void {
  for (const { consumed, converted } of conversions)
    context.allocation.convert(framework.id, agent, consumed, converted);
}
