import type {
  InverseOffer,
  MasterInfo,
  Offer,
  OfferID,
  OperationStatus,
  SchedulerEventFailure,
  SchedulerEventMessage,
  TaskStatus,
  WireId,
} from '@meseta/protocol';

/** A subscription has begun. */
export interface Subscribed {
  readonly frameworkId: WireId<'framework'>;
  /** Of the master, `http://host:port`. */
  readonly origin: string;
  readonly master: MasterInfo | undefined;
}

/** A subscription, or an attempt to subscribe, has failed. */
export interface Disconnected {
  readonly cause: Error;
  /** Milliseconds until the next attempt. */
  readonly retryMs: number;
  /** False when there was no subscription before this attempt. */
  readonly wasSubscribed: boolean;
}

type Handler<T> = (value: T) => void | Promise<void>;

/**
 * What a framework does about events. Events are handled one after another: while a handler's promise is pending, nothing
 * more is read from the master, which closes the stream of a framework that does not read for long. An error of a handler
 * ends {@link Scheduler.run} with that error.
 */
export interface SchedulerHandlers {
  /** The framework's id is stored. Offers of earlier subscriptions are void. */
  subscribed?: Handler<Subscribed>;
  /** Declined for five seconds when there is no handler. */
  offers?: Handler<readonly Offer[]>;
  rescinded?: Handler<OfferID>;
  /**
   * A task has a new status. Store what you need of it: it is acknowledged when the handler's promise has resolved, and
   * only then. It is not called for statuses that were handled before, except by an earlier process.
   */
  status?: Handler<TaskStatus>;
  /** An operation with an id has a new status. Acknowledged as statuses of tasks. */
  operation?: Handler<OperationStatus>;
  /** An executor has sent data. Messages may be lost. */
  message?: Handler<SchedulerEventMessage>;
  /** An agent was removed, or an executor has ended. What this means for tasks arrives as statuses. */
  failure?: Handler<SchedulerEventFailure>;
  /** Resources are asked back for maintenance. */
  inverseOffers?: Handler<readonly InverseOffer[]>;
  inverseRescinded?: Handler<OfferID>;
  /** For logs: the scheduler subscribes again by itself. Called also while another handler runs; not awaited. */
  disconnected?: Handler<Disconnected>;
}
