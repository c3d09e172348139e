/**
 * Runs a task, or a group of tasks, as its own framework: waits for an offer that is large enough, launches the tasks, and
 * follows them to their ends.
 */
import { HttpAnswerError, HttpConnectionError } from '@meseta/process';
import type { FrameworkInfo, Offer, TaskInfo, TaskStatus, WireId } from '@meseta/protocol';
import { MasterClient } from '@meseta/scheduler';
import { type CallOutcome, isOver, isUnconfirmedEnd, Scheduler, SchedulerError } from '@meseta/scheduler/sdk';
import { type Clock, keepAliveClock } from '@meseta/system';
import { clientAccess } from '../credential.ts';
import type { Launch } from './launch.ts';
import { launchOn } from './launch-on.ts';

/** How a run subscribes: at first at once or not at all, later for half a minute. */
const connection = { firstPatienceMs: 0, patienceMs: 30_000, maxBackoffMs: 1000 };

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
  /** The framework has subscribed again, after `reconnecting`. @param origin of the master that leads now. */
  reconnected?(origin: string): void;
}

/** The statuses of one task that is followed. */
interface Followed {
  readonly task: TaskInfo;
  /** Cancels the wait for the agent's status. */
  unconfirmed?: () => void;
  /** It has ended. */
  last?: TaskStatus;
}

/** A framework that runs one task, or one group, until it ends. */
export class TaskRun {
  readonly #launch: Launch;
  readonly #wanted: Readonly<Record<string, number>>;
  readonly #listener: TaskRunListener;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  /** Of the master that the framework has subscribed to last. */
  #origin = '';
  #wasSubscribed = false;
  /** Why the run was given up. */
  #cancelled: Error | undefined;
  /** By the ids of the tasks; empty before the launch. */
  readonly #followed = new Map<WireId<'task'>, Followed>();
  /** The last statuses, in the order in which tasks ended. */
  readonly #ends: TaskStatus[] = [];
  #stopAwaiting: () => void = () => undefined;

  /**
   * @param locate returns the origin of the leading master.
   * @param wanted amounts by resource name, for each task that has no resources of its own.
   * @param clock for the time that the end of a task may be without the agent's status.
   */
  constructor(
    locate: (signal: AbortSignal) => Promise<string>,
    framework: Omit<FrameworkInfo, 'id'>,
    launch: Launch,
    wanted: Readonly<Record<string, number>>,
    listener: TaskRunListener,
    clock: Clock = keepAliveClock,
  ) {
    this.#launch = launch;
    this.#wanted = wanted;
    this.#listener = listener;
    this.#clock = clock;
    this.#scheduler = new Scheduler({ masters: locate, framework, connection, ...clientAccess() });
  }

  /** The framework's id; undefined before it is subscribed. */
  get frameworkId(): string | undefined {
    return this.#scheduler.frameworkId;
  }

  get isLaunched(): boolean {
    return this.#followed.size > 0;
  }

  /** True when all tasks have ended, so that there is nothing to kill. */
  get isOver(): boolean {
    return this.isLaunched && this.#ends.length === this.#followed.size;
  }

