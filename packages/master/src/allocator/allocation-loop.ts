import type { Allocation } from './allocator.ts';

/** The part of the allocator that the loop drives. */
export interface Allocating {
  shuffledAgentIds(): string[];
  /** Decides, or begins to: the promise is for a function that performs what was decided, and does not reject. */
  allocate(agentIds: readonly string[]): Allocation | Promise<() => Allocation>;
  endBatch(): void;
}

/** The allocator of a loop, its interval, and its timers. */
export interface AllocationLoopOptions {
  readonly allocator: Allocating;
  readonly intervalMs: number;
  /**
   * Runs a function once, not before so many milliseconds have passed.
   *
   * @returns cancels.
   */
  readonly after: (ms: number, run: () => void) => () => void;
  /** Called when a run begins to wait for its turn; what it returns, when the turn comes. */
  readonly onWaiting?: () => () => void;
  /** Takes what a run decided; only called when there is something. */
  readonly onAllocation: (allocation: Allocation) => void;
  /** Agents looked at in one turn of the event loop. A few milliseconds' worth by default. */
  readonly agentsPerTurn?: number;
}

/**
 * Decides when to run the allocator: over all agents each interval, over changed ones at once. Requests that arrive are
 * merged into a waiting one. A large run is spread over several ticks of the event loop; changes in between are
 * respected, because every tick decides anew.
 *
 * ```
 *            request                 turn of the event loop, last agents
 *   idle ───────────────▶ waiting ───────────────────────────────────────▶ idle
 *                         │  ▲ request: merged; or a turn with agents left
 *                         └──┘
 * ```
 *
 * An allocator that takes its time is asked about one turn's agents at a time.
 */
export class AllocationLoop {
  readonly #options: AllocationLoopOptions;
  /** The agents of the next run; `all` for all of them. */
  #requested: Set<string> | 'all' = new Set();
  /** Agents that the present run has still to look at. */
  #queue: string[] = [];
  #queueIsBatch = false;
  #cancelTurn: (() => void) | undefined;
  #cancelInterval: (() => void) | undefined;
  #paused = false;
  /** What the allocator is deciding about; undefined when it has decided. */
  #deciding: object | undefined;

  constructor(options: AllocationLoopOptions) {
    this.#options = options;
  }

  /** Begins the intervals. */
  start(): void {
    this.#cancelInterval ??= this.#options.after(this.#options.intervalMs, () => {
      this.#cancelInterval = undefined;
      this.request();
      this.start();
    });
  }

  /** Stops all runs until started again. */
  stop(): void {
    this.#cancelInterval?.();
    this.#cancelTurn?.();
    this.#cancelInterval = undefined;
    this.#cancelTurn = undefined;
    this.#deciding = undefined;
    this.#requested = new Set();
    this.#queue = [];
    this.#queueIsBatch = false;
  }

  /** Requests a run over these agents, or over all when none is named. */
  request(agentIds?: Iterable<string>): void {
    if (agentIds === undefined) this.#requested = 'all';
    else if (this.#requested !== 'all') for (const id of agentIds) this.#requested.add(id);
    this.#waitForTurn();
  }

  /** Pauses all runs: after a change of master, agents are waited for where guarantees depend on them. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#waitForTurn();
  }

  get #hasWork(): boolean {
    return this.#queue.length > 0 || this.#queueIsBatch || this.#requested === 'all' || this.#requested.size > 0;
  }

  #waitForTurn(): void {
    if (this.#paused || !this.#hasWork || this.#cancelTurn || this.#deciding) return;
    const stopWaiting = this.#options.onWaiting?.();
    this.#cancelTurn = this.#options.after(0, () => {
      this.#cancelTurn = undefined;
      stopWaiting?.();
      this.#turn();
      this.#waitForTurn();
    });
  }

  #turn(): void {
    if (this.#paused) return;
    const { allocator, agentsPerTurn = 200 } = this.#options;
    if (this.#queue.length === 0 && !this.#queueIsBatch) this.#fillQueue();
    const decided = allocator.allocate(this.#queue.splice(0, agentsPerTurn));
    if (!(decided instanceof Promise)) return this.#end(decided);
    const deciding = {};
    this.#deciding = deciding;
    void decided.then(perform => {
      if (this.#deciding !== deciding) return; // stopped meanwhile
      this.#deciding = undefined;
      this.#end(perform());
      this.#waitForTurn();
    });
  }

  #end(allocation: Allocation): void {
    const { allocator, onAllocation } = this.#options;
    if (this.#queue.length === 0 && this.#queueIsBatch) {
      this.#queueIsBatch = false;
      allocator.endBatch();
    }
    if (allocation.grants.length > 0 || allocation.inverse.length > 0) onAllocation(allocation);
  }

  #fillQueue(): void {
    this.#queueIsBatch = this.#requested === 'all';
    this.#queue = this.#requested === 'all' ? this.#options.allocator.shuffledAgentIds() : [...this.#requested];
    this.#requested = new Set();
  }
}
