/**
 * Runs one task as its own framework: waits for an offer that is large enough, launches the task, and follows it to its
 * end.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  FrameworkInfo,
  Offer,
  OfferOperation,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
  TaskStatus,
  WireId,
} from '@meseta/protocol';
import { SchedulerClient, SubscriptionError } from '@meseta/scheduler';
import { pickResources } from './pick-resources.ts';
import { meaningOf } from './status-meaning.ts';

/** How often, once a second, a broken subscription is retried before the run is given up. */
const resubscriptions = 30;
/**
 * How long to wait for the agent's status after the master reported the end of the task. Agents repeat their statuses.
 */
const confirmationMs = 120_000;

/** How long to wait for the effect of a kill before checking whether the agent is connected. */
const answerMs = 10_000;

/** A task without the fields that an offer decides. */
export type TaskTemplate = Omit<TaskInfo, 'agent_id'>;

/** Receives the events of the task as they happen. */
export interface TaskRunListener {
  launched?(offer: Offer, task: TaskInfo): void;
  /** A status that is not the last one. */
  status?(status: TaskStatus): void;
  /** An offer was too small. */
  tooSmall?(offer: Offer): void;
  /** The task has ended according to the master; the agent's status with the exit code is awaited. */
  unconfirmed?(status: TaskStatus): void;
  reconnecting?(cause: unknown): void;
}

/** A framework that runs one task until it ends. */
export class TaskRun {
  readonly #origin: string;
  readonly #template: TaskTemplate;
  readonly #wanted: Readonly<Record<string, number>>;
  readonly #listener: TaskRunListener;
  readonly #nowMs: () => number;
  #framework: FrameworkInfo;
  readonly #cancelled = new AbortController();
  #ending = false;
  /** The kill call, which is repeated after a new subscription. */
  #kill: SchedulerCall | undefined;
  #client: SchedulerClient | undefined;
  #task: TaskInfo | undefined;
  #awaiting: NodeJS.Timeout | undefined;
  #isOver = false;
  #lastUuid: string | undefined;
  #unconfirmed: { readonly status: TaskStatus; readonly untilMs: number } | undefined;

  /**
   * @param wanted amounts by resource name; ignored when the template has resources.
   * @param nowMs a monotonic clock; only differences count.
   */
  constructor(
    origin: string,
    framework: FrameworkInfo,
    template: TaskTemplate,
    wanted: Readonly<Record<string, number>>,
    listener: TaskRunListener,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#origin = origin;
    this.#framework = framework;
    this.#template = template;
    this.#wanted = wanted;
    this.#listener = listener;
    this.#nowMs = nowMs;
  }

  /** The framework's id; undefined before it is subscribed. */
  get frameworkId(): string | undefined {
    return this.#client?.frameworkId;
  }

  get isLaunched(): boolean {
    return this.#task !== undefined;
  }

  /** True when the task has ended, so that there is nothing to kill. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Runs the task.
   *
   * @returns its last status.
   * @throws when the master cannot be reached, and the reason given to `cancel`.
   */
  async run(): Promise<TaskStatus> {
    try {
      return await this.#untilEnd();
    } catch (error) {
      this.#cancelled.signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(this.#awaiting);
      await this.#client?.close();
    }
  }

