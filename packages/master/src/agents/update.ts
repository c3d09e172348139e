import type { Operation, UpdateSlaveMessage } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';
import { endOperation } from '../tasks/operations.ts';

/**
 * Handles an agent's report of what may have changed without the master: oversubscribed resources, the version of its
 * resources, and the operations it knows.
 *
 * @see Mesos src/master/master.cpp, Master::updateSlave
 */
export function updateAgent(context: MasterContext, agent: Agent, message: UpdateSlaveMessage): void {
  const { oversubscribed_resources, update_oversubscribed_resources, resource_version_uuid, operations } = message;
  if (resource_version_uuid) agent.resourceVersion = resource_version_uuid.value;
  if (operations) reconcileOperations(context, agent, operations.operations ?? []);
  // Agents from before this flag sent the message only to report oversubscribed resources.
  if (update_oversubscribed_resources ?? oversubscribed_resources !== undefined) {
    const total = agent.total.nonRevocable().add(Resources.of(oversubscribed_resources).revocable());
    if (total.equals(agent.total)) return;
    agent.total = total;
    context.cluster.agentChanged(agent);
    for (const offer of [...agent.offers.values()]) {
      if (!offer.resources.revocable().isEmpty) context.offers.rescind(offer);
    }
    context.allocation.updateAgent(agent);
  }
}

/** Operations that never reached the agent are dropped; those that only it knows were begun under another master. */
function reconcileOperations(context: MasterContext, agent: Agent, known: readonly Operation[]): void {
  const { cluster } = context;
  const uuids = new Set(known.map(({ uuid }) => uuid.value));
  for (const operation of [...agent.operations.values()]) {
    if (!uuids.has(operation.uuid.value))
      endOperation(context, operation, 'OPERATION_DROPPED', 'Operation is unknown to the agent');
  }
  for (const operation of known) {
    if (agent.operations.has(operation.uuid.value)) continue;
    const framework = cluster.frameworks.get(operation.framework_id?.value ?? '');
    cluster.addOperation({ ...operation, agent_id: { value: agent.id } }, framework, agent);
  }
}
