import type { OfferOperation } from '@meseta/protocol';
import type { MasterContext } from '../../context.ts';
import type { Agent } from '../../state/agent.ts';
import type { Framework } from '../../state/framework.ts';
import type { Problem } from '../../validation/rule.ts';

/** Tells a framework that an operation was not carried out, when it asked for feedback by giving it an id. */
export function tellOperationProblem(
  context: MasterContext,
  framework: Framework,
  operation: OfferOperation,
  message: string,
): void {
  context.log.warning(`Dropped ${operation.type ?? 'an'} operation: ${message}`, { framework_id: framework.id });
  if (operation.id === undefined || framework.connection?.kind !== 'http') return;
  framework.connection.send({
    type: 'UPDATE_OPERATION_STATUS',
    update_operation_status: { status: { operation_id: operation.id, state: 'OPERATION_ERROR', message } },
  });
}

/** Returns why feedback cannot be given: the agent does not report operations on its own resources. */
export function feedbackProblem({ id }: OfferOperation, agent: Agent): Problem {
  if (id === undefined) return undefined;
  if (!agent.has('RESOURCE_PROVIDER')) {
    return `Operation requested feedback, but agent ${agent.id} does not have the required RESOURCE_PROVIDER capability`;
  }
  if (agent.has('AGENT_OPERATION_FEEDBACK')) return undefined;
  return (
    `Operation on agent default resources requested feedback, but agent ${agent.id}` +
    ' does not have the required AGENT_OPERATION_FEEDBACK and RESOURCE_PROVIDER capabilities'
  );
}

const UNSUPPORTED_BY_DRIVERS =
  "The 'id' field was set in an offer operation, but operation feedback is not supported for the SchedulerDriver API;" +
  ' please use the HTTP scheduler API for this feature';

/** Sends an ERROR to a v0 driver that asked for feedback, for which it has no events. The driver then ends itself. */
export function refuseDriverFeedback(framework: Framework): void {
  framework.connection?.send({ type: 'ERROR', error: { message: UNSUPPORTED_BY_DRIVERS } });
}
