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
  isPorts,
  needsCheckpointing,
  type ResourceConversion,
  type Resources,
  stripAllocation,
} from '@meseta/resources';
import type { MasterContext } from '../../context.ts';
import type { Agent } from '../../state/agent.ts';
import type { Framework } from '../../state/framework.ts';

/**
 * Applies an operation: the agent's total changes at once, on the assumption that the agent can perform it, and the
 * agent gets the operation. The caller updates the allocator.
 *
 * @param operation valid, and not for a resource provider.
 * @param framework undefined for an operator.
 * @throws {InvalidOperationError} when the agent does not have the consumed resources; then nothing has changed.
 * @see Mesos src/master/master.cpp, Master::_apply
 */
export function applyOperation(
  context: MasterContext,
  agent: Agent,
  operation: OfferOperation,
  framework?: Framework,
): void {
  agent.total = totalAfter(agent, operation);
  context.cluster.agentChanged(agent);
  if (agent.sharesPorts) rescindMissingPorts(context, agent);
  context.log.info(`Applying ${operation.type} on agent`, { agent_id: agent.id, framework_id: framework?.id });
  // Present agents report the end of each operation; older ones only get their checkpointed resources.
  if (agent.has('RESOURCE_PROVIDER') && agent.resourceVersion !== undefined)
    sendOperation(context, agent, operation, framework);
  else sendCheckpointed(context, agent);
}

/**
 * Returns what an agent has after an operation.
 *
 * @throws {InvalidOperationError} when it does not have what the operation consumes.
 */
export function totalAfter(agent: Agent, operation: OfferOperation): Resources {
  return applyConversions(agent.total, conversionsOf(stripAllocation(OfferOperation, operation)));
}

/**
 * Takes back offers with shared ports that the agent does not have any more: the same ports are in other offers while a
 * framework reserves them.
 */
function rescindMissingPorts(context: MasterContext, agent: Agent): void {
  for (const offer of [...agent.offers.values()]) {
    if (!agent.total.contains(offer.resources.filter(isPorts).unallocate())) context.offers.rescind(offer);
  }
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
    context.log.warning('Agent does not support refined reservations; its checkpointed resources are not sent to it', {
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
