/** Which metrics the history keeps. */

/** One series of the history. */
export interface Series {
  /** Its name in `/ui/history`: that of its metric, with `_per_sec` for rates. */
  readonly name: string;
  /** The metric in the registry that it is read from. */
  readonly metric: string;
  /** `per second`: how fast a counter grows, between this sample and the one before. */
  readonly shows: 'value' | 'per second';
  /** What stands for the samples of a minute: their mean, or the largest where that is what matters. */
  readonly minute: 'mean' | 'max';
}

const value = (metric: string): Series => ({ name: metric, metric, shows: 'value', minute: 'mean' });
const worst = (metric: string): Series => ({ ...value(metric), minute: 'max' });
const rate = (metric: string): Series => ({ ...value(metric), name: `${metric}_per_sec`, shows: 'per second' });

const each = (prefix: string, words: string): string[] => words.split(' ').map(word => `master/${prefix}${word}`);

/** The series that a master keeps, in the order in which it lists them. */
export const masterSeries: readonly Series[] = [
  ...['cpus', 'mem', 'disk', 'gpus'].flatMap(kind => each(`${kind}_`, 'total used offered reserved')).map(value),
  ...each('tasks_', 'staging starting running killing unreachable').map(value),
  ...each('tasks_', 'finished failed killed lost dropped error gone').map(value),
  ...each('slaves_', 'active inactive connected disconnected unreachable').map(value),
  ...each('frameworks_', 'active inactive connected disconnected').map(value),
  value('master/outstanding_offers'),
  rate('master/valid_status_updates'),
  worst('master/event_queue_messages'),
  worst('process/event_loop_delay_ms/p99'),
  worst('process/event_loop_delay_ms/max'),
  worst('allocator/mesos/allocation_run_ms'),
  value('process/resident_memory_bytes'),
  value('process/heap_used_bytes'),
  rate('process/cpu_secs'),
];
