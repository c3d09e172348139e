/** What a fault is. */
import type { Random } from '../random.ts';
import type { ChaosCluster, Supervised } from './cluster.ts';

/** What a fault does to processes: told to the supervisor, which starts again what ended. */
export interface Hands {
  readonly cluster: ChaosCluster;
  readonly random: Random;
  /** The master that led last, as far as is known. */
  readonly leader: Supervised | undefined;
  /** Ends a process. */
  end(victim: Supervised, signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Stops a process: its connections stay open, and it does nothing. */
  pause(victim: Supervised): Promise<void>;
  /** Lets a process go on, or starts it again. */
  restore(victim: Supervised): Promise<void>;
}

/** A fault that can happen now. */
export interface Fault {
  readonly name: string;
  /** Processes, or other things, that no other fault must touch meanwhile. */
  readonly victims: readonly object[];
  /** The longest duration, milliseconds. */
  readonly longestMs: number;
  /** The leader may have to be another one. */
  readonly costsLead: boolean;
  begin(): Promise<void>;
  end(): Promise<void>;
}
