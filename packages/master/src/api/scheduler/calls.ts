import { asker, type Open, open } from '@meseta/daemon';
import type { SchedulerCall, SchedulerCallType, SchedulerCallUpdateFramework } from '@meseta/protocol';
import type { Steps } from '@meseta/system';
import type { MasterContext } from '../../context.ts';
import { type AskToRegister, registration } from '../../frameworks/authorize.ts';
import { messageExecutor, shutDownExecutor } from '../../frameworks/executor-messages.ts';
import { removeFramework } from '../../frameworks/remove.ts';
import { reviveOffers, suppressOffers } from '../../frameworks/roles.ts';
import { updateFramework } from '../../frameworks/update.ts';
import { countFrameworkCall } from '../../metrics/framework-metrics.ts';
import { acceptOffers } from '../../offers/accept/accept.ts';
import { declineOffers } from '../../offers/decline.ts';
import { answerInverseOffers } from '../../offers/inverse.ts';
import type { Framework } from '../../state/framework.ts';
import { acknowledge, acknowledgeOperation, killTask, operationStatuses, reconcile } from '../../tasks/index.ts';

/** A call of a subscribed framework, valid by itself. */
interface CallHead {
  /** Why nothing is asked. */
  readonly access: Open;
  /** Name of the counter of these calls; where it is not here, the call counts itself. */
  readonly counter?: string;
  /** The message for drivers, which have no events for the answer. */
  readonly unsupportedByDrivers?: true;
}

/** See {@link CallHead}. */
export type CallHandler = CallHead &
  (
    | { perform(context: MasterContext, framework: Framework, call: SchedulerCall): void }
    /** Of a call that may have to wait for something. */
    | { steps(context: MasterContext, framework: Framework, call: SchedulerCall): Steps }
  );

/** A call about what a framework is. It is not performed in its turn, because its answer says how it ended. */
interface RegistrationCall {
  readonly access: typeof registration;
}

const own = open('Accepted only from the scheduler that registered the framework, about itself.');

const teardown: CallHandler = {
  access: own,
  counter: 'master/messages_unregister_framework',
  perform: (context, framework) => void removeFramework(context, framework),
};

const accept: CallHandler = {
  access: open('Every operation asks for itself.'),
  *steps(context, framework, { accept }) {
    if (accept) yield* acceptOffers(context, framework, accept);
  },
};

const decline: CallHandler = {
  access: own,
  perform: (context, framework, { decline }) => decline && declineOffers(context, framework, decline),
};

const acceptInverseOffers: CallHandler = {
  access: own,
  perform: (context, framework, { accept_inverse_offers: { inverse_offer_ids = [], filters } = {} }) =>
    answerInverseOffers(context, framework, 'ACCEPT', inverse_offer_ids, filters),
};

const declineInverseOffers: CallHandler = {
  access: own,
  perform: (context, framework, { decline_inverse_offers: { inverse_offer_ids = [], filters } = {} }) =>
    answerInverseOffers(context, framework, 'DECLINE', inverse_offer_ids, filters),
};

const revive: CallHandler = {
  access: own,
  perform: (context, framework, { revive }) => reviveOffers(context, framework, revive?.roles ?? []),
};

const suppress: CallHandler = {
  access: own,
  perform: (context, framework, { suppress }) => suppressOffers(context, framework, suppress?.roles ?? []),
};

const kill: CallHandler = {
  access: own,
  counter: 'master/messages_kill_task',
  perform(context, framework, { kill }) {
    if (!kill) return;
    const { task_id, agent_id, kill_policy } = kill;
    killTask(context, framework, { taskId: task_id.value, agentId: agent_id?.value, killPolicy: kill_policy });
  },
};

const shutdown: CallHandler = {
  access: own,
  perform: (context, framework, { shutdown }) => shutdown && shutDownExecutor(context, framework, shutdown),
};

const acknowledgeStatus: CallHandler = {
  access: own,
  counter: 'master/messages_status_update_acknowledgement',
  perform(context, framework, { acknowledge: ack }) {
    if (!ack) return;
    acknowledge(context, framework, { taskId: ack.task_id.value, agentId: ack.agent_id.value, uuid: ack.uuid });
  },
};

const acknowledgeOperationStatus: CallHandler = {
  access: own,
  counter: 'master/messages_operation_status_update_acknowledgement',
  unsupportedByDrivers: true,
  perform(context, framework, { acknowledge_operation_status: ack }) {
    if (!ack) return;
    const { operation_id, uuid, agent_id } = ack;
    acknowledgeOperation(context, framework, { operationId: operation_id.value, uuid, agentId: agent_id?.value });
  },
};

