/** Installs the handlers of all messages, with the check of who may send them. */
import { networkInterfaces } from 'node:os';
import { type Asking, allows, type Open, open, type Question } from '@meseta/daemon';
import { formatPid, type Libprocess, type MessageHandler, type PeerAddress, type Pid } from '@meseta/process';
import {
  AcknowledgeOperationStatusMessage,
  ApplyOperationMessage,
  CheckpointResourcesMessage,
  DecodeError,
  DrainSlaveMessage,
  decode,
  type ExecutorID,
  ExecutorToFrameworkMessage,
  type FrameworkID,
  FrameworkToExecutorMessage,
  InvalidIdError,
  isUuid,
  KillTaskMessage,
  type MessageType,
  PingSlaveMessage,
  ReconcileOperationsMessage,
  RegisterExecutorMessage,
  ReregisterExecutorMessage,
  RunTaskGroupMessage,
  RunTaskMessage,
  ShutdownExecutorMessage,
  ShutdownFrameworkMessage,
  ShutdownMessage,
  SlaveRegisteredMessage,
  SlaveReregisteredMessage,
  StatusUpdateAcknowledgementMessage,
  StatusUpdateMessage,
  UpdateFrameworkMessage,
} from '@meseta/protocol';
import { ready, type Steps, TurnQueue } from '@meseta/system';
import { type AgentContext, isRegistered, type RegisteredContext } from '../context.ts';
import { shutdownExecutor } from '../executors/end.ts';
import { updateFramework } from '../frameworks.ts';
import type { Operations } from '../operations.ts';
import type { Registration } from '../registration/registration.ts';
import { shutdownFramework } from '../shutdown-framework.ts';
import type { Executor } from '../state/executor.ts';
import { acknowledgeStatus } from '../task-updates.ts';
import { drain } from './drain.ts';
import {
  onExecutorMessage,
  onRegisterExecutor,
  onReregisterExecutor,
  onStatusUpdate,
  refuseExecutor,
} from './executor-messages.ts';
import { frameworkToExecutor } from './framework-messages.ts';
import { killTask } from './kill-task.ts';
import { runTask, runTaskAccess } from './run-task.ts';
import { runTaskGroup, runTaskGroupAccess } from './run-task-group.ts';

/** What handlers need besides the context. */
export interface MessageTargets {
  readonly registration: Registration;
  readonly operations: Operations;
  /** Ends the agent with all it runs. */
  readonly shutdown: (why: string | undefined) => void;
}

type Handle<T> = (message: T, from: Pid, peer: PeerAddress) => void | Promise<void>;
/** Handles a message of an agent that has its id. */
type RegisteredHandle<T> = (context: RegisteredContext, message: T, from: Pid) => void | Promise<void>;
type Believes = (from: Pid, peer: PeerAddress, message: unknown) => boolean;
/** The authorization that a message needs, and what is done when it is denied. */
type MessageAccess<T> =
  | Open
  | (Asking<[message: T], 'RUN_TASK'> & { readonly refuse: (context: RegisteredContext, message: T) => void });

const fromMaster = open('Accepted only from the master that the agent is registered with.');
const fromScheduler = open("Accepted only from the master and the framework's scheduler.");
const fromExecutor = open('Accepted only from executors of this machine, about themselves.');

/**
 * Installs the handlers. A message whose sender may not send it, or that cannot be decoded, is counted and dropped: any
 * program that reaches the port can send anything.
 */
