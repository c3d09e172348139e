/** The types of modules that elect and find the leading master, see docs/high-availability.md. */
import type { MasterInfo } from '@meseta/protocol';

/**
 * Makes a master a candidate, with `--master_contender`.
 *
 * Exactly one candidate of a cluster must be the leader at any time, and the detectors of all masters, agents and
 * frameworks must say which.
 */
export interface ModuleContender {
  /**
   * Makes this master a candidate, and keeps it one until `signal` is aborted: then it withdraws and returns.
   *
   * It yields when the master has become a candidate, and again whenever that is confirmed. What it yields is until when the
   * candidacy is surely held: a time by `performance.now()`, or `Infinity` where the candidacy cannot end without this process
   * knowing. After that time, a master that leads gives no answers. Count from before the request that renewed the candidacy was
   * sent. The method may take as long as it needs for the first one.
   *
   * When it returns, throws, or the time has passed, the candidacy is lost: a master that leads ends, another one contends
   * again. When it throws before it has yielded anything, it is called again, at first after a second.
   *
   * @param master what others learn of this master. Its `id` is another one at each call.
   */
  contend(master: MasterInfo, signal: AbortSignal): AsyncIterable<number>;
}

/** Finds the leading master, with `--master_detector` of a master or an agent. */
export interface ModuleDetector {
  /**
   * Yields the leading master, as its contender got it: at once, and after each change. It yields `undefined` (or `null`) when
   * no master leads. It goes on until `signal` is aborted.
   *
   * While the method is not running, no master is known: a master that leads ends. So it should wait out what passes, and
   * throw when it cannot go on. When it has returned or thrown, it is called again, at first after a second.
   */
  detect(signal: AbortSignal): AsyncIterable<MasterInfo | null | undefined>;
}
