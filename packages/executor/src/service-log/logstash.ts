import type { ConnectionOptions } from 'node:tls';
import { type Clock, delay, endsWithin } from '@meseta/system';
import type { HostPort } from '../config/types.ts';
import type { Counters } from '../metrics/counters.ts';
import { RateLimit } from './rate-limit.ts';
import { StreamTarget, type Target, UdpTarget } from './target.ts';

/** Addresses, protocol and limits of a Logstash client. */
export interface LogstashOptions {
  readonly protocol: 'tcp' | 'udp' | 'tls';
  readonly addresses: readonly HostPort[];
  /** Looks the addresses up every `refreshMs`, in place of a fixed address. */
  readonly discovery?: { find(signal: AbortSignal): Promise<readonly HostPort[]>; readonly refreshMs: number };
  readonly bufferSize: number;
  /** Entries a second; 0 means no limit. */
  readonly rateLimit: number;
  readonly sizeLimit: number;
  readonly timeoutMs: number;
  readonly keepAliveMs: number;
  readonly tls: ConnectionOptions;
  readonly counters: Counters;
  readonly clock: Clock;
  onProblem(message: string, error: unknown): void;
}

interface Waiting {
  readonly line: string;
  readonly sinceMs: number;
}

/** The largest datagram that IPv4 carries. */
const largestDatagram = 65_507;

/**
 * Sends entries to the instances of Logstash in turn. Sending never waits and never fails: entries wait in a bounded
 * buffer, and when it is full, the oldest is dropped. When a connection fails, the entries that were being sent, and
 * those that have waited longer than the timeout, are dropped and counted as `Timeout`.
 */
export class Logstash {
  readonly #options: LogstashOptions;
  readonly #rate: RateLimit;
  readonly #targets = new Map<string, Target>();
  readonly #stopped = new AbortController();
  /** The waiting entries, from index `#head` on: removing the first entry only moves the index. */
  #buffer: Waiting[] = [];
  #head = 0;
  #turn = 0;
  #onEmpty: (() => void) | undefined;

  constructor(options: LogstashOptions) {
    this.#options = options;
    this.#rate = new RateLimit(options.rateLimit, options.clock.steady());
    this.#setTargets(options.addresses);
    if (options.discovery) void this.#discover(options.discovery);
  }

  /** @param line JSON with its line feed. */
  send(line: string): void {
    const { counters, clock, sizeLimit, protocol, bufferSize } = this.#options;
    const limit = protocol === 'udp' ? Math.min(sizeLimit || largestDatagram, largestDatagram) : sizeLimit;
    if (limit > 0 && line.length * 3 > limit && Buffer.byteLength(line) > limit) {
      return counters.add('servicelog.logstash.dropped.SizeExceeded');
    }
    const nowMs = clock.steady();
    if (!this.#rate.take(nowMs)) return counters.add('servicelog.logstash.dropped.RateExceeded');
    this.#buffer.push({ line, sinceMs: nowMs });
    if (this.#size > bufferSize) {
      this.#shift();
      counters.add('servicelog.scrapped.dropped.BufferOverflow');
    }
    this.#pump();
  }

  /** Sends the waiting entries until the timeout ends, then closes the connections. */
  async close(): Promise<void> {
    const { timeoutMs, counters, clock } = this.#options;
    if (this.#size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onEmpty = resolve;
      await endsWithin(clock, timeoutMs, promise);
    }
    this.#stopped.abort();
    await Promise.all([...this.#targets.values()].map(target => target.flush()));
    for (const target of this.#targets.values()) target.close();
    counters.add('servicelog.logstash.dropped.Timeout', this.#size);
    this.#buffer = [];
    this.#head = 0;
  }

  get #size(): number {
    return this.#buffer.length - this.#head;
  }

  #shift(): Waiting | undefined {
    const first = this.#buffer[this.#head++];
    if (this.#head > 1024 && this.#head * 2 > this.#buffer.length) {
      this.#buffer = this.#buffer.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }

  #pump(): void {
    while (this.#size > 0) {
      const target = this.#nextTarget();
      if (!target) return;
      const next = this.#shift();
      if (next) target.send(next.line);
    }
    this.#onEmpty?.();
  }

  /** Returns the next target that is ready to take entries. */
  #nextTarget(): Target | undefined {
    if (this.#targets.size === 1) {
      for (const target of this.#targets.values()) return target.ready ? target : undefined;
    }
    const targets = [...this.#targets.values()];
    for (let i = 0; i < targets.length; i++) {
      const target = targets[this.#turn++ % targets.length];
      if (target?.ready) return target;
    }
    return undefined;
  }

  #expire(): void {
    const { timeoutMs, counters, clock } = this.#options;
    const oldestMs = clock.steady() - timeoutMs;
    while (this.#size > 0 && (this.#buffer[this.#head]?.sinceMs ?? 0) < oldestMs) {
      this.#shift();
      counters.add('servicelog.logstash.dropped.Timeout');
    }
  }

  #setTargets(addresses: readonly HostPort[]): void {
    const wanted = new Map(addresses.map(address => [`${address.host}:${address.port}`, address]));
    for (const [key, target] of this.#targets) {
      if (wanted.has(key)) continue;
      this.#targets.delete(key);
      target.close();
    }
    for (const [key, address] of wanted)
      if (!this.#targets.has(key)) this.#targets.set(key, this.#makeTarget(key, address));
  }

  #makeTarget(key: string, address: HostPort): Target {
    const { protocol, timeoutMs, keepAliveMs, tls, counters, clock, onProblem } = this.#options;
    const Type = protocol === 'udp' ? UdpTarget : StreamTarget;
    return new Type(address, {
      ...{ protocol, timeoutMs, keepAliveMs, tls, clock },
      onReady: () => this.#pump(),
      onSent: count => counters.add('servicelog.logstash.sent', count),
      onFailure: (lost, error) => {
        counters.add('servicelog.logstash.dropped.Timeout', lost);
        if (!this.#targets.values().some(({ ready }) => ready)) this.#expire();
        if (!this.#stopped.signal.aborted) onProblem(`No connection to Logstash at ${key}`, error);
      },
    });
  }

  async #discover({ find, refreshMs }: NonNullable<LogstashOptions['discovery']>): Promise<void> {
    const { clock, onProblem } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        this.#setTargets(await find(signal));
      } catch (error) {
        if (!signal.aborted) onProblem('Instances of Logstash could not be looked up', error); // the known ones stay
      }
      if (!this.#targets.values().some(({ ready }) => ready)) this.#expire();
      await delay(clock, refreshMs, signal);
    }
  }
}
