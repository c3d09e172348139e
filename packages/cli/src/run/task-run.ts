/**
 * Runs a task, or a group of tasks, as its own framework: waits for an offer that is large enough, launches the tasks, and
 * follows them to their ends.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from '@meseta/process';
import type {
  FrameworkInfo,
  Offer,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
  TaskStatus,
  WireId,
} from '@meseta/protocol';
import { SchedulerClient, SubscriptionError } from '@meseta/scheduler';
import type { Launch } from './launch.ts';
import { launchOn } from './launch-on.ts';
import { meaningOf } from './status-meaning.ts';

/** How often, once a second, a broken subscription is retried before the run is given up. */
const resubscriptions = 30;
/**
 * How long to wait for the agent's status after the master reported the end of the task. Agents repeat their statuses.
 */
const confirmationMs = 120_000;

/** How long to wait for the effect of a kill before checking whether the agent is connected. */
const answerMs = 10_000;

/** Receives the events of the tasks as they happen. */
export interface TaskRunListener {
  launched?(offer: Offer, tasks: readonly TaskInfo[]): void;
  /** A status that is not the last one of a task. */
  status?(status: TaskStatus): void;
  /** A task of several has ended, and others run on. */
  ended?(status: TaskStatus): void;
  /** An offer was too small. */
  tooSmall?(offer: Offer): void;
  /** The task has ended according to the master; the agent's status with the exit code is awaited. */
  unconfirmed?(status: TaskStatus): void;
  reconnecting?(cause: unknown): void;
}

/** The statuses of one task that is followed. */
interface Followed {
  readonly task: TaskInfo;
  lastUuid?: string | undefined;
  unconfirmed?: { readonly status: TaskStatus; readonly untilMs: number };
  /** It has ended. */
  last?: TaskStatus;
}

/** A framework that runs one task, or one group, until it ends. */
export class TaskRun {
  readonly #locate: (signal: AbortSignal) => Promise<string>;
  /** Of the master that the framework has subscribed to last. */
  #origin = '';
  readonly #launch: Launch;
  readonly #wanted: Readonly<Record<string, number>>;
  readonly #listener: TaskRunListener;
  readonly #nowMs: () => number;
  #framework: FrameworkInfo;
  readonly #cancelled = new AbortController();
  #ending = false;
  /** The kill calls, which are repeated after a new subscription. */
  #kills: SchedulerCall[] = [];
  #client: SchedulerClient | undefined;
  /** By the ids of the tasks; empty before the launch. */
  readonly #followed = new Map<WireId<'task'>, Followed>();
  /** The last statuses, in the order in which tasks ended. */
  readonly #ends: TaskStatus[] = [];
  #awaiting: NodeJS.Timeout | undefined;
  #isOver = false;

  /**
   * @param locate returns the origin of the leading master.
   * @param wanted amounts by resource name, for each task that has no resources of its own.
   * @param nowMs a monotonic clock; only differences count.
   */
  constructor(
    locate: (signal: AbortSignal) => Promise<string>,
    framework: FrameworkInfo,
    launch: Launch,
    wanted: Readonly<Record<string, number>>,
    listener: TaskRunListener,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#locate = locate;
    this.#framework = framework;
    this.#launch = launch;
    this.#wanted = wanted;
    this.#listener = listener;
    this.#nowMs = nowMs;
  }

  /** The framework's id; undefined before it is subscribed. */
  get frameworkId(): string | undefined {
    return this.#client?.frameworkId;
  }

  get isLaunched(): boolean {
    return this.#followed.size > 0;
  }

