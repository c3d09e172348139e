import type { SchedulerCall, SchedulerCallType, SchedulerCallUpdateFramework } from '@meseta/protocol';
import type { MasterContext } from '../../context.ts';
import { messageExecutor, shutDownExecutor } from '../../frameworks/executor-messages.ts';
import { removeFramework } from '../../frameworks/remove.ts';
import { reviveOffers, suppressOffers } from '../../frameworks/roles.ts';
import { updateFramework } from '../../frameworks/update.ts';
import { countFrameworkCall } from '../../metrics/framework-metrics.ts';
import { acceptOffers } from '../../offers/accept/accept.ts';
import { decorateTasks, isDecorated } from '../../offers/accept/decorate.ts';
import { declineOffers } from '../../offers/decline.ts';
import { answerInverseOffers } from '../../offers/inverse.ts';
import type { Problem } from '../../offers/validation/rule.ts';
import type { Framework } from '../../state/framework.ts';
import { acknowledge, acknowledgeOperation, killTask, operationStatuses, reconcile } from '../../tasks/index.ts';

/** A call of a subscribed framework, valid by itself. */
export interface CallHandler {
  readonly type: SchedulerCallType;
  /** Name of the counter of these calls, below `master/messages_`; where it is not here, the call counts itself. */
  readonly counter?: string;
  /** What drivers are told: they have no events for the answer. */
  readonly unsupportedByDrivers?: true;
  perform(context: MasterContext, framework: Framework, call: SchedulerCall): void;
}

const teardown: CallHandler = {
  type: 'TEARDOWN',
  counter: 'unregister_framework',
  perform: (context, framework) => removeFramework(context, framework),
};

const accept: CallHandler = {
  type: 'ACCEPT',
  perform: (context, framework, { accept }) => accept && acceptOffers(context, framework, accept),
};

const decline: CallHandler = {
  type: 'DECLINE',
  perform: (context, framework, { decline }) => decline && declineOffers(context, framework, decline),
};

const acceptInverseOffers: CallHandler = {
  type: 'ACCEPT_INVERSE_OFFERS',
  perform: (context, framework, { accept_inverse_offers: { inverse_offer_ids = [], filters } = {} }) =>
    answerInverseOffers(context, framework, 'ACCEPT', inverse_offer_ids, filters),
};

const declineInverseOffers: CallHandler = {
  type: 'DECLINE_INVERSE_OFFERS',
  perform: (context, framework, { decline_inverse_offers: { inverse_offer_ids = [], filters } = {} }) =>
    answerInverseOffers(context, framework, 'DECLINE', inverse_offer_ids, filters),
};

const revive: CallHandler = {
  type: 'REVIVE',
  perform: (context, framework, { revive }) => reviveOffers(context, framework, revive?.roles ?? []),
};

const suppress: CallHandler = {
  type: 'SUPPRESS',
  perform: (context, framework, { suppress }) => suppressOffers(context, framework, suppress?.roles ?? []),
};

const kill: CallHandler = {
  type: 'KILL',
  counter: 'kill_task',
  perform(context, framework, { kill }) {
    if (!kill) return;
    const { task_id, agent_id, kill_policy } = kill;
    killTask(context, framework, { taskId: task_id.value, agentId: agent_id?.value, killPolicy: kill_policy });
  },
};

const shutdown: CallHandler = {
  type: 'SHUTDOWN',
  perform: (context, framework, { shutdown }) => shutdown && shutDownExecutor(context, framework, shutdown),
};

const acknowledgeStatus: CallHandler = {
  type: 'ACKNOWLEDGE',
  counter: 'status_update_acknowledgement',
  perform(context, framework, { acknowledge: ack }) {
    if (!ack) return;
    acknowledge(context, framework, { taskId: ack.task_id.value, agentId: ack.agent_id.value, uuid: ack.uuid });
  },
};

const acknowledgeOperationStatus: CallHandler = {
  type: 'ACKNOWLEDGE_OPERATION_STATUS',
  counter: 'operation_status_update_acknowledgement',
  unsupportedByDrivers: true,
  perform(context, framework, { acknowledge_operation_status: ack }) {
    if (!ack) return;
    const { operation_id, uuid, agent_id } = ack;
    acknowledgeOperation(context, framework, { operationId: operation_id.value, uuid, agentId: agent_id?.value });
  },
};

