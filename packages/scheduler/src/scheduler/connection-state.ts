/**
 * The connection of a framework to the leading master, as a state machine without effects.
 *
 * ```text
 *  idle ─start─▶ locating ─located─▶ subscribing ─subscribed─▶ subscribed
 *                  ▲   │failed        ▲   │failed                  │failed
 *                  │   │              └───┤redirected              │
 *              due │   ▼                  ▼                        │
 *                  └─ waiting ◀───────────┴────────────────────────┘
 *
 *  every state ─stop, a fatal failure, the end of patience─▶ ended
 * ```
 *
 * Each attempt has a number, its epoch. The edge returns it with the result, and results of earlier attempts are
 * ignored: there is never more than one subscription.
 */
import { SchedulerError } from './errors.ts';
import type { Verdict } from './verdict.ts';

/** How a connection is made again. Times are in milliseconds. */
export interface ConnectionPolicy {
  /** The first delay is between 0 and this; it doubles with each attempt. */
  readonly minBackoffMs: number;
  /** No delay is longer. A subscription that lasted this long starts over with the shortest delay. */
  readonly maxBackoffMs: number;
  /** How many redirects are followed before the next delay. */
  readonly maxRedirects: number;
  /** How long to try before the first subscription; Infinity for ever. */
  readonly firstPatienceMs: number;
  /** How long to try after a subscription has broken; Infinity for ever. */
  readonly patienceMs: number;
}

/** A series of attempts between two subscriptions. */
interface Series {
  readonly attempt: number;
  /** When it began. */
  readonly sinceMs: number;
  /** There was a subscription before. */
  readonly again: boolean;
}

/** See the drawing above. */
export type ConnectionState =
  | { readonly name: 'idle' }
  | { readonly name: 'locating' | 'waiting'; readonly epoch: number; readonly series: Series }
  | {
      readonly name: 'subscribing';
      readonly epoch: number;
      readonly series: Series;
      readonly origin: string;
      readonly redirects: number;
    }
  | { readonly name: 'subscribed'; readonly epoch: number; readonly series: Series; readonly origin: string }
  | { readonly name: 'ended'; readonly error?: Error };

/** What happened. */
export type ConnectionInput =
  | { readonly type: 'start' }
  /** With the error that ends it, if there is one. */
  | { readonly type: 'stop'; readonly error?: Error }
  /** The leader is known. */
  | { readonly type: 'located'; readonly epoch: number; readonly origin: string }
  | { readonly type: 'subscribed'; readonly epoch: number }
  /** Of whatever the epoch was about: finding the leader, subscribing, or the subscription. */
  | { readonly type: 'failed'; readonly epoch: number; readonly verdict: Verdict }
  /** The delay is over. */
  | { readonly type: 'due'; readonly epoch: number };

/** What the edge has to do, in this order. */
export type ConnectionEffect =
  /** Cancel all that belongs to an earlier epoch: attempts, delays, the subscription. */
  | { readonly type: 'release' }
  | { readonly type: 'locate'; readonly epoch: number }
  | { readonly type: 'subscribe'; readonly epoch: number; readonly origin: string }
  | { readonly type: 'wait'; readonly epoch: number; readonly ms: number }
  /** Tell the user that the subscription, or an attempt, has failed. */
  | { readonly type: 'report'; readonly cause: Error; readonly retryMs: number; readonly wasSubscribed: boolean }
  /** There will be no further effects. */
  | { readonly type: 'end'; readonly error?: Error };

/** What decisions depend on besides state and input. */
export interface Surroundings {
  readonly policy: ConnectionPolicy;
  readonly nowMs: number;
  /** In [0, 1). */
  readonly random: number;
}

type Step = [ConnectionState, ConnectionEffect[]];

/** The state before `start`. */
export const idle: ConnectionState = { name: 'idle' };

/** Decides what follows from an input. */
export function step(state: ConnectionState, input: ConnectionInput, around: Surroundings): Step {
  if (state.name === 'ended') return [state, []];
  if (input.type === 'stop') return end(input.error);
  if (state.name === 'idle') {
    return input.type === 'start' ? locate(1, { attempt: 0, sinceMs: around.nowMs, again: false }) : [state, []];
  }
  if (input.type === 'start' || input.epoch !== state.epoch) return [state, []];
  if (input.type === 'failed') return fail(state, input.verdict, around);
  if (input.type === 'due') return state.name === 'waiting' ? locate(state.epoch + 1, state.series) : [state, []];
  if (input.type === 'located') {
    return state.name === 'locating' ? subscribe(state.epoch + 1, state.series, input.origin, 0) : [state, []];
  }
  if (state.name !== 'subscribing') return [state, []];
  const series = { ...state.series, sinceMs: around.nowMs, again: true };
  return [{ name: 'subscribed', epoch: state.epoch, series, origin: state.origin }, []];
}

function locate(epoch: number, series: Series): Step {
  return [{ name: 'locating', epoch, series }, [{ type: 'locate', epoch }]];
}

function subscribe(epoch: number, series: Series, origin: string, redirects: number): Step {
  return [{ name: 'subscribing', epoch, series, origin, redirects }, [{ type: 'subscribe', epoch, origin }]];
}

function end(error?: Error): Step {
  const reason = error ? { error } : {};
  return [{ name: 'ended', ...reason }, [{ type: 'release' }, { type: 'end', ...reason }]];
}

type Live = Exclude<ConnectionState, { name: 'idle' | 'ended' }>;

function fail(state: Live, verdict: Verdict, { policy, nowMs, random }: Surroundings): Step {
  if (state.name === 'waiting') return [state, []];
  if (verdict.kind === 'fatal') return end(verdict.error);
  const { cause } = verdict;
  const epoch = state.epoch + 1;
  if (verdict.kind === 'redirect' && state.name === 'subscribing' && state.redirects < policy.maxRedirects) {
    const [next, effects] = subscribe(epoch, state.series, verdict.origin, state.redirects + 1);
    return [next, [{ type: 'release' }, ...effects]];
  }
  const series = seriesAfter(state, policy, nowMs);
  const patienceMs = series.again ? policy.patienceMs : policy.firstPatienceMs;
  const longest = Math.min(policy.maxBackoffMs, policy.minBackoffMs * 2 ** (series.attempt - 1));
  const ms = random * longest;
  // The attempt after the delay would come too late.
  if (nowMs - series.sinceMs + ms >= patienceMs) return end(lost(series, cause));
  const wasSubscribed = state.name === 'subscribed';
  return [
    { name: 'waiting', epoch, series },
    [{ type: 'release' }, { type: 'wait', epoch, ms }, { type: 'report', cause, retryMs: ms, wasSubscribed }],
  ];
}

/** Counts an attempt. A subscription that lasted begins another series, one that broke at once does not. */
function seriesAfter({ name, series }: Live, { maxBackoffMs }: ConnectionPolicy, nowMs: number): Series {
  if (name !== 'subscribed') return { ...series, attempt: series.attempt + 1 };
  const lasted = nowMs - series.sinceMs >= maxBackoffMs;
  return { attempt: lasted ? 1 : series.attempt + 1, sinceMs: nowMs, again: true };
}

function lost({ again }: Series, cause: Error): SchedulerError {
  const what = again ? 'Lost the master' : 'No master took the subscription';
  return new SchedulerError('MASTER_LOST', `${what}: ${cause.message}`, { cause });
}