  /** True when all tasks have ended, so that there is nothing to kill. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Runs the tasks.
   *
   * @returns their last statuses, in the order in which they ended.
   * @throws when the master cannot be reached, and the reason given to `cancel`.
   */
  async run(): Promise<readonly TaskStatus[]> {
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

  async #untilEnd(): Promise<readonly TaskStatus[]> {
    this.#client = await this.#subscribe();
    this.#framework = { ...this.#framework, id: { value: this.#client.frameworkId } };
    for (;;) {
      let cause: unknown;
      try {
        if (await this.#follow(this.#client)) return this.#ends;
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
    const live = [...this.#followed.values()].filter(({ last }) => !last);
    const [first] = live;
    if (!first) return this.cancel(new RunCancelledError('Cancelled before the task was launched'));
    const policy = how === 'gracefully' ? {} : { kill_policy: { grace_period: { nanoseconds: 0 } } };
    this.#kills = live.map(({ task: { task_id, agent_id } }) => ({
      ...{ type: 'KILL', kill: { task_id, agent_id, ...policy } },
    }));
    this.#awaitAnswer(first.task.agent_id.value);
    for (const call of this.#kills) await this.#client?.call(call);
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
    const http = new HttpClient(this.#origin);
    try {
      const answer = await http.get(`/slaves?slave_id=${encodeURIComponent(agentId)}`);
      const { slaves = [] } = answer as { slaves?: { active: boolean }[] };
      return slaves.some(({ active }) => active);
    } catch {
      return true; // the subscription decides when a master that does not answer is given up
    } finally {
      await http.close();
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

  /** @returns true when all tasks have ended. */
  async #follow(client: SchedulerClient): Promise<boolean> {
    for await (const event of client.events()) {
      if (event.type === 'ERROR') throw new Error(event.error?.message);
      await this.#handle(client, event);
      for (const followed of this.#followed.values()) this.#end(followed, this.#missed(followed));
      if (!this.isLaunched || this.#ends.length < this.#followed.size) continue;
      this.#isOver = true;
      // Leaving the loop ends the stream, so the framework is torn down before.
      await tearDown(client);
      return true;
    }
    return false;
  }

  async #handle(client: SchedulerClient, event: SchedulerEvent): Promise<void> {
    for (const offer of event.offers?.offers ?? []) await this.#considerOffer(client, offer);
    const status = event.update?.status;
    const followed = status && this.#followed.get(status.task_id.value);
    if (!followed) return;
    const meaning = meaningOf(status);
    const isNew = status.uuid === undefined || status.uuid !== followed.lastUuid;
    if (isNew && !followed.last) this.#tell(followed, status, meaning);
    followed.lastUuid = status.uuid;
    await client.acknowledge(status);
    if (meaning === 'end') this.#end(followed, status);
  }

  /** Passes a status to the listener unless it is a repetition. */
  #tell(followed: Followed, status: TaskStatus, meaning: ReturnType<typeof meaningOf>): void {
    if (meaning === 'progress') this.#listener.status?.(status);
    if (meaning !== 'unconfirmed end' || followed.unconfirmed) return;
    followed.unconfirmed = { status, untilMs: this.#nowMs() + confirmationMs };
    this.#listener.unconfirmed?.(status);
  }

  #end(followed: Followed, last: TaskStatus | undefined): void {
    if (followed.last || !last) return;
    followed.last = last;
    this.#ends.push(last);
    if (this.#ends.length < this.#followed.size) this.#listener.ended?.(last);
  }

  /**
   * Returns the master's status when that of the agent has not arrived in time. Checked at every event, which include
   * heartbeats.
   */
  #missed({ unconfirmed }: Followed): TaskStatus | undefined {
    return unconfirmed && this.#nowMs() > unconfirmed.untilMs ? unconfirmed.status : undefined;
  }

  async #considerOffer(client: SchedulerClient, offer: Offer): Promise<void> {
    const launch = this.isLaunched || this.#ending ? undefined : launchOn(offer, this.#launch, this.#wanted);
    if (!launch) {
      if (!this.isLaunched) this.#listener.tooSmall?.(offer);
      const filters = { refuse_seconds: this.isLaunched ? 3600 : 1 };
      return client.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], filters } });
    }
    for (const task of launch.tasks) this.#followed.set(task.task_id.value, { task });
    this.#listener.launched?.(offer, launch.tasks);
    const filters = { refuse_seconds: 3600 };
    const accept = { offer_ids: [offer.id], operations: [launch.operation], filters };
    await client.call({ type: 'ACCEPT', accept });
  }

  async #subscribe(): Promise<SchedulerClient> {
    this.#origin = await this.#locate(this.#cancelled.signal);
    return SchedulerClient.subscribe(this.#origin, this.#framework, this.#cancelled.signal);
  }

  async #resubscribe(): Promise<SchedulerClient> {
    for (let attempt = 1; ; attempt++) {
      try {
        const client = await this.#subscribe();
        if (this.isLaunched) {
          const live = [...this.#followed.values()].filter(({ last }) => !last);
          const tasks = live.map(({ task: { task_id, agent_id } }) => ({ task_id, agent_id }));
          await client.call({ type: 'RECONCILE', reconcile: { tasks } });
          for (const call of this.#kills) await client.call(call);
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
