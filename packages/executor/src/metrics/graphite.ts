import { once } from 'node:events';
import { connect } from 'node:net';
import type { WireId } from '@meseta/protocol';
import { type Clock, every } from '@meseta/system';
import type { Counters } from './counters.ts';

const intervalMs = 60_000;
const timeoutMs = 5000;

/** Where metrics are sent, and under which prefix. */
export interface GraphiteOptions {
  readonly host: string;
  readonly port: number;
  /** `<prefix>.<host>.<executor id>`, see `graphitePrefix`. */
  readonly prefix: string;
  readonly clock: Clock;
  onProblem(message: string, error: unknown): void;
}

/**
 * Returns `<prefix>.<host>.<executor id>`. Dots in host and id become `_`, because Graphite separates levels by dots.
 */
export function graphitePrefix(prefix: string, host: string, executorId: WireId<'executor'>): string {
  return [prefix, ...[host, executorId].map(text => text.replaceAll('.', '_'))].join('.');
}

/** Sends all metrics in Graphite's plain text protocol once a minute, and once at the end. */
export class Graphite {
  readonly #counters: Counters;
  readonly #options: GraphiteOptions;
  readonly #stop: () => void;

  constructor(counters: Counters, options: GraphiteOptions) {
    this.#counters = counters;
    this.#options = options;
    this.#stop = every(options.clock, intervalMs, () => void this.#send());
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#send();
  }

  async #send(): Promise<void> {
    const { host, port, prefix, clock, onProblem } = this.#options;
    const seconds = Math.floor(clock.now() / 1000);
    const lines = this.#counters.all().map(([name, value]) => `${prefix}.${name} ${value} ${seconds}\n`);
    const socket = connect({ host, port });
    try {
      socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no answer in time')));
      socket.end(lines.join(''));
      socket.resume();
      await once(socket, 'close');
    } catch (error) {
      onProblem('Metrics could not be sent to Graphite', error);
    } finally {
      socket.destroy();
    }
  }
}