const reconcileTasks: CallHandler = {
  access: own,
  counter: 'master/messages_reconcile_tasks',
  *steps(context, framework, { reconcile: { tasks = [] } = {} }) {
    const questions = tasks.map(({ task_id, agent_id }) => ({ taskId: task_id.value, agentId: agent_id?.value }));
    yield* reconcile(context, framework, questions);
  },
};

const reconcileOperations: CallHandler = {
  access: own,
  counter: 'master/messages_reconcile_operations',
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
  access: own,
  perform: (context, framework, { message }) => message && messageExecutor(context, framework, message),
};

/** REQUEST is counted and ignored. */
const request: CallHandler = { access: own, counter: 'master/messages_resource_request', perform: () => undefined };

type RegistrationCallType = 'SUBSCRIBE' | 'UPDATE_FRAMEWORK';

/** Every call with its entry. Those that are not about registration are answered with 202 before they are performed. */
export const schedulerCalls: Readonly<
  Record<RegistrationCallType, RegistrationCall> &
    Record<Exclude<SchedulerCallType, 'UNKNOWN' | RegistrationCallType>, CallHandler>
> = {
  SUBSCRIBE: { access: registration },
  UPDATE_FRAMEWORK: { access: registration },
  TEARDOWN: teardown,
  ACCEPT: accept,
  DECLINE: decline,
  ACCEPT_INVERSE_OFFERS: acceptInverseOffers,
  DECLINE_INVERSE_OFFERS: declineInverseOffers,
  REVIVE: revive,
  SUPPRESS: suppress,
  KILL: kill,
  SHUTDOWN: shutdown,
  ACKNOWLEDGE: acknowledgeStatus,
  ACKNOWLEDGE_OPERATION_STATUS: acknowledgeOperationStatus,
  RECONCILE: reconcileTasks,
  RECONCILE_OPERATIONS: reconcileOperations,
  MESSAGE: message,
  REQUEST: request,
};

/**
 * Returns the handler of a call that is answered with 202 before it is performed; undefined for SUBSCRIBE,
 * UPDATE_FRAMEWORK, UNKNOWN.
 */
export function handlerOf({ type }: SchedulerCall): CallHandler | undefined {
  const entries: Partial<Record<SchedulerCallType, CallHandler | RegistrationCall>> = schedulerCalls;
  const entry = entries[type ?? 'UNKNOWN'];
  return entry && ('perform' in entry || 'steps' in entry) ? entry : undefined;
}

/** Returns the function with which a call about registration asks what its entry names. */
export function askOf({ access }: MasterContext, type: RegistrationCallType): AskToRegister {
  return asker(access, schedulerCalls[type].access);
}

/**
 * Counts a call and carries it out: at once, unless a call before it has to wait (for hooks, or for whether it is
 * allowed). Then it is carried out after that one.
 */
export function performCall(
  context: MasterContext,
  framework: Framework,
  call: SchedulerCall,
  handler: CallHandler,
): void {
  if (handler.counter !== undefined) context.metrics.counter(handler.counter).increment();
  countFrameworkCall(framework, call);
  framework.calls.run(
    () => (isHere(context, framework) ? perform(context, framework, call, handler) : undefined),
    error => context.log.error('Failed to carry out a call', { error, framework_id: framework.id }),
  );
}

function perform(
  context: MasterContext,
  framework: Framework,
  call: SchedulerCall,
  handler: CallHandler,
): Steps | undefined {
  if ('steps' in handler) return handler.steps(context, framework, call);
  handler.perform(context, framework, call);
  return undefined;
}

const isHere = ({ cluster }: MasterContext, framework: Framework) => cluster.frameworks.get(framework.id) === framework;

/** UPDATE_FRAMEWORK: the one call whose sender waits for how it ends. @returns why nothing was changed. */
export function attemptUpdate(
  context: MasterContext,
  framework: Framework,
  { framework_info, suppressed_roles = [], offer_constraints }: SchedulerCallUpdateFramework,
): ReturnType<typeof updateFramework> {
  countFrameworkCall(framework, { type: 'UPDATE_FRAMEWORK' });
  const request = {
    info: framework_info,
    suppressedRoles: suppressed_roles,
    offerConstraints: offer_constraints,
  };
  return updateFramework(context, framework, request, askOf(context, 'UPDATE_FRAMEWORK'));
}
