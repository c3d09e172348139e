import { settled } from '@meseta/daemon';
import { checkId, type FrameworkId } from '@meseta/protocol';
import { authenticationProblem, releasePeer, usePeer } from '../authentication/framework-authentication.ts';
import type { MasterContext } from '../context.ts';
import { CountedConnection } from '../metrics/framework-metrics.ts';
import { Framework, type SchedulerConnection } from '../state/framework.ts';
import { admissionProblem, type FrameworkRequest, optionsProblem } from './admission.ts';
import { type AskToRegister, authorizationProblem } from './authorize.ts';
import { disconnectFramework } from './disconnect.ts';
import { infoUpdateProblem, withImmutableFields } from './framework-info.ts';
import { recoverFramework } from './recover.ts';
import { announceFramework, applyRequest } from './update.ts';

/** The interval of HEARTBEAT events on a framework's stream, as in Mesos. */
export const heartbeatSeconds = 15;

const FAILED_OVER = 'Framework failed over';

/**
 * A v1 SUBSCRIBE, for the first time or again: the newest stream of a framework is always the one that counts. What is
 * wrong with it comes as an ERROR event.
 *
 * @see Mesos src/master/master.cpp, Master::subscribe
 */
export function subscribe(
  context: MasterContext,
  request: FrameworkRequest,
  connection: SchedulerConnection,
  ask: AskToRegister,
): void {
  whenAllowed(context, request, connection, ask, () => {
    if (!request.info.id?.value) return admit(context, request, connection);
    resume(context, { ...request, failover: true }, connection, () => undefined);
  });
}

/** What a v0 driver says in RegisterFramework and ReregisterFramework. */
export interface DriverRequest extends FrameworkRequest {
  /** It is another process than the one that registered before. */
  readonly failover: boolean;
}

/**
 * A v0 driver registers or re-registers. One that repeats itself gets the same answer again. One with another address
 * than before must say that it fails over; else it is taken for the old one, cut off for a while.
 *
 * @see Mesos src/master/master.cpp, Master::subscribe and Master::_subscribe for pids
 */
export function subscribeDriver(
  context: MasterContext,
  request: DriverRequest,
  connection: SchedulerConnection,
  ask: AskToRegister,
): void {
  const unproven = authenticationProblem(context, connection, request.info);
  if (unproven !== undefined) return refuse(context, request, connection, unproven);
  whenAllowed(context, request, connection, ask, () => {
    // It may authenticate anew meanwhile, and registers again after that.
    const problem = authenticationProblem(context, connection, request.info);
    if (problem === undefined) return takeDriver(context, request, connection);
    context.log.info(`Dropped a registration: ${problem}`, { pid: connection.pid });
  });
}

function takeDriver(context: MasterContext, request: DriverRequest, connection: SchedulerConnection): void {
  const { pid } = connection;
  const atPid = [...context.cluster.frameworks.values()].find(({ connection: old }) => old?.pid === pid);
  const id = request.info.id?.value;
  if (!id) {
    if (!atPid) return admit(context, request, connection);
    context.log.info('Framework is registered already, telling it again', { framework_id: atPid.id, pid });
    usePeer(context, connection);
    return open(context, atPid, false);
  }
  if (atPid && atPid.id !== id) {
    // No answer: it would reach the framework that is registered there.
    return context.log.error('Dropped a registration from the address of another framework', { framework_id: id, pid });
  }
  resume(context, request, connection, framework =>
    framework.recovered || framework.pid === pid || request.failover ? undefined : FAILED_OVER,
  );
}

/** Continues with a valid and authorized request; immediately unless the authorization has to be awaited. */
function whenAllowed(
  context: MasterContext,
  request: FrameworkRequest,
  connection: SchedulerConnection,
  ask: AskToRegister,
  take: () => void,
): void {
  const invalid = requestProblem(context, request);
  if (invalid !== undefined) return refuse(context, request, connection, invalid);
  void settled(authorizationProblem(ask, request.info), unauthorized => {
    // It may have been removed meanwhile.
    const problem = unauthorized ?? admissionProblem(context, request.info);
    if (problem !== undefined) refuse(context, request, connection, problem);
    else take();
  });
}

