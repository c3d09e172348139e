/** Names of the numbers that the executor tells Graphite and Prometheus. */
export type CounterName =
  | 'servicelog.received.Total'
  | 'servicelog.logstash.sent'
  | 'servicelog.logstash.dropped.RateExceeded'
  | 'servicelog.logstash.dropped.SizeExceeded'
  | 'servicelog.logstash.dropped.Timeout'
  | 'servicelog.scrapped.dropped.BufferOverflow'
  | 'updates.sent';

const names: readonly CounterName[] = [
  'servicelog.received.Total',
  'servicelog.logstash.sent',
  'servicelog.logstash.dropped.RateExceeded',
  'servicelog.logstash.dropped.SizeExceeded',
  'servicelog.logstash.dropped.Timeout',
  'servicelog.scrapped.dropped.BufferOverflow',
  'updates.sent',
];

/** Counters, all there from the start. */
export class Counters {
  readonly #values = new Map<CounterName, number>(names.map(name => [name, 0]));

  add(name: CounterName, count = 1): void {
    this.#values.set(name, this.get(name) + count);
  }

  get(name: CounterName): number {
    return this.#values.get(name) ?? 0;
  }

  /** Counters, and what the process itself uses. */
  all(): [name: string, value: number][] {
    return [
      ...this.#values,
      ['system.MemoryRss', process.memoryUsage.rss()],
      ['system.Uptime', Math.round(process.uptime())],
    ];
  }
}
