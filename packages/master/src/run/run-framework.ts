/** A framework whose scheduler is a part of the master: it runs the tasks that one principal asked for. */
import {
  checkId,
  type FrameworkId,
  type FrameworkInfo,
  type KillPolicy,
  type SchedulerCall,
  type SchedulerEvent,
  type TaskId,
  type WireId,
} from '@meseta/protocol';
import { handlerOf, performCall } from '../api/scheduler/calls.ts';
import type { MasterContext } from '../context.ts';
import { admissionProblem } from '../frameworks/admission.ts';
import { subscribe } from '../frameworks/subscribe.ts';
import { announceFramework, applyRequest } from '../frameworks/update.ts';
import type { Framework } from '../state/framework.ts';
import { FieldError } from '../validation/fields.ts';
import { BuiltInConnection } from './built-in-connection.ts';
import { frameworkInfoOf } from './identity.ts';
import type { RunRequest } from './run-request.ts';
import { newTaskId } from './task-id.ts';
import {
  type Effect,
  type Input,
  noTasks,
  rolesOf,
  step,
  type WaitingTask,
  type WaitingTasks,
} from './waiting-tasks.ts';

/** How many tasks of one principal may wait. */
export const maxWaiting = 1000;

/** How long a role is kept that is not used: all agents are told of each change, and the next task is often of the same role. */
export const idleRoleMs = 30_000;

/** The master does not take the framework. */
export class FrameworkRefusedError extends Error {
  override readonly name = 'FrameworkRefusedError';
  readonly code = 'TASK_REFUSED';
}

/** So many tasks wait that no more are taken. */
export class TooManyWaitingError extends Error {
  override readonly name = 'TooManyWaitingError';
  readonly code = 'TASKS_WAITING';

  /** @param about how many wait, how many may, and how many more were asked for. */
  constructor({ waiting, most, asked }: { readonly waiting: number; readonly most: number; readonly asked: number }) {
    super(`${waiting} tasks wait for resources already and ${most} may; ${asked} more are not taken`);
  }
}

/**
 * The built-in framework of one principal: registered like any framework, offered resources by the allocator only while tasks wait,
 * and it acknowledges all statuses.
 *
 * When another scheduler of the same principal subscribes with its id, that one has the framework, until the next run.
 */
export class RunFramework {
  readonly id: FrameworkId;
  readonly principal: string | undefined;
  readonly #context: MasterContext;
  #tasks: WaitingTasks = noTasks;
  #connection: BuiltInConnection;
  #cancelTimer: () => void = () => undefined;
  #cancelLookForIdleRoles: (() => void) | undefined;
  /** Whether the master has taken it once: when it is gone then, it was torn down. */
  wasSubscribed = false;

  constructor(context: MasterContext, id: FrameworkId, principal: string | undefined) {
    this.#context = context;
    this.id = id;
    this.principal = principal;
    this.#connection = this.#newConnection();
  }

  /** Its tasks that are not launched. */
  get tasks(): WaitingTasks {
    return this.#tasks;
  }

  /** Returns a task that waits or is being launched. */
  find(id: WireId<'task'>): WaitingTask | undefined {
    const { waiting, launching } = this.#tasks;
    return waiting.find(task => task.id === id) ?? launching.values().find(task => task.id === id);
  }

  /** The framework as the master knows it; undefined before its first task, and when it was torn down. */
  get framework(): Framework | undefined {
    return this.#context.cluster.frameworks.get(this.id);
  }

  /** Takes over the framework that is known from its agents: from now on its statuses are acknowledged. */
  adopt({ info }: Framework): void {
    this.#subscribe(info, info.roles ?? []);
    this.lookForIdleRoles();
  }

