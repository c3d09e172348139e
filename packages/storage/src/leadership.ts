/**
 * Who leads. One that wants to lead contends; everybody who wants to know detects. They are two sides, as in Mesos,
 * because many detect who never contend: agents, schedulers, masters that stand by.
 *
 * @see Mesos include/mesos/master/contender.hpp and detector.hpp
 */

/** A place in the contest. Whether it leads, the detector tells. */
export interface Candidacy {
  /** Settles when the place is lost against the will of who had it: contend again then. */
  readonly lost: Promise<void>;
  /** Gives the place up. Idempotent. */
  withdraw(): Promise<void>;
}

/** @typeParam L what the others are told of a leader. */
export interface LeaderContender<L> {
  /** Enters the contest. @throws {Error} when that cannot be for good; what passes is waited for. */
  contend(leader: L): Promise<Candidacy>;
}

/** @typeParam L what is told of a leader. */
export interface LeaderDetector<L> {
  /**
   * Tells who leads, soon after the call and at each change; undefined when nobody does, or it cannot be known.
   *
   * @returns stops telling.
   */
  watch(onChange: (leader: L | undefined) => void): () => void;
}

/** Both sides of one contest. */
export interface Leadership<L> {
  readonly contender: LeaderContender<L>;
  readonly detector: LeaderDetector<L>;
}

/** A contest that whoever enters it wins: for a daemon that is alone. */
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
        return { lost: new Promise(() => undefined), withdraw };
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
