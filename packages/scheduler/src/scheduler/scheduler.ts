import type {
  ExecutorInfo,
  Filters,
  FrameworkInfo,
  InverseOffer,
  Offer,
  OfferOperation,
  OperationStatus,
  SchedulerCall,
  SchedulerEventSubscribed,
  TaskInfo,
  TaskStatus,
  WireId,
} from '@meseta/protocol';
import { keepAliveClock } from '@meseta/system';
import { acknowledgementOf, idsOf, type KillOptions, killOf, tasksIn } from './calls.ts';
import { Connection, type Received } from './connection.ts';
import type { ConnectionPolicy } from './connection-state.ts';
import { SchedulerError, StreamError } from './errors.ts';
import { type FrameworkStore, memoryStore } from './framework-store.ts';
import type { SchedulerHandlers } from './handlers.ts';
import { locatorOf } from './masters.ts';
import { Recent } from './recent.ts';
import { Reconciler } from './reconciler.ts';
import type { SchedulerOptions } from './scheduler-options.ts';
import type { Subscription } from './subscription.ts';
import { isOver } from './task-end.ts';
import { TaskLedger } from './task-ledger.ts';
import { verdictOfCall } from './verdict.ts';

/**
 * What became of a call that belongs to one subscription:
 * - `taken`: the master has accepted it for processing. What it does arrives as events.
 * - `unsent`: there is no subscription now. Nothing was done.
 * - `lost`: it was sent, and there was no answer. The scheduler subscribes again, which voids all offers, and asks what
 *   became of the tasks.
 *
 * After each of them, the `status` handler hears of every task that was to be launched.
 */
export type CallOutcome = 'taken' | 'unsent' | 'lost';

const defaultPolicy: ConnectionPolicy = {
  minBackoffMs: 100,
  maxBackoffMs: 10_000,
  maxRedirects: 4,
  firstPatienceMs: Number.POSITIVE_INFINITY,
  patienceMs: Number.POSITIVE_INFINITY,
};

/** How many acknowledgements may be without an answer before events wait. */
const mostUnanswered = 32;

/** The number of operations whose last status is remembered. */
const rememberedOperations = 10_000;

/**
 * A framework's connection to a cluster. It finds the leading master, stays subscribed, acknowledges statuses when they
 * are handled, reconciles tasks, and repeats what is safe to repeat.
 */
export class Scheduler {
  #framework: Omit<FrameworkInfo, 'id'>;
  readonly #store: FrameworkStore;
  readonly #acknowledgesByCall: boolean;
  readonly #connection: Connection;
  readonly #ledger: TaskLedger;
  readonly #reconciler: Reconciler;
  readonly #unanswered = new Set<Promise<void>>();
  /** Kills of tasks that have not ended: they are sent again after each subscription. */
  readonly #kills = new Map<WireId<'task'>, SchedulerCall>();
  /** Uuids of the last handled statuses of operations. */
  readonly #operations = new Recent<WireId<'operation'>, string>(rememberedOperations);
  #suppressed = new Set<string>();
  #frameworkId: WireId<'framework'> | undefined;
  #storedId: WireId<'framework'> | undefined;
  #isTearingDown = false;
  #handlers: SchedulerHandlers = {};

