import type { FrameworkInfo, SchedulerEvent } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import {
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionPolicy,
  type ConnectionState,
  idle,
  step,
} from './connection-state.ts';
import { ErrorEventError } from './errors.ts';
import type { MasterLocator } from './masters.ts';
import { type CredentialSource, Subscription } from './subscription.ts';
import { verdictOf } from './verdict.ts';

/** What a connection needs. */
export interface ConnectionOptions {
  readonly locator: MasterLocator;
  readonly credential: CredentialSource | undefined;
  readonly policy: ConnectionPolicy;
  readonly clock: Clock;
  /** Asked for each subscription: the framework with its id, if it has one. */
  readonly framework: () => FrameworkInfo;
  /** Asked for each subscription. */
  readonly suppressedRoles: () => readonly string[];
  /** There is a subscription, before any of its events is read. */
  readonly opened: (subscription: Subscription) => void;
  /** An attempt or a subscription has failed, and the next attempt is in `retryMs` milliseconds. */
  readonly report: (cause: Error, retryMs: number, wasSubscribed: boolean) => unknown;
}

/** An event, with the subscription that it belongs to. */
export interface Received {
  readonly event: SchedulerEvent;
  readonly subscription: Subscription;
}

/**
 * Keeps a framework subscribed: performs the effects of `connection-state.ts`. It subscribes again also while the last
 * event is still handled, and reads an event only when one is asked for.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  #state: ConnectionState = idle;
  #subscription: Subscription | undefined;
  /** Cancels what the current epoch has begun. */
  #scope = new AbortController();
  /** Resolves at the next change of the state. */
  #change = Promise.withResolvers<void>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** The current subscription; undefined while there is none. */
  get subscription(): Subscription | undefined {
    return this.#subscription;
  }

  /** Begins to subscribe. */
  start(): void {
    this.#take({ type: 'start' });
  }

  /** Ends the connection; `next` returns undefined. */
  stop(): void {
    this.#take({ type: 'stop' });
  }

  /** A subscription has proved to be broken, in a call or by its events. Ignored when it is not the current one. */
  lost(subscription: Subscription, failure: unknown): void {
    if (subscription !== this.#subscription || this.#state.name !== 'subscribed') return;
    const { epoch, origin } = this.#state;
    this.#take({ type: 'failed', epoch, verdict: verdictOf(failure, origin) });
  }

  /**
   * Waits for the next event, over as many subscriptions as it takes.
   *
   * @returns undefined after `stop`.
   * @throws {SchedulerError} when the connection has ended for good.
   */
  async next(): Promise<Received | undefined> {
    for (;;) {
      const subscription = await this.#subscribed();
      if (!subscription) return undefined;
      try {
        const event = await subscription.next();
        if (event.error) throw new ErrorEventError(event.error.message);
        if (subscription === this.#subscription) return { event, subscription };
      } catch (failure) {
        this.lost(subscription, failure);
      }
    }
  }

  async #subscribed(): Promise<Subscription | undefined> {
    for (;;) {
      if (this.#subscription) return this.#subscription;
      if (this.#state.name === 'ended') {
        if (this.#state.error) throw this.#state.error;
        return undefined;
      }
      await this.#change.promise;
    }
  }

  #take(input: ConnectionInput): void {
    const { policy, clock } = this.#options;
    const [next, effects] = step(this.#state, input, { policy, nowMs: clock.steady(), random: clock.random() });
    this.#state = next;
    for (const effect of effects) this.#perform(effect);
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'release':
        return this.#release();
      case 'locate':
        return void this.#locate(effect.epoch, this.#scope.signal);
      case 'subscribe':
        return void this.#subscribe(effect.epoch, effect.origin, this.#scope.signal);
      case 'wait': {
        const cancel = this.#options.clock.after(effect.ms, () => this.#take({ type: 'due', epoch: effect.epoch }));
        return this.#scope.signal.addEventListener('abort', cancel, { once: true });
      }
      case 'report':
        return void this.#report(effect.cause, effect.retryMs, effect.wasSubscribed);
      case 'end':
        return this.#options.locator.close();
      default:
        throw new Error(`unhandled effect ${effect satisfies never}`);
    }
  }

  /** What is called here is the user's: its error ends the connection, as that of a handler does. */
  async #report(...problem: Parameters<ConnectionOptions['report']>): Promise<void> {
    try {
      await this.#options.report(...problem);
    } catch (error) {
      this.#take({ type: 'stop', error: error as Error });
    }
  }

  #release(): void {
    this.#scope.abort();
    this.#scope = new AbortController();
    void this.#subscription?.close();
    this.#subscription = undefined;
  }

  async #locate(epoch: number, signal: AbortSignal): Promise<void> {
    try {
      this.#take({ type: 'located', epoch, origin: await this.#options.locator.locate(signal) });
    } catch (failure) {
      this.#take({ type: 'failed', epoch, verdict: verdictOf(failure, '') });
    }
  }

  async #subscribe(epoch: number, origin: string, signal: AbortSignal): Promise<void> {
    const { credential, clock, framework, suppressedRoles } = this.#options;
    const request = { origin, credential, clock, signal, framework: framework(), suppressedRoles: suppressedRoles() };
    try {
      const subscription = await Subscription.open(request);
      if (signal.aborted) return void subscription.close();
      this.#subscription = subscription;
      this.#options.opened(subscription);
      this.#take({ type: 'subscribed', epoch });
    } catch (failure) {
      this.#take({ type: 'failed', epoch, verdict: verdictOf(failure, origin) });
    }
  }
}
