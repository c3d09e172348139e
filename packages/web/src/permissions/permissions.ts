/** Answers of the master about what the user may do. */

/** A question: an action, and what it is done to. The master has the list. */
export interface Check {
  readonly action: string;
  readonly [object: string]: string;
}

/** The answer. */
export interface Verdict {
  readonly allowed: boolean;
  /** A sentence. */
  readonly reason?: string;
}

/** Asks the master. @returns undefined when it cannot answer such questions. */
export type Ask = (checks: readonly Check[]) => Promise<readonly Verdict[] | undefined>;

/** As many as the master answers at once. */
const BATCH = 1000;
/** Answers that are kept: those of some pages. */
const KEPT = 10_000;

/** Returns the name of a check, the same for the same question about the same state. */
export const keyOf = (check: Check, state = ''): string => `${state} ${JSON.stringify(Object.entries(check).sort())}`;

/** Asks what is not known, in batches, one at a time. */
export class Permissions {
  readonly #ask: Ask;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #wanted = new Map<string, Check>();
  readonly #listeners = new Set<() => void>();
  #isAsking = false;
  #isUnanswerable = false;
  #wasConnected = true;
  #user: string | undefined;
  #version = 0;
  /** Changes when everything is forgotten: answers to what was asked before count for nothing. */
  #generation = 0;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Changes with every answer. */
  get version(): number {
    return this.#version;
  }

  /** Returns what is known; undefined: nothing yet. @param state of the thing, on which the answer depends. */
  of(check: Check, state = ''): Verdict | undefined {
    return this.#verdicts.get(keyOf(check, state));
  }

  /** Asks what is not known. Questions of the same turn are one request. */
  want(checks: readonly Check[], state = ''): void {
    if (this.#isUnanswerable) return;
    for (const check of checks) {
      const key = keyOf(check, state);
      if (!this.#verdicts.has(key)) this.#wanted.set(key, check);
    }
    if (this.#isAsking || this.#wanted.size === 0) return;
    this.#isAsking = true;
    queueMicrotask(() => void this.#askAll());
  }

  /** Says whether the page has the cluster's state. When it comes again, another master may lead, with other rules. */
  connected(isConnected: boolean): void {
    if (isConnected && !this.#wasConnected) this.forget();
    this.#wasConnected = isConnected;
  }

  /** Says who the user is; undefined: not known, or not signed in. */
  isOf(user: string | undefined): void {
    if (user !== this.#user) this.forget();
    this.#user = user;
  }

  /** Forgets all answers. */
  forget(): void {
    this.#generation++;
    this.#isUnanswerable = false;
    this.#verdicts.clear();
    this.#changed();
  }

  /** Calls `listener` after every answer. @returns a function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #askAll(): Promise<void> {
    while (this.#wanted.size > 0) {
      const batch = [...this.#wanted].slice(0, BATCH);
      for (const [key] of batch) this.#wanted.delete(key);
      await this.#askBatch(batch);
    }
    this.#isAsking = false;
  }

  async #askBatch(batch: readonly (readonly [string, Check])[]): Promise<void> {
    const generation = this.#generation;
    // A failure leaves the question open: the action itself is refused where it is forbidden.
    const answers = await this.#ask(batch.map(([, check]) => check)).catch(() => []);
    if (generation !== this.#generation) return;
    if (answers === undefined) {
      this.#isUnanswerable = true;
      this.#wanted.clear();
      return;
    }
    if (this.#verdicts.size + answers.length > KEPT) this.#verdicts.clear();
    for (const [index, [key]] of batch.entries()) {
      const answer = answers[index];
      if (answer) this.#verdicts.set(key, answer);
    }
    if (answers.length > 0) this.#changed();
  }

  #changed(): void {
    this.#version++;
    for (const listener of this.#listeners) listener();
  }
}