  /** Drops, some time later, the roles in which nothing waits or runs then. Call it when something has ended. */
  lookForIdleRoles(): void {
    this.#cancelLookForIdleRoles ??= this.#context.clock.after(idleRoleMs, () => {
      this.#cancelLookForIdleRoles = undefined;
      this.#dropIdleRoles();
    });
  }

  /**
   * Takes tasks, which wait for offers from now on.
   *
   * @returns their ids.
   * @throws {TooManyWaitingError}
   * @throws {FrameworkRefusedError} the master does not take the framework, with this user for example.
   * @throws {FieldError} there is such a task already.
   */
  run({ task, role, amounts, count, waitMs }: RunRequest): readonly TaskId[] {
    const { waiting } = this.#tasks;
    if (waiting.length + count > maxWaiting) {
      throw new TooManyWaitingError({ waiting: waiting.length, most: maxWaiting, asked: count });
    }
    const ids = Array.from({ length: count }, () => this.#newId(task.task_id?.value, task.name));
    this.#ready(role, (task.command ?? task.executor?.command)?.user ?? '', 'gpus' in amounts);
    const since = this.#context.clock.steady();
    const tasks = ids.map((id): WaitingTask => {
      return { id, task: { ...task, task_id: { value: id } }, role, amounts, since, until: since + waitMs };
    });
    this.#take({ type: 'run', tasks });
    return ids;
  }

  /** Gives up a task that waits. @returns false when it does not wait. */
  cancel(id: WireId<'task'>, message: string): boolean {
    const task = this.find(id);
    if (!task || this.#tasks.launching.has(task.id)) return false;
    this.#take({ type: 'cancel', id: task.id, message });
    return true;
  }

  /**
   * Kills a task that is being launched: the kill follows the launch. @param message said of it when the launch comes to nothing.
   *
   * @returns false when it is not being launched.
   */
  kill(id: WireId<'task'>, killPolicy: KillPolicy | undefined, message: string): boolean {
    const { framework } = this;
    const task = this.find(id);
    if (!framework || !task || !this.#tasks.launching.has(task.id) || framework.tasks.has(id)) return false;
    this.#take({ type: 'cancel', id: task.id, message });
    const kill = { task_id: { value: id }, ...(killPolicy && { kill_policy: killPolicy }) };
    this.#call(framework, { type: 'KILL', kill });
    return true;
  }

  /** Ends it with the term of the master. */
  stop(): void {
    this.#cancelTimer();
    this.#cancelLookForIdleRoles?.();
    this.#connection.end();
  }

  #newId(asked: string | undefined, name: string): TaskId {
    if (asked === undefined) return newTaskId(name, made => this.#isTaken(made));
    const id = checkId<'task'>(asked);
    if (this.#isTaken(id)) throw new FieldError('task.task_id', `is '${id}', and there is such a task already`);
    return id;
  }

  #isTaken(id: TaskId): boolean {
    const { framework } = this;
    if (this.find(id) !== undefined) return true;
    return framework !== undefined && (framework.tasks.has(id) || framework.unreachableTasks.has(id));
  }

  /** Registers the framework, or changes it, so that it may be offered resources of the role. */
  #ready(role: string, user: string, wantsGpus: boolean): void {
    const { framework } = this;
    const roles = [...new Set([...this.#rolesInUse(framework), role])];
    const gpus = wantsGpus || this.#tasks.waiting.some(({ amounts }) => 'gpus' in amounts);
    const wanted = frameworkInfoOf(this.id, { principal: this.principal, user, roles, wantsGpus: gpus });
    if (!framework || !this.#connection.isOpen) return this.#subscribe(wanted, roles);
    const info: FrameworkInfo = { ...wanted, user: framework.info.user };
    const isSame = sameSet(framework.roles, roles) && framework.has('GPU_RESOURCES') === gpus;
    if (isSame) return;
    const problem = admissionProblem(this.#context, info);
    if (problem !== undefined) throw new FrameworkRefusedError(problem);
    this.#update(framework, info, roles);
  }

  #dropIdleRoles(): void {
    const { framework } = this;
    if (!framework || !this.#connection.isOpen) return;
    const used = this.#rolesInUse(framework);
    const roles = framework.roles.filter(role => used.has(role));
    if (roles.length < framework.roles.length) this.#update(framework, { ...framework.info, roles }, roles);
  }

  #update(framework: Framework, info: FrameworkInfo, roles: readonly string[]): void {
    const waiting = rolesOf(this.#tasks);
    const suppressedRoles = roles.filter(each => !waiting.has(each));
    applyRequest(this.#context, framework, { info, suppressedRoles, offerConstraints: undefined });
    announceFramework(this.#context, framework);
  }

  /** A role stays as long as something waits or runs in it. */
  #rolesInUse(framework: Framework | undefined): Set<string> {
    const { waiting, launching } = this.#tasks;
    const roles = new Set([...waiting, ...launching.values()].map(({ role }) => role));
    if (!framework) return roles;
    const executors = framework.executors.values().flatMap(ofAgent => ofAgent.values());
    for (const holders of [framework.tasks.values(), framework.unreachableTasks, executors]) {
      for (const { resources = [] } of holders)
        for (const { allocation_info } of resources) roles.add(allocation_info?.role ?? '*');
    }
    return roles;
  }

  #subscribe(info: FrameworkInfo, roles: readonly string[]): void {
    const connection = this.#newConnection();
    this.#connection = connection;
    const waiting = rolesOf(this.#tasks);
    const suppressedRoles = roles.filter(role => !waiting.has(role));
    // The endpoint has asked whether the principal may use the role. A framework that is taken over gets no new rights.
    subscribe(this.#context, { info, suppressedRoles, offerConstraints: undefined }, connection, () => true);
    if (connection.refusal !== undefined) throw new FrameworkRefusedError(connection.refusal);
    this.wasSubscribed = true;
  }

  #newConnection(): BuiltInConnection {
    return new BuiltInConnection({
      event: event => this.#event(event),
      closed: () => this.#closed(),
      failed: error =>
        this.#context.log.error('A built-in framework failed at an event', { error, framework_id: this.id }),
    });
  }

  #closed(): void {
    const about = { framework_id: this.id, waiting: this.#tasks.waiting.length };
    if (this.framework) {
      this.#context.log.warning('Another scheduler has taken a built-in framework over, until its next task', about);
      this.#take({ type: 'taken over' });
      return;
    }
    this.#context.log.info('A built-in framework was removed', about);
    this.#take({ type: 'removed', message: 'The framework was torn down before it was launched' });
  }

  #event({ offers, update }: SchedulerEvent): void {
    const { framework } = this;
    if (!framework) return;
    if (offers) this.#take({ type: 'offers', offers: offers.offers ?? [] });
    if (!update) return;
    const { status } = update;
    const id = status.task_id.value;
    const isKnown = framework.tasks.has(id) || framework.completedTasks.get(id) !== undefined;
    this.#take({ type: 'status', status, isKnown });
  }

  #take(input: Input): void {
    const before = this.#tasks;
    const [tasks, effects] = step(before, input);
    this.#tasks = tasks;
    const news = tasks.over.filter(task => !before.over.includes(task));
    for (const { id, message } of news) {
      this.#context.log.info(`A task was not launched: ${message}`, { framework_id: this.id, task_id: id });
    }
    const { framework } = this;
    if (framework && this.#connection.isOpen) for (const effect of effects) this.#call(framework, callOf(effect));
    this.#awaitTime();
    this.lookForIdleRoles();
  }

  /** Makes a call as a scheduler would, after those before it. */
  #call(framework: Framework, call: SchedulerCall): void {
    const handler = handlerOf(call);
    if (handler) performCall(this.#context, framework, { framework_id: { value: this.id }, ...call }, handler);
  }

  #awaitTime(): void {
    this.#cancelTimer();
    this.#cancelTimer = () => undefined;
    const { clock } = this.#context;
    const next = this.#tasks.waiting.reduce((least, { until }) => Math.min(least, until), Number.POSITIVE_INFINITY);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = clock.after(Math.max(0, next - clock.steady()), () =>
      this.#take({ type: 'time', now: clock.steady() }),
    );
  }
}

/** Returns the call that an effect is. */
function callOf(effect: Effect): SchedulerCall {
  switch (effect.type) {
    case 'revive':
      return { type: 'REVIVE', revive: { roles: [effect.role] } };
    case 'suppress':
      return { type: 'SUPPRESS', suppress: { roles: [effect.role] } };
    case 'accept': {
      const { offer, tasks, filters } = effect;
      const operations = [{ type: 'LAUNCH' as const, launch: { task_infos: [...tasks] } }];
      return { type: 'ACCEPT', accept: { offer_ids: [offer.id], operations, filters } };
    }
    case 'decline':
      return { type: 'DECLINE', decline: { offer_ids: effect.offers.map(({ id }) => id), filters: effect.filters } };
    case 'acknowledge': {
      const { task_id, agent_id, uuid } = effect.status;
      if (agent_id === undefined || uuid === undefined) throw new Error('A status without agent or uuid');
      return { type: 'ACKNOWLEDGE', acknowledge: { task_id, agent_id, uuid } };
    }
    default:
      throw new Error(`unhandled effect ${effect satisfies never}`);
  }
}

function sameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every(each => others.includes(each));
}