export function installMessages(
  context: AgentContext,
  transport: Libprocess,
  actor: string,
  { registration, operations, shutdown }: MessageTargets,
): void {
  const { agent, log, metrics } = context;
  const dropped = metrics.counter('slave/dropped_messages');
  const turns = new TurnQueue();
  /**
   * Handles messages of the master and of schedulers in order of arrival, also while their authorization is pending.
   */
  const inTurn = <T>(access: MessageAccess<T>, message: T, take: () => void | Promise<void>) => {
    if ('open' in access && turns.idle) return take();
    return new Promise<void>((resolve, reject) =>
      turns.run(function* (): Steps {
        const allowed = 'open' in access || (yield* ready(isAllowed(context, access.questions(message))));
        // Before it has an id the agent has nothing to refuse with; `take` says so.
        resolve(allowed || !isRegistered(context) ? take() : access.refuse(context, message));
      }, reject),
    );
  };
  const install = <T>(believes: Believes, type: MessageType<T>, access: MessageAccess<T>, handle: Handle<T>) => {
    // Drivers of v0 schedulers have no link to agents.
    const options = { mayHaveLeft: believes === scheduler };
    const receive: MessageHandler = async (from, body, peer) => {
      try {
        const message = decode(type, body);
        if (believes(from, peer, message)) {
          const take = () => handle(message, from, peer);
          return await (inOrder.has(believes) ? inTurn(access, message, take) : take());
        }
        log.debug('Dropped a message whose sender may not send it', {
          message: type.fullName,
          from: formatPid(from),
        });
      } catch (error) {
        if (!(error instanceof DecodeError || error instanceof InvalidIdError)) throw error;
        log.warning('Dropped a message that cannot be read', { message: type.fullName, from: formatPid(from), error });
      }
      dropped.increment();
    };
    transport.install(actor, type.fullName, receive, options);
  };

  /**
   * Installs a handler that needs the agent's id. Before the agent has one, it runs nothing that the message could
   * concern, so the message is ignored.
   *
   * @param early called in that case.
   */
  const installRegistered = <T>(
    believes: Believes,
    type: MessageType<T>,
    access: MessageAccess<T>,
    handle: RegisteredHandle<T>,
    early: (from: Pid) => void = () => undefined,
  ) =>
    install(believes, type, access, (message, from) => {
      if (isRegistered(context)) return handle(context, message, from);
      log.warning('Ignored a message that came before the agent has its id', {
        message: type.fullName,
        from: formatPid(from),
      });
      early(from);
    });

  /**
   * Installs a handler of what begins something. While the agent registers anew, the master has a list of what is here,
   * or is about to get one: it tells frameworks that all else is not here, so a launch that arrives late is dropped.
   */
  const installLaunch = <T>(type: MessageType<T>, access: MessageAccess<T>, handle: RegisteredHandle<T>) =>
    installRegistered(master, type, access, (registered, message, from) => {
      if (agent.state !== 'DISCONNECTED') return handle(registered, message, from);
      log.warning('Ignored a message of the time before the agent registers anew', { message: type.fullName });
      dropped.increment();
    });
  const invalidUpdate = () => metrics.counter('slave/invalid_status_updates').increment();
  const invalidMessage = () => metrics.counter('slave/invalid_framework_messages').increment();

  // An agent of a private cluster takes an executor's messages from the executor's user, all others from its owner.
  const { privacy } = context;
  const directs = (peer: PeerAddress) => privacy?.mayDirect(peer) ?? true;
  const master: Believes = (from, peer) => directs(peer) && registration.isMaster(from, peer);
  const observer: Believes = (from, peer) => directs(peer) && registration.isObserver(from, peer);
  const local: Believes = (_from, peer, message) =>
    isLocal(peer.address, context.ip) && (privacy?.mayBe(executorIn(context, message), peer) ?? true);
  // Drivers of v0 schedulers send these two past the master.
  const scheduler: Believes = (from, peer, message) => {
    const { framework_id } = message as { framework_id: FrameworkID };
    const pid = agent.frameworks.get(framework_id.value)?.pid;
    return master(from, peer, message) || (directs(peer) && pid !== undefined && pid === formatPid(from));
  };

  const inOrder = new Set([master, scheduler]);

  install(master, SlaveRegisteredMessage, fromMaster, (message, _, peer) => registration.onRegistered(message, peer));
  install(master, SlaveReregisteredMessage, fromMaster, (message, _, peer) =>
    registration.onReregistered(message, peer),
  );
  install(observer, PingSlaveMessage, fromMaster, (message, from, peer) => registration.onPing(from, message, peer));
  install(master, ShutdownMessage, fromMaster, ({ message }) => shutdown(message));

  install(master, CheckpointResourcesMessage, fromMaster, message => operations.checkpointResources(message));

  installLaunch(RunTaskMessage, runTaskAccess, runTask);
  installLaunch(RunTaskGroupMessage, runTaskGroupAccess, runTaskGroup);
  installRegistered(master, KillTaskMessage, fromMaster, killTask);
  installRegistered(
    scheduler,
    StatusUpdateAcknowledgementMessage,
    fromScheduler,
    (registered, { framework_id, task_id, uuid }) => {
      if (isUuid(uuid)) return acknowledgeStatus(registered, framework_id.value, task_id.value, uuid);
      dropped.increment();
    },
  );
  installRegistered(scheduler, FrameworkToExecutorMessage, fromScheduler, frameworkToExecutor, invalidMessage);
  installRegistered(master, UpdateFrameworkMessage, fromMaster, updateFramework);
  installRegistered(master, ShutdownFrameworkMessage, fromMaster, (registered, { framework_id }) => {
    const framework = agent.frameworks.get(framework_id.value);
    if (framework) shutdownFramework(registered, framework);
    else registered.statusUpdates.forget(framework_id.value);
  });
  installRegistered(master, ShutdownExecutorMessage, fromMaster, (registered, { framework_id, executor_id }) => {
    const framework = agent.frameworks.get(framework_id?.value ?? '');
    const executor = framework?.executors.get(executor_id?.value ?? '');
    if (framework && executor) shutdownExecutor(registered, framework, executor);
  });
  installRegistered(master, DrainSlaveMessage, fromMaster, (registered, { config }) => drain(registered, config));
  installLaunch(ApplyOperationMessage, fromMaster, (registered, message) => operations.apply(registered, message));
  installRegistered(master, ReconcileOperationsMessage, fromMaster, (registered, message) =>
    operations.reconcile(registered, message),
  );
  installRegistered(master, AcknowledgeOperationStatusMessage, fromMaster, (registered, message) =>
    operations.acknowledge(registered, message),
  );

  const refuse = (from: Pid) => refuseExecutor(context, formatPid(from));
  installRegistered(local, RegisterExecutorMessage, fromExecutor, onRegisterExecutor, refuse);
  installRegistered(local, ReregisterExecutorMessage, fromExecutor, onReregisterExecutor, refuse);
  installRegistered(local, StatusUpdateMessage, fromExecutor, onStatusUpdate, invalidUpdate);
  installRegistered(local, ExecutorToFrameworkMessage, fromExecutor, onExecutorMessage, invalidMessage);
}

