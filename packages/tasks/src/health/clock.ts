/** Time as checks see it: real in a process, moved by hand in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `f` once after `ms`. @returns cancels; harmless when it ran already. */
  after(ms: number, f: () => void): () => void;
}
