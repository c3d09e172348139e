import type { FrameworkInfo } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { ConnectionPolicy } from './connection-state.ts';
import type { FrameworkStore } from './framework-store.ts';
import type { Masters } from './masters.ts';
import type { CredentialSource } from './subscription.ts';
import type { KnownTask } from './task-ledger.ts';

/** What a scheduler is made of. */
export interface SchedulerOptions {
  readonly masters: Masters;
  /**
   * Without an id: that comes from the store. Set `failover_timeout` (seconds), otherwise the master ends all tasks when
   * the connection breaks.
   */
  readonly framework: Omit<FrameworkInfo, 'id'>;
  /** Default: `memoryStore()`. */
  readonly store?: FrameworkStore;
  /** Tasks of an earlier process that have not ended. The scheduler reports what became of them. */
  readonly tasks?: Iterable<KnownTask>;
  /** Default: `afterHandling`. With `byCall`, statuses are acknowledged only by `Scheduler.acknowledge`. */
  readonly acknowledge?: 'afterHandling' | 'byCall';
  /** Default: none; requests are anonymous. The framework's `principal` may be left out then. */
  readonly credential?: CredentialSource;
  /** Default: 100 ms to 10 s, four redirects, for ever. */
  readonly connection?: Partial<ConnectionPolicy>;
  /** Default: the machine's. */
  readonly clock?: Clock;
}
