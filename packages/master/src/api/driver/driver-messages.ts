import { type Open, open, settled } from '@meseta/daemon';
import {
  DeactivateFrameworkMessage,
  DriverSchedulerCall,
  FrameworkToExecutorMessage,
  KillTaskMessage,
  LaunchTasksMessage,
  type MessageType,
  ReconcileTasksMessage,
  RegisterFrameworkMessage,
  ReregisterFrameworkMessage,
  ResourceRequestMessage,
  ReviveOffersMessage,
  type SchedulerCall,
  StatusUpdateAcknowledgementMessage,
  UnregisterFrameworkMessage,
  type WireId,
} from '@meseta/protocol';
import { withPrincipal } from '../../authentication/framework-authentication.ts';
import type { MasterContext } from '../../context.ts';
import { type AskToRegister, registration } from '../../frameworks/authorize.ts';
import { deactivateFramework } from '../../frameworks/disconnect.ts';
import { subscribeDriver } from '../../frameworks/subscribe.ts';
import type { Framework } from '../../state/framework.ts';
import { askOf, attemptUpdate, handlerOf, performCall } from '../scheduler/calls.ts';
import { callProblem } from '../scheduler/validate-call.ts';
import { DriverConnection } from './driver-connection.ts';

/** Who sends a message: the address he gives, and where the message came from. */
interface Sender {
  readonly pid: string;
  readonly peer: string;
}

/** One message of v0 drivers. */
interface DriverMessage {
  readonly name: string;
  /** What is asked before it is handled. A message that is a call asks what the call asks. */
  readonly access: Open | typeof registration;
  install(context: MasterContext): void;
}

const own = open('Accepted only from the process that registered the framework.');
const asCall = open('It is a call, and asks what that asks.');

/** Makes the handler of a message that any process may send. It asks with `ask` what the entry names. */
function fromAnyProcess<T>(
  type: MessageType<T>,
  access: DriverMessage['access'],
  handle: (context: MasterContext, from: Sender, message: T, ask: AskToRegister) => void,
): DriverMessage {
  return {
    name: type.fullName,
    access,
    install: (context: MasterContext) =>
      context.messages.install('master', type, access, (pid, message, peer, ask) =>
        handle(context, { pid, peer }, message, ask),
      ),
  };
}

/** A message that means a call of the v1 API; the driver must be the one that registered the framework. */
function call<T extends { framework_id: { value: string } }>(
  type: MessageType<T>,
  toCall: (message: T) => SchedulerCall,
): DriverMessage {
  return fromAnyProcess(type, asCall, (context, from, message) =>
    takeCall(context, from, type, { ...toCall(message), framework_id: message.framework_id }),
  );
}

const register = fromAnyProcess(RegisterFrameworkMessage, registration, (context, from, { framework: info }, ask) => {
  if (info.id?.value) return refuse(context, from, "Registering with 'id' already set");
  context.metrics.counter('master/messages_register_framework').increment();
  subscribeFrom(context, from, { framework_info: info }, ask);
});

const reregister = fromAnyProcess(
  ReregisterFrameworkMessage,
  registration,
  (context, from, { framework: info, failover }, ask) => {
    if (!info.id?.value) return refuse(context, from, "Re-registering without an 'id'");
    context.metrics.counter('master/messages_reregister_framework').increment();
    subscribeAgain(context, from, ReregisterFrameworkMessage, { framework_info: info, force: failover }, ask);
  },
);

const unregister = call(UnregisterFrameworkMessage, () => ({ type: 'TEARDOWN' }));

const deactivate = fromAnyProcess(DeactivateFrameworkMessage, own, (context, from, { framework_id }) => {
  context.metrics.counter('master/messages_deactivate_framework').increment();
  const framework = senderOf(context, from, framework_id.value);
  if (!framework) return;
  inTurn(context, from, framework, DeactivateFrameworkMessage, () => deactivateFramework(context, framework));
});

const resourceRequest = call(ResourceRequestMessage, ({ requests }) => ({
  type: 'REQUEST',
  request: { ...(requests && { requests }) },
}));

/** Without tasks it is a decline. */
const launchTasks = call(LaunchTasksMessage, ({ tasks, filters, offer_ids }) => {
  const offers = { filters, ...(offer_ids && { offer_ids }) };
  if (!tasks?.length) return { type: 'DECLINE', decline: offers };
  return { type: 'ACCEPT', accept: { ...offers, operations: [{ type: 'LAUNCH', launch: { task_infos: tasks } }] } };
});

const reviveOffers = call(ReviveOffersMessage, ({ roles }) => ({
  type: 'REVIVE',
  revive: { ...(roles && { roles }) },
}));

const killTask = call(KillTaskMessage, ({ task_id, kill_policy }) => ({
  type: 'KILL',
  kill: { task_id, ...(kill_policy && { kill_policy }) },
}));

const acknowledge = call(StatusUpdateAcknowledgementMessage, ({ agent_id, task_id, uuid }) => ({
  type: 'ACKNOWLEDGE',
  acknowledge: { agent_id, task_id, uuid },
}));

const frameworkToExecutor = call(FrameworkToExecutorMessage, ({ agent_id, executor_id, data }) => ({
  type: 'MESSAGE',
  message: { agent_id, executor_id, data },
}));

const reconcileTasks = call(ReconcileTasksMessage, ({ statuses = [] }) => ({
  type: 'RECONCILE',
  reconcile: { tasks: statuses.map(({ task_id, agent_id }) => ({ task_id, ...(agent_id && { agent_id }) })) },
}));