const reconcileTasks: CallHandler = {
  type: 'RECONCILE',
  counter: 'reconcile_tasks',
  perform(context, framework, { reconcile: { tasks = [] } = {} }) {
    const questions = tasks.map(({ task_id, agent_id }) => ({ taskId: task_id.value, agentId: agent_id?.value }));
    reconcile(context, framework, questions);
  },
};

const reconcileOperations: CallHandler = {
  type: 'RECONCILE_OPERATIONS',
  counter: 'reconcile_operations',
  unsupportedByDrivers: true,
  perform(context, framework, { reconcile_operations: { operations = [] } = {} }) {
    const questions = operations.map(({ operation_id, agent_id }) => ({
      operationId: operation_id.value,
      agentId: agent_id?.value,
    }));
    for (const { uuid: _, ...status } of operationStatuses(context, framework, questions)) {
      // Without a uuid: it is not repeated, so it is not to be acknowledged.
      framework.connection?.send({ type: 'UPDATE_OPERATION_STATUS', update_operation_status: { status } });
    }
  },
};

const message: CallHandler = {
  type: 'MESSAGE',
  perform: (context, framework, { message }) => message && messageExecutor(context, framework, message),
};

/** A wish for certain resources: the allocator has its own mind. */
const request: CallHandler = { type: 'REQUEST', counter: 'resource_request', perform: () => undefined };

const handlers: readonly CallHandler[] = [
  teardown,
  accept,
  decline,
  acceptInverseOffers,
  declineInverseOffers,
  revive,
  suppress,
  kill,
  shutdown,
  acknowledgeStatus,
  acknowledgeOperationStatus,
  reconcileTasks,
  reconcileOperations,
  message,
  request,
];

const byType: ReadonlyMap<SchedulerCallType, CallHandler> = new Map(handlers.map(handler => [handler.type, handler]));

/** The handler of a call that is only taken, whatever comes of it; undefined for SUBSCRIBE, UPDATE_FRAMEWORK, UNKNOWN. */
export function handlerOf({ type }: SchedulerCall): CallHandler | undefined {
  return type && byType.get(type);
}

/**
 * Counts a call and carries it out. When hooks are to decorate its tasks that takes a while; the framework's later calls
 * wait, so that a kill does not overtake the launch it is about.
 */
export function performCall(
  context: MasterContext,
  framework: Framework,
  call: SchedulerCall,
  handler: CallHandler,
): void {
  if (handler.counter !== undefined) context.metrics.counter(`master/messages_${handler.counter}`).increment();
  countFrameworkCall(framework, call);
  const waits = call.accept !== undefined && isDecorated(context, call.accept);
  if (!waits && framework.busy === undefined) return handler.perform(context, framework, call);
  const turn = performInTurn(context, framework, call, handler)
    .catch(error => context.log.error('Failed to carry out a call', { error, framework_id: framework.id }))
    .finally(() => {
      if (framework.busy === turn) framework.busy = undefined;
    });
  framework.busy = turn;
}

async function performInTurn(
  context: MasterContext,
  framework: Framework,
  call: SchedulerCall,
  handler: CallHandler,
): Promise<void> {
  await framework.busy;
  const accept = call.accept && (await decorateTasks(context, framework, call.accept));
  if (context.cluster.frameworks.get(framework.id) !== framework) return;
  handler.perform(context, framework, accept ? { ...call, accept } : call);
}

/** UPDATE_FRAMEWORK: the one call whose sender waits for how it ends. @returns why nothing was changed. */
export function attemptUpdate(
  context: MasterContext,
  framework: Framework,
  { framework_info, suppressed_roles = [], offer_constraints }: SchedulerCallUpdateFramework,
): Problem {
  countFrameworkCall(framework, { type: 'UPDATE_FRAMEWORK' });
  return updateFramework(context, framework, {
    info: framework_info,
    suppressedRoles: suppressed_roles,
    offerConstraints: offer_constraints,
  });
}
