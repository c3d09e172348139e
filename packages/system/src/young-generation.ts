/**
 * Limits the young generation of V8's heap while a cluster is small. It is state of the process, not of a daemon: only
 * commands use it.
 */
import { setFlagsFromString } from 'node:v8';

/**
 * How `./meseta` starts Node.js when the young generation may be held. V8 fixes the limits of its size at the start; how it
 * grows between them, and whether threads collect it together, can be changed at any time.
 */
export const smallYoungGeneration = ['--min-semi-space-size=4', '--max-semi-space-size=32', '--no-parallel-scavenge'];

/** The factor by which V8 lets the young generation grow when much of it survives: its default, and none. */
const growth = { free: '--semi-space-growth-factor=2', held: '--semi-space-growth-factor=1' };

/** The young generation of this process. */
export class YoungGeneration {
  #growth: 'free' | 'held' = 'free';
  #startsHeld = false;

  /**
   * Keeps it at its smallest size until it is released. Call it before much is loaded, which lets it grow. Does nothing when
   * Node.js was started in another way than by `./meseta` without `MESETA_SEMI_SPACE_MB`.
   *
   * @param started how Node.js was started, `process.execArgv`.
   */
  hold(started: readonly string[]): void {
    if (!smallYoungGeneration.every(flag => started.includes(flag))) return;
    this.#startsHeld = true;
    this.#set('held');
    // Node.js writes its compile cache after this event, see `asStarted`.
    process.once('exit', () => this.#set('held'));
  }

  /** Lets it grow from now on, and threads collect it together. Does nothing when it is not held. */
  release(): void {
    if (this.#growth === 'free') return;
    this.#set('free');
    setFlagsFromString('--parallel-scavenge');
  }

  /**
   * Does something with the growth of the start. V8 refuses code that was stored with another growth, so that the compile
   * cache must be written in here.
   */
  asStarted(work: () => void): void {
    const now = this.#growth;
    this.#set(this.#startsHeld ? 'held' : 'free');
    try {
      work();
    } finally {
      this.#set(now);
    }
  }

  #set(how: 'free' | 'held'): void {
    if (this.#growth === how) return;
    this.#growth = how;
    setFlagsFromString(growth[how]);
  }
}
