import type { SchedulerEvent, SchedulerEventSubscribed } from '@meseta/protocol';
import { Slice } from '@meseta/system';
import type { SchedulerConnection } from '../state/framework.ts';

/** How many offers are handled at once: each is compared with all tasks that wait, of which there may be a thousand. */
const mostOffers = 16;

/** What a built-in framework does with its events. */
export interface ConnectionListener {
  event(event: SchedulerEvent): void;
  /** The framework was removed, or another scheduler has taken it over. Not after {@link BuiltInConnection.end}. */
  closed(): void;
  failed(error: unknown): void;
}

/**
 * The connection of a framework whose scheduler is a part of the master. Events are handled in later turns of the event loop, because the
 * master sends them in the middle of what it does.
 */
export class BuiltInConnection implements SchedulerConnection {
  readonly kind = 'built-in';
  readonly #listener: ConnectionListener;
  readonly #events: SchedulerEvent[] = [];
  #state: 'new' | 'open' | 'closed' = 'new';
  /** Why the master did not take the framework. */
  refusal: string | undefined;

  constructor(listener: ConnectionListener) {
    this.#listener = listener;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  open(_subscribed: SchedulerEventSubscribed): void {
    this.#state = 'open';
  }

  send(event: SchedulerEvent): void {
    if (this.#state !== 'open') return;
    const isIdle = this.#events.length === 0;
    this.#events.push(...inBundles(event));
    if (isIdle) setImmediate(() => this.#handle());
  }

  close(reason?: string): void {
    const was = this.#state;
    this.end();
    if (was === 'new') this.refusal = reason ?? 'The master has closed the connection';
    if (was === 'open') this.#listener.closed();
  }

  /** Ends it without a word: the master does not lead any more. */
  end(): void {
    this.#state = 'closed';
    this.#events.length = 0;
  }

  /** Handles events for a few milliseconds, and goes on in the next turn of the event loop. */
  #handle(): void {
    const slice = new Slice();
    let count = 0;
    for (const event of this.#events) {
      if (count > 0 && slice.isOver) break;
      count++;
      try {
        this.#listener.event(event);
      } catch (error) {
        this.#listener.failed(error);
      }
    }
    this.#events.splice(0, count);
    if (this.#events.length > 0) setImmediate(() => this.#handle());
  }
}

/** Cuts an event with many offers, of which other work may run between any two. */
function inBundles(event: SchedulerEvent): SchedulerEvent[] {
  const offers = event.offers?.offers ?? [];
  if (offers.length <= mostOffers) return [event];
  return Array.from({ length: Math.ceil(offers.length / mostOffers) }, (_, index) => {
    const bundle = offers.slice(index * mostOffers, (index + 1) * mostOffers);
    return { ...event, offers: { ...event.offers, offers: bundle } };
  });
}
