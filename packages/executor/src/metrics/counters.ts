/** The names of the executor's metrics in Graphite; Prometheus's are derived from them. */
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

/** Counts events by name. All counters exist from the start, at 0. */
export class Counters {
  readonly #values = new Map<CounterName, number>(names.map(name => [name, 0]));

  add(name: CounterName, count = 1): void {
    this.#values.set(name, this.get(name) + count);
  }

  get(name: CounterName): number {
    return this.#values.get(name) ?? 0;
  }

  /** Returns all counters, and this process's resident memory in bytes and uptime in seconds. */
  all(): [name: string, value: number][] {
    return [
      ...this.#values,
      ['system.MemoryRss', process.memoryUsage.rss()],
      ['system.Uptime', Math.round(process.uptime())],
    ];
  }
}