/** What modern drivers send for most things. */
const schedulerCall = fromAnyProcess(DriverSchedulerCall, asCall, (context, from, message) => {
  if (message.type !== 'SUBSCRIBE' || !message.subscribe) return takeCall(context, from, DriverSchedulerCall, message);
  const problem = callProblem(message, undefined);
  if (problem !== undefined) return drop(context, from, message, problem);
  subscribeAgain(context, from, DriverSchedulerCall, message.subscribe, askOf(context, 'SUBSCRIBE'));
});

/** All of them. */
export const driverMessages: readonly DriverMessage[] = [
  register,
  reregister,
  unregister,
  deactivate,
  resourceRequest,
  launchTasks,
  reviveOffers,
  killTask,
  acknowledge,
  frameworkToExecutor,
  reconcileTasks,
  schedulerCall,
];

/** Begins to listen to v0 scheduler drivers. */
export function installDriverMessages(context: MasterContext): void {
  for (const message of driverMessages) message.install(context);
}

function subscribeFrom(
  context: MasterContext,
  { pid, peer }: Sender,
  subscribe: NonNullable<DriverSchedulerCall['subscribe']>,
  ask: AskToRegister,
): void {
  const { framework_info, suppressed_roles = [], offer_constraints, force = false } = subscribe;
  const options = { suppressedRoles: suppressed_roles, offerConstraints: offer_constraints, failover: force };
  void context.authentication.whenSettled(pid, peer, () => {
    if (context.authentication.isForged(pid, peer)) {
      // No answer: it would reach the driver that is there.
      context.metrics.counter('master/dropped_messages').increment();
      context.log.warning('Dropped a registration: its driver has authenticated from another IP address', {
        pid,
        peer,
      });
      return;
    }
    const connection = new DriverConnection(context, pid, peer);
    const info = withPrincipal(context, connection, framework_info);
    subscribeDriver(context, { ...options, info }, connection, ask);
  });
}

/** A registration of a framework that may be registered already. */
function subscribeAgain(
  context: MasterContext,
  from: Sender,
  type: MessageType<unknown>,
  subscribe: NonNullable<DriverSchedulerCall['subscribe']>,
  ask: AskToRegister,
): void {
  const framework = context.cluster.frameworks.get(subscribe.framework_info.id?.value ?? '');
  const register = () => subscribeFrom(context, from, subscribe, ask);
  if (framework && isFrom(framework, from)) inTurn(context, from, framework, type, register);
  else register();
}

/**
 * Handles a message of a registered framework when its rate limit allows. It is dropped with an error when too many
 * wait, which ends the driver, as in Mesos.
 */
function inTurn(
  context: MasterContext,
  { pid, peer }: Sender,
  framework: Framework,
  { fullName }: MessageType<unknown>,
  handle: () => void,
): void {
  const { cluster, frameworkLimiter } = context;
  const problem = frameworkLimiter.take(framework, fullName, () => {
    // It may have been removed, or another process taken its place, while the message waited.
    const { connection } = framework;
    if (cluster.frameworks.get(framework.id) === framework && (!connection || isFrom(framework, { pid, peer })))
      handle();
  });
  if (problem !== undefined) new DriverConnection(context, pid, peer).close(problem);
}

function refuse(context: MasterContext, { pid, peer }: Sender, problem: string): void {
  context.log.info(`Refused a framework: ${problem}`, { pid });
  new DriverConnection(context, pid, peer).close(problem);
}

function isFrom({ connection }: Framework, { pid, peer }: Sender): boolean {
  return connection?.pid === pid && connection.peer === peer;
}

/**
 * Returns the framework a sender may speak for: its address is the registered one, and so is where the message came
 * from. Without it the message is dropped.
 */
function senderOf(
  context: MasterContext,
  { pid, peer }: Sender,
  frameworkId: WireId<'framework'>,
): Framework | undefined {
  const framework = context.cluster.frameworks.get(frameworkId);
  if (framework && isFrom(framework, { pid, peer })) return framework;
  context.metrics.counter('master/dropped_messages').increment();
  if (framework && !framework.connection && framework.pid === pid) {
    // The link to the driver broke, which the driver cannot notice: after this message it ends itself.
    refuse(context, { pid, peer }, 'Framework disconnected');
  } else {
    const why = framework ? 'it does not come from the registered framework' : 'the framework cannot be found';
    context.log.warning(`Dropped a message: ${why}`, { framework_id: frameworkId, pid });
  }
  return undefined;
}

/** Carries out what a driver asks for. */
function takeCall(context: MasterContext, from: Sender, type: MessageType<unknown>, message: SchedulerCall): void {
  const problem = callProblem(message, undefined);
  if (problem !== undefined) return drop(context, from, message, problem);
  const framework = senderOf(context, from, message.framework_id?.value ?? '');
  if (framework) inTurn(context, from, framework, type, () => performOf(context, from, framework, message));
}

function performOf(context: MasterContext, from: Sender, framework: Framework, message: SchedulerCall): void {
  if (message.update_framework && message.type === 'UPDATE_FRAMEWORK') {
    void settled(attemptUpdate(context, framework, message.update_framework), refusal => {
      if (refusal) framework.connection?.send({ type: 'ERROR', error: { message: refusal.problem } });
    });
    return;
  }
  const handler = handlerOf(message);
  if (!handler) return drop(context, from, message, 'unknown call');
  if (handler.unsupportedByDrivers) return drop(context, from, message, 'not supported by the v0 API');
  performCall(context, framework, message, handler);
}

function drop(context: MasterContext, { pid }: Sender, { type, framework_id }: SchedulerCall, problem: string): void {
  context.metrics.counter('master/dropped_messages').increment();
  context.log.warning(`Dropped ${type ?? 'a call'} of a driver: ${problem}`, {
    pid,
    framework_id: framework_id?.value,
  });
}
