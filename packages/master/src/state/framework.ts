import { BoundedHistory } from '@meseta/daemon';
import type {
  ExecutorInfo,
  FrameworkId,
  FrameworkInfo,
  FrameworkInfoCapabilityType,
  IdMap,
  Operation,
  SchedulerEvent,
  SchedulerEventSubscribed,
  SchedulerOfferConstraints,
  Task,
} from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { TurnQueue } from '@meseta/system';
import { Account } from './account.ts';
import type { InverseOffer, Offer } from './offer.ts';
import { UnreachableTasks } from './unreachable-tasks.ts';

/**
 * How the master reaches a framework's scheduler. Three implementations: the stream of a v1 SUBSCRIBE, the libprocess
 * address of a v0 driver, and a scheduler that is a part of the master.
 */
export interface SchedulerConnection {
  readonly kind: 'http' | 'driver' | 'built-in';
  /** `Mesos-Stream-Id` of a v1 stream. */
  readonly streamId?: string;
  /** `scheduler-…@ip:port` of a v0 driver. */
  readonly pid?: string;
  /** IP address a v0 driver registered from. */
  readonly peer?: string;
  /**
   * Sends SUBSCRIBED to the scheduler, and heartbeats from then on.
   *
   * @param again a v0 driver gets the message that it is re-registered.
   * @param lost called once when the scheduler has disconnected or does not read; not after `close`.
   */
  open(subscribed: SchedulerEventSubscribed, again: boolean, lost: () => void): void;
  /** Sends an event, or the v0 message that means the same. */
  send(event: SchedulerEvent): void;
  /** Ends the connection; a reason is sent as ERROR first. Idempotent. */
  close(reason?: string): void;
}

/**
 * - `active`: connected and receiving offers.
 * - `inactive`: connected, but a v0 driver deactivated it.
 * - `disconnected`: its failover timer runs.
 * - `recovered`: known only from agents that re-registered after this master started.
 */
export type FrameworkState = 'active' | 'inactive' | 'disconnected' | 'recovered';

/** The sizes of a framework's histories of tasks. */
export interface FrameworkLimits {
  maxCompletedTasks: number;
  maxUnreachableTasks: number;
}

/**
 * The state of a framework. Only `Cluster`, and the functions that subscribe, update and remove frameworks, change it.
 */
export class Framework {
  readonly id: FrameworkId;
  info: FrameworkInfo;
  state: FrameworkState;
  connection: SchedulerConnection | undefined;
  /** Address of the v0 driver it has or had last; undefined when it came by the v1 API. */
  pid: string | undefined;
  /** Roles it has suppressed. */
  suppressedRoles: ReadonlySet<string> = new Set();
  /** Which agents it wants offers of, by role. */
  offerConstraints: SchedulerOfferConstraints | undefined;
  /** Stops the wait for a disconnected scheduler to come back. */
  cancelFailover: (() => void) | undefined;
  /** Its calls, one after the other: a kill does not overtake the launch it is about. */
  readonly calls = new TurnQueue();
  /** Milliseconds since the epoch; unset times have not happened. */
  registeredAt: number | undefined;
  reregisteredAt: number | undefined;
  unregisteredAt: number | undefined;
  /** Every task that is not completed, terminal but unacknowledged ones included. */
  readonly tasks: IdMap<'task', Task> = new Map();
  readonly unreachableTasks: UnreachableTasks;
  readonly completedTasks: BoundedHistory<'task', Task>;
  /** By agent id, then executor id. Command tasks have none. */
  readonly executors: IdMap<'agent', IdMap<'executor', ExecutorInfo>> = new Map();
  readonly offers: IdMap<'offer', Offer> = new Map();
  readonly inverseOffers: IdMap<'offer', InverseOffer> = new Map();
  /** Operations with feedback that are not yet acknowledged, by uuid. */
  readonly operations = new Map<string, Operation>();
  /** What its tasks and executors hold, over all agents. */
  readonly held = new Account();
  /** Added up when it is asked for, because offers come and go by the thousand. */
  #offered: Resources | undefined;
  #capabilities: ReadonlySet<FrameworkInfoCapabilityType> | undefined;

  constructor(id: FrameworkId, info: FrameworkInfo, state: FrameworkState, limits: FrameworkLimits) {
    this.id = id;
    this.info = { ...info, id: { value: id } };
    this.state = state;
    this.completedTasks = new BoundedHistory(limits.maxCompletedTasks);
    this.unreachableTasks = new UnreachableTasks(limits.maxUnreachableTasks);
  }

  get active(): boolean {
    return this.state === 'active';
  }

  get connected(): boolean {
    return this.state === 'active' || this.state === 'inactive';
  }

  get recovered(): boolean {
    return this.state === 'recovered';
  }

  /** Returns what its tasks and executors hold, over all agents. */
  get used(): Resources {
    return this.held.sum;
  }

  /** Returns what is offered to it, over all agents. */
  get offered(): Resources {
    this.#offered ??= Resources.sum([...this.offers.values()].map(({ resources }) => resources));
    return this.#offered;
  }

  /** To be called when its offers have changed. */
  offersChanged(): void {
    this.#offered = undefined;
  }

  /** Replaces the info; the id stays. */
  updateInfo(info: FrameworkInfo): void {
    this.info = { ...info, id: { value: this.id } };
    this.#capabilities = undefined;
  }

  has(capability: FrameworkInfoCapabilityType): boolean {
    this.#capabilities ??= new Set(
      (this.info.capabilities ?? []).map(({ type }) => type).filter(type => type !== undefined),
    );
    return this.#capabilities.has(capability);
  }

  /** The roles it subscribed to: `roles` of a MULTI_ROLE framework, else its `role`. */
  get roles(): readonly string[] {
    return this.has('MULTI_ROLE') ? (this.info.roles ?? []) : [this.info.role ?? '*'];
  }
}