/** A question that cannot be answered counts as a no. */
function isAllowed(
  { access, log }: AgentContext,
  questions: readonly Question<'RUN_TASK'>[],
): boolean | Promise<boolean> {
  const principal = questions[0]?.object.framework_info.principal;
  const answer = allows(access, principal === undefined ? undefined : { value: principal }, questions);
  if (typeof answer === 'boolean') return answer;
  return answer.catch((error: unknown) => {
    log.error('Cannot find out whether a task may run', { error });
    return false;
  });
}

/** Whether the other end of a connection is on this machine, as executors are. */
function isLocal(address: string, own: string): boolean {
  const plain = address.replace(/^::ffff:/, '');
  if (plain.startsWith('127.') || plain === '::1' || plain === own) return true;
  return Object.values(networkInterfaces()).some(list => list?.some(each => each.address === plain));
}

/** The executor that a driver's message is about. */
function executorIn({ agent }: AgentContext, message: unknown): Executor | undefined {
  const { update, ...own } = message as ExecutorMessage & { readonly update?: ExecutorMessage };
  const { framework_id, executor_id } = update ?? own;
  const framework = agent.frameworks.get(framework_id?.value ?? '');
  return framework?.executors.get(executor_id?.value ?? '');
}

interface ExecutorMessage {
  readonly framework_id?: FrameworkID;
  readonly executor_id?: ExecutorID;
}