  /**
   * Runs the tasks.
   *
   * @returns their last statuses, in the order in which they ended.
   * @throws when the master cannot be reached, and the reason given to `cancel`.
   */
  async run(): Promise<readonly TaskStatus[]> {
    try {
      await this.#scheduler.run({
        subscribed: ({ origin }) => {
          this.#origin = origin;
          if (this.#wasSubscribed) this.#listener.reconnected?.(origin);
          this.#wasSubscribed = true;
        },
        offers: async offers => {
          for (const offer of offers) await this.#considerOffer(offer);
        },
        status: status => this.#takeStatus(status),
        disconnected: ({ cause, wasSubscribed }) => {
          if (wasSubscribed && this.#cancelled === undefined) this.#listener.reconnecting?.(cause);
        },
      });
    } catch (error) {
      throw this.#cancelled ?? this.#explain(error);
    } finally {
      this.#stopAwaiting();
      for (const { unconfirmed } of this.#followed.values()) unconfirmed?.();
    }
    if (this.#cancelled) throw this.#cancelled;
    return this.#ends;
  }

  #explain(error: unknown): unknown {
    if (!(error instanceof SchedulerError)) return error;
    const { cause, code } = error;
    if (this.#wasSubscribed && code !== 'MASTER_LOST') {
      return new RunEndedError('The master does not take the framework back; it was torn down', { cause: error });
    }
    const isTold = cause instanceof HttpAnswerError || cause instanceof HttpConnectionError;
    return isTold && !this.#wasSubscribed ? cause : error;
  }

  /**
   * Ends the task, gracefully or at once. Before its launch, the run is cancelled.
   *
   * @returns `taken` when the master knows; otherwise it will when the framework is subscribed again.
   */
  async kill(how: 'gracefully' | 'at once'): Promise<CallOutcome> {
    const live = [...this.#followed.values()].filter(({ last }) => !last);
    const [first] = live;
    if (!first) {
      await this.cancel(new RunCancelledError('Cancelled before the task was launched'));
      return 'taken';
    }
    this.#awaitAnswer(first.task.agent_id.value);
    const outcomes: CallOutcome[] = [];
    for (const { task } of live) {
      const options = { agentId: task.agent_id.value, ...(how === 'at once' && { gracePeriodMs: 0 }) };
      outcomes.push(await this.#scheduler.kill(task.task_id.value, options));
    }
    return outcomes.find(outcome => outcome !== 'taken') ?? 'taken';
  }

  /**
   * Gives up the run when its agent is not connected and so cannot end the task, for example because its disk is full.
   * The framework is torn down, and the agent ends the task when it is back.
   */
  #awaitAnswer(agentId: WireId<'agent'>): void {
    this.#stopAwaiting();
    this.#stopAwaiting = this.#clock.after(answerMs, async () => {
      if (await this.#isActive(agentId)) this.#awaitAnswer(agentId);
      else await this.cancel(new AgentAwayError(agentId));
    });
  }

  /** Tells whether the agent is connected. True when that is unknown. */
  async #isActive(agentId: WireId<'agent'>): Promise<boolean> {
    const master = new MasterClient(this.#origin, clientAccess());
    try {
      const answer = await master.http.get(`/slaves?slave_id=${encodeURIComponent(agentId)}`);
      const { slaves = [] } = answer as { slaves?: { active: boolean }[] };
      return slaves.some(({ active }) => active);
    } catch {
      return true; // the subscription decides when a master that does not answer is given up
    } finally {
      await master.close();
    }
  }

  /** Ends a run whose task is not launched yet. `run` rejects with the reason. */
  async cancel(reason: Error): Promise<void> {
    this.#cancelled ??= reason;
    await this.#tearDown();
  }

  /** Removes the framework. When the call fails, the master does it after the framework's failover timeout. */
  async #tearDown(): Promise<void> {
    await this.#scheduler.teardown().catch(() => undefined); // see above
    this.#scheduler.stop();
  }

  async #takeStatus(status: TaskStatus): Promise<void> {
    const followed = this.#followed.get(status.task_id.value);
    if (!followed || followed.last) return;
    if (isOver(status)) await this.#end(followed, status);
    else if (!isUnconfirmedEnd(status)) this.#listener.status?.(status);
    else if (!followed.unconfirmed) {
      followed.unconfirmed = this.#clock.after(confirmationMs, () => void this.#end(followed, status));
      this.#listener.unconfirmed?.(status);
    }
  }

  async #end(followed: Followed, last: TaskStatus): Promise<void> {
    if (followed.last) return;
    followed.last = last;
    followed.unconfirmed?.();
    this.#ends.push(last);
    if (!this.isOver) return this.#listener.ended?.(last);
    this.#stopAwaiting();
    // After the teardown it could not be acknowledged.
    await this.#scheduler.acknowledge(last);
    await this.#tearDown();
  }

  async #considerOffer(offer: Offer): Promise<void> {
    const launch = this.isLaunched || this.#cancelled ? undefined : launchOn(offer, this.#launch, this.#wanted);
    if (!launch) {
      if (!this.isLaunched) this.#listener.tooSmall?.(offer);
      return this.#scheduler.decline(offer, { refuse_seconds: this.isLaunched ? 3600 : 1 });
    }
    for (const task of launch.tasks) this.#followed.set(task.task_id.value, { task });
    this.#listener.launched?.(offer, launch.tasks);
    await this.#scheduler.accept(offer, [launch.operation], { refuse_seconds: 3600 });
  }
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
