/** Runs one task as a framework of its own: waits for an offer that fits, launches, follows it to its end. */
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
} from '@meseta/protocol';
import { SchedulerClient, SubscriptionError } from '@meseta/scheduler';
import { pickResources } from './pick-resources.ts';
import { meaningOf } from './status-meaning.ts';

/** How often, a second apart, a broken subscription is tried again before the run is given up. */
const resubscriptions = 30;
/** How long the agent's own status is waited for when the master says that the task has ended; agents repeat theirs. */
const confirmationMs = 120_000;

/** How long a kill may have no answer before it is looked whether the agent is there at all. */
const answerMs = 10_000;

/** A task without what an offer decides. */
export type TaskTemplate = Omit<TaskInfo, 'agent_id'>;

/** Is told what happens to the task, as it happens. */
export interface TaskRunListener {
  launched?(offer: Offer, task: TaskInfo): void;
  /** A status that is not the last one. */
  status?(status: TaskStatus): void;
  /** An offer came that is too small. */
  tooSmall?(offer: Offer): void;
  /** The task has ended, as the master says; the agent's status with the exit code is waited for. */
  unconfirmed?(status: TaskStatus): void;
  reconnecting?(cause: unknown): void;
}

/** A framework that runs one task to its end. */
export class TaskRun {
  readonly #origin: string;
  readonly #template: TaskTemplate;
  readonly #wanted: Readonly<Record<string, number>>;
  readonly #listener: TaskRunListener;
  readonly #nowMs: () => number;
  #framework: FrameworkInfo;
  readonly #cancelled = new AbortController();
  #ending = false;
  /** Made again to a master that comes back. */
  #kill: SchedulerCall | undefined;
  #client: SchedulerClient | undefined;
  #task: TaskInfo | undefined;
  #awaiting: NodeJS.Timeout | undefined;
  #isOver = false;
  #lastUuid: string | undefined;
  #unconfirmed: { readonly status: TaskStatus; readonly untilMs: number } | undefined;

  /**
   * @param wanted amounts by resource name; ignored when the template brings resources of its own.
   * @param nowMs a clock that never goes back; only how far it moves counts.
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

  /** The framework's id once it is subscribed. */
  get frameworkId(): string | undefined {
    return this.#client?.frameworkId;
  }

  get isLaunched(): boolean {
    return this.#task !== undefined;
  }

  /** The task has ended: there is nothing to kill any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Runs the task.
   *
   * @returns its last status.
   * @throws when the master cannot be reached, or not any more; what `cancel` was given.
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

  /** Throws when the run is being cancelled. */
  async #untilCancelled(): Promise<void> {
    const { signal } = this.#cancelled;
    if (this.#ending && !signal.aborted) await once(signal, 'abort');
    signal.throwIfAborted();
  }

  /** Asks the task to end, gracefully or at once; before its launch the run is cancelled. */
  async kill(how: 'gracefully' | 'at once'): Promise<void> {
    if (!this.#task) return this.cancel(new RunCancelledError('Cancelled before the task was launched'));
    const { task_id, agent_id } = this.#task;
    const policy = how === 'gracefully' ? {} : { kill_policy: { grace_period: { nanoseconds: 0 } } };
    this.#kill = { type: 'KILL', kill: { task_id, agent_id, ...policy } };
    this.#awaitAnswer(agent_id.value);
    await this.#client?.call(this.#kill);
  }

  /**
   * Gives the run up when its agent is not there to end the task, as one whose disk is full: the framework is torn down,
   * and the agent ends the task when it comes back.
   */
  #awaitAnswer(agentId: string): void {
    clearTimeout(this.#awaiting);
    this.#awaiting = setTimeout(async () => {
      if (await this.#isActive(agentId)) this.#awaitAnswer(agentId);
      else await this.cancel(new AgentAwayError(agentId));
    }, answerMs);
  }

  /** Also when that cannot be found out. */
  async #isActive(agentId: string): Promise<boolean> {
    try {
      const answer = await fetch(`${this.#origin}/slaves?slave_id=${encodeURIComponent(agentId)}`);
      const { slaves = [] } = (await answer.json()) as { slaves?: { active: boolean }[] };
      return !answer.ok || slaves.some(({ active }) => active);
    } catch {
      return true;
    }
  }

  /** Ends a run whose task is not launched yet: `run` rejects with the reason. */
  async cancel(reason: Error): Promise<void> {
    if (!this.#ending) {
      this.#ending = true;
      // Before the stream breaks, so that the master does not wait for the framework to come back.
      await this.#client?.call({ type: 'TEARDOWN' }).catch(() => undefined);
    }
    this.#cancelled.abort(reason);
  }

  async #follow(client: SchedulerClient): Promise<TaskStatus | undefined> {
    for await (const event of client.events()) {
      if (event.type === 'ERROR') throw new Error(event.error?.message);
      const last = await this.#handle(client, event);
      if (last) {
        this.#isOver = true;
        // Leaving the loop breaks the stream, so the framework is ended before.
        await client.call({ type: 'TEARDOWN' }).catch(() => undefined);
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

  /** Tells the listener of a status that is not repeated; the last one is `run`'s result. */
  #tell(status: TaskStatus, meaning: ReturnType<typeof meaningOf>): void {
    if (meaning === 'progress') this.#listener.status?.(status);
    if (meaning !== 'unconfirmed end' || this.#unconfirmed) return;
    this.#unconfirmed = { status, untilMs: this.#nowMs() + confirmationMs };
    this.#listener.unconfirmed?.(status);
  }

  /** The master's word when the agent's has not come in time; asked at every event, of which heartbeats are some. */
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

/** The task was to be ended, and its agent is not there to do it. */
export class AgentAwayError extends Error {
  override readonly name = 'AgentAwayError';
  readonly code = 'AGENT_AWAY';

  constructor(agentId: string) {
    super(
      `Agent ${agentId} is not connected to the master and cannot end the task now: it will when it is back, ` +
        'for the framework was torn down',
    );
  }
}

/** The framework of the run is no more, and so is its task. */
export class RunEndedError extends Error {
  override readonly name = 'RunEndedError';
  readonly code = 'RUN_ENDED';
}

/** The run was ended by the user before its task was launched. */
export class RunCancelledError extends Error {
  override readonly name = 'RunCancelledError';
  readonly code = 'RUN_CANCELLED';
}
