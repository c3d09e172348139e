/**
 * Elects a leader. A process that wants to lead uses a contender, one that wants to know the leader a detector. They
 * are separate, as in Mesos, because many processes only detect: agents, schedulers, standby masters.
 *
 * @see Mesos include/mesos/master/contender.hpp and detector.hpp
 */

/** A candidacy in the election. The detector reports whether it leads. */
export interface Candidacy {
  /**
   * Resolves when the candidacy was lost and not withdrawn. The caller then has to contend again. Rejects when the caller
   * cannot be a candidate.
   */
  readonly lost: Promise<void>;
  /**
   * Whether the candidacy is surely not lost. False before any other process can see it lost, also in a process that was
   * stopped for a while.
   */
  readonly isHeld: boolean;
  /** Withdraws the candidacy. Idempotent. */
  withdraw(): Promise<void>;
}

/** Makes this process a candidate. @typeParam L what other processes learn of a leader. */
export interface LeaderContender<L> {
  /** Begins to enter the election; temporary problems are waited out. */
  contend(leader: L): Promise<Candidacy>;
}

/** Reports the leader. @typeParam L what is known of a leader. */
export interface LeaderDetector<L> {
  /**
   * Reports the leader soon after the call and at each change; undefined when there is none, or it cannot be
   * determined.
   *
   * @returns a function that ends the reports.
   */
  watch(onChange: (leader: L | undefined) => void): () => void;
}

/** The contender and the detector of one election. */
export interface Leadership<L> {
  readonly contender: LeaderContender<L>;
  readonly detector: LeaderDetector<L>;
}

/** Makes an election that its only candidate wins, for a daemon without others. */
export function standalone<L>(): Leadership<L> {
  const watchers = new Set<(leader: L | undefined) => void>();
  let leader: L | undefined;
  const tell = (next: L | undefined) => {
    leader = next;
    for (const watcher of [...watchers]) watcher(leader);
  };
  return {
    contender: {
      async contend(own) {
        tell(own);
        const withdraw = async () => {
          if (leader === own) tell(undefined);
        };
        return { lost: new Promise(() => undefined), isHeld: true, withdraw };
      },
    },
    detector: {
      watch(onChange) {
        watchers.add(onChange);
        queueMicrotask(() => watchers.has(onChange) && onChange(leader));
        return () => void watchers.delete(onChange);
      },
    },
  };
}