function requestProblem(context: MasterContext, request: FrameworkRequest): string | undefined {
  return admissionProblem(context, request.info) ?? optionsProblem(context, request);
}

function refuse(
  context: MasterContext,
  { info }: FrameworkRequest,
  connection: SchedulerConnection,
  problem: string,
): void {
  context.log.info(`Refused a framework: ${problem}`, { name: info.name, framework_id: info.id?.value });
  connection.close(problem);
}

/** Adds a framework that subscribes for the first time. */
function admit(context: MasterContext, request: FrameworkRequest, connection: SchedulerConnection): void {
  const { cluster, flags, allocation } = context;
  const id: FrameworkId = checkId(`${context.id}-${String(cluster.nextFrameworkNumber()).padStart(4, '0')}`);
  const framework = new Framework(id, request.info, 'active', {
    maxCompletedTasks: flags.max_completed_tasks_per_framework,
    maxUnreachableTasks: flags.max_unreachable_tasks_per_framework,
  });
  framework.registeredAt = framework.reregisteredAt = context.clock.now();
  framework.suppressedRoles = new Set(request.suppressedRoles);
  framework.offerConstraints = request.offerConstraints;
  framework.connection = new CountedConnection(framework, connection);
  framework.pid = connection.pid;
  usePeer(context, connection);
  context.log.info('Framework subscribed', { framework_id: id, name: request.info.name, pid: connection.pid });
  cluster.addFramework(framework);
  allocation.addFramework(framework);
  open(context, framework, false);
}

/** A framework with an id: known, known from its agents, or (after a change of master) not known at all. */
function resume(
  context: MasterContext,
  request: DriverRequest,
  connection: SchedulerConnection,
  check: (framework: Framework) => string | undefined,
): void {
  const id = request.info.id?.value ?? '';
  const framework = context.cluster.frameworks.get(id) ?? recoverFramework(context, request.info);
  const info = withImmutableFields(framework.info, request.info);
  const problem = infoUpdateProblem(framework.info, info) ?? check(framework);
  if (problem !== undefined) return refuse(context, request, connection, problem);
  const again = !framework.recovered && !request.failover;
  framework.reregisteredAt = context.clock.now();
  framework.registeredAt ??= framework.reregisteredAt;
  context.log.info('Framework subscribed again', { framework_id: id, pid: connection.pid });
  attach(context, framework, connection, again, { ...request, info });
  announceFramework(context, framework);
}

/** Puts a connection in the place of the one before, whose offers are void. */
function attach(
  context: MasterContext,
  framework: Framework,
  connection: SchedulerConnection,
  again: boolean,
  request: FrameworkRequest,
): void {
  const old = framework.connection;
  framework.connection = new CountedConnection(framework, connection);
  const samePid = connection.pid !== undefined && connection.pid === framework.pid;
  framework.pid = connection.pid;
  if (old && !samePid) releasePeer(context, old);
  usePeer(context, connection);
  old?.close(samePid ? undefined : FAILED_OVER);
  framework.cancelFailover?.();
  framework.cancelFailover = undefined;
  const wasActive = framework.active;
  framework.state = 'active';
  applyRequest(context, framework, request);
  if (!wasActive) context.allocation.activateFramework(framework);
  open(context, framework, again);
  // A driver that re-registers may have answered offers that are gone, so the master tells it which are: now that it is
  // registered, because drivers ignore that before. Other schedulers drop their offers.
  context.offers.takeBackAll(framework, { tell: again });
}

function open(context: MasterContext, framework: Framework, again: boolean): void {
  const { connection } = framework;
  const subscribed = {
    framework_id: { value: framework.id },
    heartbeat_interval_seconds: heartbeatSeconds,
    master_info: context.info,
  };
  const disconnected = () => connection && disconnectFramework(context, framework, connection);
  connection?.open(subscribed, again, () => {
    // A driver sends what it has to say and ends: that is handled first. Schedulers of v1 wait for their answers.
    if (connection.kind === 'driver') context.frameworkLimiter.after(framework, disconnected);
    else disconnected();
  });
}
