import type { Clock } from '@meseta/system';
import type { Counter, Logger, Metrics } from '@meseta/telemetry';
import type { ClusterObserver } from '../state/cluster.ts';
import type { Framework } from '../state/framework.ts';
import type { RateLimit, RateLimits } from './limits.ts';
import { PacedQueue } from './paced-queue.ts';

/** The frameworks of one principal, and how many of their messages came and were handled. */
interface PrincipalCounts {
  frameworks: number;
  readonly received: Counter;
  readonly processed: Counter;
}

type Queue = PacedQueue<Framework>;

/** How often dropped messages are logged, in milliseconds: a framework can send very many. */
const logIntervalMs = 1000;

/**
 * Takes the messages and calls of registered frameworks no faster than `--rate_limits` allows, and counts them by
 * principal: `frameworks/<principal>/messages_received` and `messages_processed`.
 *
 * The frameworks of a principal share its limit. All frameworks share another one whose principal is not in the flag,
 * or who have none.
 *
 * @see Mesos src/master/master.cpp, Master::consume and Master::throttled
 */
export class FrameworkLimiter implements ClusterObserver {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  /** By principal; undefined: not limited. */
  readonly #queues: ReadonlyMap<string, Queue | undefined>;
  readonly #others: Queue | undefined;
  readonly #counts = new Map<string, PrincipalCounts>();
  #loggedAt = Number.NEGATIVE_INFINITY;
  #dropped = 0;

  /** @param limits the value of `--rate_limits`; undefined: there are none. */
  constructor(limits: RateLimits | undefined, parts: { clock: Clock; log: Logger; metrics: Metrics }) {
    const { clock, log, metrics } = parts;
    const failed = (error: unknown) => log.error('Handling a message of a framework failed', { error });
    const queueOf = (limit: RateLimit | undefined) => limit && new PacedQueue<Framework>(limit, clock, failed);
    this.#clock = clock;
    this.#log = log;
    this.#metrics = metrics;
    this.#queues = new Map([...(limits?.limits ?? [])].map(([principal, limit]) => [principal, queueOf(limit)]));
    this.#others = queueOf(limits?.others);
  }

  frameworkAdded({ info: { principal } }: Framework): void {
    if (principal === undefined) return;
    const counts = this.#counts.get(principal) ?? {
      frameworks: 0,
      received: this.#metrics.counter(`frameworks/${principal}/messages_received`),
      processed: this.#metrics.counter(`frameworks/${principal}/messages_processed`),
    };
    counts.frameworks += 1;
    this.#counts.set(principal, counts);
  }

  frameworkRemoved({ info: { principal } }: Framework): void {
    const counts = principal === undefined ? undefined : this.#counts.get(principal);
    if (principal === undefined || counts === undefined) return;
    counts.frameworks -= 1;
    if (counts.frameworks > 0) return;
    this.#counts.delete(principal);
    for (const name of ['received', 'processed']) this.#metrics.remove(`frameworks/${principal}/messages_${name}`);
  }

  /**
   * Handles a message of a framework when it is its turn; at once without a limit.
   *
   * @param name of the message or call.
   * @returns what to tell its sender when the capacity is used up and the message is dropped; undefined otherwise.
   */
  take(framework: Framework, name: string, handle: () => void): string | undefined {
    const { principal } = framework.info;
    const counts = principal === undefined ? undefined : this.#counts.get(principal);
    counts?.received.increment();
    const queue = this.#queueOf(principal);
    if (queue === undefined) {
      handle();
      counts?.processed.increment();
      return undefined;
    }
    const hasRoom = queue.push(framework, counted(handle, counts?.processed));
    return hasRoom ? undefined : this.#drop(framework, name, queue.capacity);
  }

  #drop({ id, info }: Framework, name: string, capacity: number): string {
    const problem = `Message ${name} dropped: capacity(${capacity}) exceeded`;
    this.#dropped += 1;
    const now = this.#clock.steady();
    if (now - this.#loggedAt >= logIntervalMs) {
      const about = { framework_id: id, principal: info.principal, dropped: this.#dropped };
      this.#log.warning(problem, about);
      this.#loggedAt = now;
      this.#dropped = 0;
    }
    return problem;
  }

  /** Does something after the messages of a framework that wait. */
  after(framework: Framework, work: () => void): void {
    const queue = this.#queueOf(framework.info.principal);
    if (queue) queue.pushAfter(framework, work);
    else work();
  }

  /** Drops all messages that wait: the term is over. */
  stop(): void {
    for (const queue of this.#queues.values()) queue?.stop();
    this.#others?.stop();
  }

  #queueOf(principal: string | undefined): Queue | undefined {
    if (principal !== undefined && this.#queues.has(principal)) return this.#queues.get(principal);
    return this.#others;
  }
}

function counted(handle: () => void, processed: Counter | undefined): () => void {
  return () => {
    handle();
    processed?.increment();
  };
}