  /** Does nothing before {@link run}. @throws {AddressError} an address of a master is wrong. */
  constructor(options: SchedulerOptions) {
    const { masters, framework, store, tasks, acknowledge, credential, connection, clock = keepAliveClock } = options;
    this.#framework = framework;
    this.#store = store ?? memoryStore();
    this.#acknowledgesByCall = acknowledge === 'byCall';
    this.#ledger = new TaskLedger(tasks);
    this.#reconciler = new Reconciler(this.#ledger, clock, tasks =>
      this.#send({ type: 'RECONCILE', reconcile: { tasks } }),
    );
    this.#connection = new Connection({
      locator: locatorOf(masters),
      credential,
      policy: { ...defaultPolicy, ...connection },
      clock,
      framework: () => this.#info,
      suppressedRoles: () => [...this.#suppressed],
      opened: ({ frameworkId }) => {
        this.#frameworkId = frameworkId;
      },
      report: (cause, retryMs, wasSubscribed) => {
        this.#reconciler.stop();
        return this.#handlers.disconnected?.({ cause, retryMs, wasSubscribed });
      },
    });
  }

  /** The framework's id; undefined before it is known. */
  get frameworkId(): WireId<'framework'> | undefined {
    return this.#frameworkId;
  }

  /** Tells whether the framework is subscribed now. */
  get isSubscribed(): boolean {
    return this.#connection.subscription !== undefined;
  }

  /**
   * Subscribes, and handles events until {@link stop} or {@link teardown}, or until the signal is aborted, which stops as
   * well. Call it once. It ends after the handler that is running: one whose promise never settles keeps it.
   *
   * @throws {SchedulerError} what the scheduler cannot recover from; the error of a handler or of the store.
   */
  async run(handlers: SchedulerHandlers, signal?: AbortSignal): Promise<void> {
    this.#handlers = handlers;
    const stop = () => this.stop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      this.#frameworkId = this.#storedId = await this.#store.load();
      if (signal?.aborted) return;
      this.#connection.start();
      for (let received = await this.#connection.next(); received; received = await this.#connection.next()) {
        await this.#handle(received);
      }
    } catch (error) {
      const isGone = error instanceof SchedulerError && error.code === 'FRAMEWORK_REMOVED';
      if (!this.#isTearingDown || !isGone) throw error;
    } finally {
      this.stop();
      signal?.removeEventListener('abort', stop);
    }
    if (this.#isTearingDown) await this.#store.clear();
  }

  /** Ends the connection, and `run`. The framework and its tasks go on for `failover_timeout` seconds. */
  stop(): void {
    this.#reconciler.stop();
    this.#connection.stop();
  }

  /**
   * Ends the framework with all of its tasks, removes its stored id, and ends `run`. While there is no subscription, it is
   * done with the next one.
   */
  async teardown(): Promise<void> {
    this.#isTearingDown = true;
    if ((await this.#call({ type: 'TEARDOWN' })) === 'taken') this.stop();
  }

  /**
   * Changes what the framework says about itself, for example its roles: now, and in later subscriptions.
   *
   * @throws {SchedulerError} the master refuses the change, and nothing is changed.
   */
  async update(framework: Omit<FrameworkInfo, 'id'>): Promise<CallOutcome> {
    const before = this.#framework;
    this.#framework = framework;
    const update_framework = { framework_info: this.#info, suppressed_roles: [...this.#suppressed] };
    try {
      return await this.#call({ type: 'UPDATE_FRAMEWORK', update_framework });
    } catch (error) {
      this.#framework = before;
      throw error;
    }
  }

  /**
   * Uses offers of one agent.
   *
   * @param filters `refuse_seconds`: how long what is left is not offered again, 5 by default.
   * @throws {SchedulerError} the master refuses the call.
   */
  async accept(
    offers: Offer | readonly Offer[],
    operations: readonly OfferOperation[],
    filters?: Filters,
  ): Promise<CallOutcome> {
    const tasks = tasksIn(operations);
    const accept = { offer_ids: idsOf(offers), operations: [...operations], ...(filters && { filters }) };
    this.#ledger.launching(tasks);
    try {
      const outcome = await this.#call({ type: 'ACCEPT', accept });
      this.#ledger.launched(tasks, outcome === 'taken');
      return outcome;
    } catch (error) {
      this.#ledger.refused(tasks);
      throw error;
    }
  }

  /** Launches tasks on offers of one agent. See {@link accept}. */
  launch(offers: Offer | readonly Offer[], tasks: readonly TaskInfo[], filters?: Filters): Promise<CallOutcome> {
    return this.accept(offers, [{ type: 'LAUNCH', launch: { task_infos: [...tasks] } }], filters);
  }

  /** Launches tasks together, as a pod of a default executor. See {@link accept}. */
  launchGroup(
    offers: Offer | readonly Offer[],
    executor: ExecutorInfo,
    tasks: readonly TaskInfo[],
    filters?: Filters,
  ): Promise<CallOutcome> {
    const launch_group = { executor, task_group: { tasks: [...tasks] } };
    return this.accept(offers, [{ type: 'LAUNCH_GROUP', launch_group }], filters);
  }

  /** Gives offers back. @param filters see {@link accept}. */
  async decline(offers: Offer | readonly Offer[], filters?: Filters): Promise<void> {
    await this.#call({ type: 'DECLINE', decline: { offer_ids: idsOf(offers), ...(filters && { filters }) } });
  }

  /** Asks for no more offers. @param roles default: all of the framework. Holds until {@link revive}. */
  async suppress(roles: readonly string[] = this.#roles): Promise<void> {
    this.#suppressed = new Set([...this.#suppressed, ...roles]);
    await this.#call({ type: 'SUPPRESS', suppress: { roles: [...roles] } });
  }

  /** Asks for offers again, also for what was declined. @param roles default: all of the framework. */
  async revive(roles: readonly string[] = this.#roles): Promise<void> {
    this.#suppressed = new Set([...this.#suppressed].filter(role => !roles.includes(role)));
    await this.#call({ type: 'REVIVE', revive: { roles: [...roles] } });
  }

  /**
   * Ends a task. Sent again after each subscription, and when the task's agent was out of reach and is back, until the
   * task has ended.
   *
   * @throws {SchedulerError} the master refuses the call.
   */
  kill(taskId: WireId<'task'>, options: KillOptions = {}): Promise<CallOutcome> {
    const agentId = options.agentId ?? this.#ledger.agentOf(taskId);
    const call = killOf(taskId, { ...options, ...(agentId !== undefined && { agentId }) });
    this.#kills.set(taskId, call);
    return this.#call(call);
  }

  /** Ends an executor with its tasks. @throws {SchedulerError} the master refuses the call. */
  shutdown(executorId: WireId<'executor'>, agentId: WireId<'agent'>): Promise<CallOutcome> {
    return this.#call({
      type: 'SHUTDOWN',
      shutdown: { executor_id: { value: executorId }, agent_id: { value: agentId } },
    });
  }

  /** Sends data to an executor, which may be lost. @throws {SchedulerError} the master refuses the call. */
  message(executorId: WireId<'executor'>, agentId: WireId<'agent'>, data: Uint8Array): Promise<CallOutcome> {
    const ids = { executor_id: { value: executorId }, agent_id: { value: agentId } };
    return this.#call({ type: 'MESSAGE', message: { ...ids, data: Buffer.from(data).toString('base64') } });
  }

  /** Promises to give resources back. @throws {SchedulerError} the master refuses the call. */
  acceptInverse(offers: InverseOffer | readonly InverseOffer[], filters?: Filters): Promise<CallOutcome> {
    const accept_inverse_offers = { inverse_offer_ids: idsOf(offers), ...(filters && { filters }) };
    return this.#call({ type: 'ACCEPT_INVERSE_OFFERS', accept_inverse_offers });
  }

  /** Says that resources cannot be given back. @throws {SchedulerError} the master refuses the call. */
  declineInverse(offers: InverseOffer | readonly InverseOffer[], filters?: Filters): Promise<CallOutcome> {
    const decline_inverse_offers = { inverse_offer_ids: idsOf(offers), ...(filters && { filters }) };
    return this.#call({ type: 'DECLINE_INVERSE_OFFERS', decline_inverse_offers });
  }

  /** Acknowledges a status of a task or an operation, with `acknowledge: 'byCall'`. Harmless when it needs none. */
  async acknowledge(status: TaskStatus | OperationStatus): Promise<void> {
    const call = acknowledgementOf(status);
    if (call) await this.#send(call);
  }

  /** Asks the master about all tasks now. It is done after each subscription, and every quarter of an hour. */
  async reconcile(): Promise<void> {
    if (this.isSubscribed) await this.#reconciler.begin();
  }

  get #info(): FrameworkInfo {
    return { ...this.#framework, ...(this.#frameworkId !== undefined && { id: { value: this.#frameworkId } }) };
  }

  get #roles(): readonly string[] {
    return this.#framework.roles ?? [this.#framework.role ?? '*'];
  }

  async #handle({ event, subscription }: Received): Promise<void> {
    const { offers, rescind, update, update_operation_status, message, failure } = event;
    if (event.subscribed) await this.#subscribed(event.subscribed, subscription);
    else if (update) await this.#status(update.status);
    else if (update_operation_status) await this.#operation(update_operation_status.status);
    else if (offers) await this.#offers(offers.offers ?? []);
    else if (rescind) await this.#handlers.rescinded?.(rescind.offer_id);
    else if (message) await this.#handlers.message?.(message);
    else if (failure) await this.#handlers.failure?.(failure);
    else if (event.inverse_offers) await this.#handlers.inverseOffers?.(event.inverse_offers.inverse_offers ?? []);
    else if (event.rescind_inverse_offer) {
      await this.#handlers.inverseRescinded?.(event.rescind_inverse_offer.inverse_offer_id);
    }
  }

  async #subscribed(
    { framework_id, master_info }: SchedulerEventSubscribed,
    subscription: Subscription,
  ): Promise<void> {
    const frameworkId = framework_id.value;
    if (frameworkId !== this.#storedId) await this.#store.save(frameworkId);
    this.#storedId = frameworkId;
    if (this.#isTearingDown) return this.teardown();
    await this.#handlers.subscribed?.({ frameworkId, origin: subscription.origin, master: master_info });
    if (subscription !== this.#connection.subscription) return;
    await this.#reconciler.begin();
    for (const call of this.#kills.values()) await this.#send(call);
  }

  async #offers(offers: readonly Offer[]): Promise<void> {
    if (this.#handlers.offers) await this.#handlers.offers(offers);
    else await this.decline(offers);
  }

  async #status(status: TaskStatus): Promise<void> {
    const id = status.task_id.value;
    this.#ledger.answered(id);
    if (this.#ledger.isNew(status)) {
      await this.#handlers.status?.(status);
      this.#ledger.handled(status);
      if (status.state === 'TASK_UNREACHABLE') this.#reconciler.watch();
    }
    const kill = this.#kills.get(id);
    if (isOver(status)) this.#kills.delete(id);
    else if (kill && status.reason === 'REASON_AGENT_REREGISTERED') await this.#send(kill);
    await this.#acknowledgeHandled(status);
  }

  async #operation(status: OperationStatus): Promise<void> {
    const { operation_id, uuid } = status;
    const isRepeated = operation_id && uuid && this.#operations.get(operation_id.value) === uuid.value;
    if (!isRepeated) await this.#handlers.operation?.(status);
    if (operation_id && uuid) this.#operations.set(operation_id.value, uuid.value);
    await this.#acknowledgeHandled(status);
  }

  /** Does not wait for the answer: the next event may be about another task. */
  async #acknowledgeHandled(status: TaskStatus | OperationStatus): Promise<void> {
    if (this.#acknowledgesByCall) return;
    const sent = this.acknowledge(status).finally(() => this.#unanswered.delete(sent));
    this.#unanswered.add(sent);
    if (this.#unanswered.size >= mostUnanswered) await Promise.race(this.#unanswered);
  }

  /** Makes a call by which the scheduler does its duty: where the master refuses it, `run` ends with the error. */
  async #send(call: SchedulerCall): Promise<void> {
    const { subscription } = this.#connection;
    try {
      await this.#call(call);
    } catch (error) {
      if (subscription) this.#connection.lost(subscription, error);
    }
  }

  /** @throws {SchedulerError} the master refuses the call. */
  async #call(call: SchedulerCall): Promise<CallOutcome> {
    const { subscription } = this.#connection;
    if (!subscription) return 'unsent';
    try {
      await subscription.call(call);
      return 'taken';
    } catch (failure) {
      const verdict = verdictOfCall(failure);
      if (verdict instanceof SchedulerError) throw verdict;
      const message = failure instanceof Error ? failure.message : String(failure);
      const cause = new StreamError(`${call.type} failed: ${message}`, { cause: failure });
      if (verdict === 'broken') this.#connection.lost(subscription, cause);
      // The stream may say why. Subscribing at once would take the framework back from a process that failed it over.
      else subscription.expectEnd();
      return 'lost';
    }
  }
}