  async #untilEnd(): Promise<TaskStatus> {
    this.#client = await SchedulerClient.subscribe(this.#origin, this.#framework, this.#cancelled.signal);
    this.#framework = { ...this.#framework, id: { value: this.#client.frameworkId } };
    for (;;) {
      let cause: unknown;
      try {
        const last = await this.#follow(this.#client);
        if (last) return last;
      } catch (error) {
        cause = error;
      }
      await this.#untilCancelled();
      this.#listener.reconnecting?.(cause);
      await this.#client.close();
      this.#client = await this.#resubscribe();
    }
  }

  /** Rejects when the run is cancelled. */
  async #untilCancelled(): Promise<void> {
    const { signal } = this.#cancelled;
    if (this.#ending && !signal.aborted) await once(signal, 'abort');
    signal.throwIfAborted();
  }

  /** Ends the task, gracefully or at once. Before its launch, the run is cancelled. */
  async kill(how: 'gracefully' | 'at once'): Promise<void> {
    if (!this.#task) return this.cancel(new RunCancelledError('Cancelled before the task was launched'));
    const { task_id, agent_id } = this.#task;
    const policy = how === 'gracefully' ? {} : { kill_policy: { grace_period: { nanoseconds: 0 } } };
    this.#kill = { type: 'KILL', kill: { task_id, agent_id, ...policy } };
    this.#awaitAnswer(agent_id.value);
    await this.#client?.call(this.#kill);
  }

  /**
   * Gives up the run when its agent is not connected and so cannot end the task, for example because its disk is full.
   * The framework is torn down, and the agent ends the task when it is back.
   */
  #awaitAnswer(agentId: WireId<'agent'>): void {
    clearTimeout(this.#awaiting);
    this.#awaiting = setTimeout(async () => {
      if (await this.#isActive(agentId)) this.#awaitAnswer(agentId);
      else await this.cancel(new AgentAwayError(agentId));
    }, answerMs);
  }

  /** Tells whether the agent is connected. True when that is unknown. */
  async #isActive(agentId: WireId<'agent'>): Promise<boolean> {
    try {
      const answer = await fetch(`${this.#origin}/slaves?slave_id=${encodeURIComponent(agentId)}`);
      const { slaves = [] } = (await answer.json()) as { slaves?: { active: boolean }[] };
      return !answer.ok || slaves.some(({ active }) => active);
    } catch {
      return true; // the subscription decides when a master that does not answer is given up
    }
  }

  /** Ends a run whose task is not launched yet. `run` rejects with the reason. */
  async cancel(reason: Error): Promise<void> {
    if (!this.#ending) {
      this.#ending = true;
      // Called before the stream ends, so that the master does not wait for the framework to reconnect.
      if (this.#client) await tearDown(this.#client);
    }
    this.#cancelled.abort(reason);
  }

  async #follow(client: SchedulerClient): Promise<TaskStatus | undefined> {
    for await (const event of client.events()) {
      if (event.type === 'ERROR') throw new Error(event.error?.message);
      const last = await this.#handle(client, event);
      if (last) {
        this.#isOver = true;
        // Leaving the loop ends the stream, so the framework is torn down before.
        await tearDown(client);
        return last;
      }
    }
    return undefined;
  }

  async #handle(client: SchedulerClient, event: SchedulerEvent): Promise<TaskStatus | undefined> {
    for (const offer of event.offers?.offers ?? []) await this.#considerOffer(client, offer);
    const status = event.update?.status;
    if (!status || status.task_id.value !== this.#task?.task_id.value) return this.#confirmationMissed();
    const meaning = meaningOf(status);
    if (status.uuid === undefined || status.uuid !== this.#lastUuid) this.#tell(status, meaning);
    this.#lastUuid = status.uuid;
    await client.acknowledge(status);
    return meaning === 'end' ? status : this.#confirmationMissed();
  }

  /** Passes a status to the listener unless it is a repetition. The last one is the result of `run`. */
  #tell(status: TaskStatus, meaning: ReturnType<typeof meaningOf>): void {
    if (meaning === 'progress') this.#listener.status?.(status);
    if (meaning !== 'unconfirmed end' || this.#unconfirmed) return;
    this.#unconfirmed = { status, untilMs: this.#nowMs() + confirmationMs };
    this.#listener.unconfirmed?.(status);
  }

  /**
   * Returns the master's status when that of the agent has not arrived in time. Checked at every event, which include
   * heartbeats.
   */
  #confirmationMissed(): TaskStatus | undefined {
    const { status, untilMs = Number.POSITIVE_INFINITY } = this.#unconfirmed ?? {};
    return this.#nowMs() > untilMs ? status : undefined;
  }

  async #considerOffer(client: SchedulerClient, offer: Offer): Promise<void> {
    const resources = this.#template.resources ?? pickResources(offer, this.#wanted);
    if (this.#task || !resources || this.#ending) {
      if (!this.#task) this.#listener.tooSmall?.(offer);
      const filters = { refuse_seconds: this.#task ? 3600 : 1 };
      return client.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], filters } });
    }
    this.#task = { ...this.#template, agent_id: offer.agent_id, resources };
    this.#listener.launched?.(offer, this.#task);
    const launch: OfferOperation = { type: 'LAUNCH', launch: { task_infos: [this.#task] } };
    const filters = { refuse_seconds: 3600 };
    await client.call({ type: 'ACCEPT', accept: { offer_ids: [offer.id], operations: [launch], filters } });
  }

  async #resubscribe(): Promise<SchedulerClient> {
    for (let attempt = 1; ; attempt++) {
      try {
        const client = await SchedulerClient.subscribe(this.#origin, this.#framework, this.#cancelled.signal);
        if (this.#task) {
          const tasks = [{ task_id: this.#task.task_id, agent_id: this.#task.agent_id }];
          await client.call({ type: 'RECONCILE', reconcile: { tasks } });
          if (this.#kill) await client.call(this.#kill);
        }
        return client;
      } catch (error) {
        this.#cancelled.signal.throwIfAborted();
        if (error instanceof SubscriptionError) {
          throw new RunEndedError('The master does not take the framework back; it was torn down', { cause: error });
        }
        if (attempt === resubscriptions) throw new Error('Lost the master', { cause: error });
        await sleep(1000);
      }
    }
  }
}

/** Removes the framework. When the call fails, the master does it after the framework's failover timeout. */
async function tearDown(client: SchedulerClient): Promise<void> {
  await client.call({ type: 'TEARDOWN' }).catch(() => undefined); // see above
}

/** The agent of a task that is to be ended is not connected. */
export class AgentAwayError extends Error {
  override readonly name = 'AgentAwayError';
  readonly code = 'AGENT_AWAY';

  constructor(agentId: WireId<'agent'>) {
    super(
      `Agent ${agentId} is not connected to the master and cannot end the task now: it will when it is back, ` +
        'for the framework was torn down',
    );
  }
}

/** The framework of the run was removed, and with it its task. */
export class RunEndedError extends Error {
  override readonly name = 'RunEndedError';
  readonly code = 'RUN_ENDED';
}

/** The run was ended by the user before its task was launched. */
export class RunCancelledError extends Error {
  override readonly name = 'RunCancelledError';
  readonly code = 'RUN_CANCELLED';
}
