/** Asks for what has no events, again and again while someone listens, and keeps the last answer. */
import { Pause } from '../pause.ts';
import { currentTime } from '../time.ts';
import { asRequestError, type RequestError } from './request.ts';

/** What is asked. */
export interface Question<T> {
  /**
   * Asks once.
   *
   * @param last the last answer. Return it again where nothing has changed: what is made of it need not be made anew.
   * @throws what becomes {@link Answered.problem}.
   */
  ask(signal: AbortSignal, last: T | undefined): Promise<T>;
  /** How often, in milliseconds. Default: once, and when {@link Poll.refresh} is called. */
  readonly everyMs?: number;
  /** What is known until the first answer: what another question was answered with. */
  readonly known?: Answered<T> | undefined;
}

/** The last answer, and what became of the last attempt. */
export interface Answered<T> {
  /** Undefined: there was none. It stays when a later attempt fails. */
  readonly answer: T | undefined;
  /** When it was true, milliseconds since the epoch. */
  readonly answeredAt: number | undefined;
  /** Why the last attempt has failed; undefined: it has not. */
  readonly problem: RequestError | undefined;
  /** How many attempts have failed, one after the other. */
  readonly failures: number;
  /** Someone waits for the answer to a {@link Poll.refresh}. */
  readonly isRefreshing: boolean;
}

/** Never answers: for a question without anything to ask for. */
export const noAnswer = <T>(): Promise<T> => new Promise(() => undefined);

/** What a poll knows of its page. */
export interface PollPage {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Whether the page is seen. One that is not asks at first, and when it is refreshed. */
  isSeen(): boolean;
  /** Calls `listener` when the page is seen or hidden. @returns a function that ends this. */
  onSeen(listener: () => void): () => void;
}

const browserPage: PollPage = {
  now: currentTime,
  isSeen: () => document.visibilityState === 'visible',
  onSeen(listener) {
    document.addEventListener('visibilitychange', listener);
    return () => document.removeEventListener('visibilitychange', listener);
  },
};

/** The longest pause that failures lead to, in milliseconds. */
const LONGEST_PAUSE_MS = 30_000;
/** Asking takes one in so many parts of the time at most, so that a slow daemon is not asked all the time. */
const PARTS = 20;

/** See the top of this file. Asks while it has listeners; a request that is under way when the last one goes is cancelled. */
export class Poll<T> {
  readonly #question: Question<T>;
  readonly #page: PollPage;
  readonly #listeners = new Set<() => void>();
  readonly #pause = new Pause();
  #state: Answered<T>;
  #run: AbortController | undefined;
  /** Who waits for an answer that was asked for from now on. */
  #waiting: (() => void)[] = [];

  constructor(question: Question<T>, page: PollPage = browserPage) {
    const { answer, answeredAt } = question.known ?? {};
    this.#question = question;
    this.#page = page;
    this.#state = { answer, answeredAt, problem: undefined, failures: 0, isRefreshing: false };
  }

  /** The same object until something changes. */
  get state(): Answered<T> {
    return this.#state;
  }

  /** Calls `listener` after each attempt. @returns a function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#run === undefined) void this.#repeat();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  /** Asks now, and again after a request that is under way, whose answer may be from before. Resolves after that; at once without listeners. */
  refresh(): Promise<void> {
    if (this.#run === undefined) return Promise.resolve();
    return new Promise(resolve => {
      this.#waiting.push(resolve);
      this.#set({ isRefreshing: true });
      this.#pause.end();
    });
  }

  async #repeat(): Promise<void> {
    const run = new AbortController();
    this.#run = run;
    const { everyMs } = this.#question;
    if (everyMs !== undefined) {
      run.signal.addEventListener(
        'abort',
        this.#page.onSeen(() => this.#pause.end()),
      );
    }
    for (let isWanted = true; ; isWanted = this.#waiting.length > 0 || this.#page.isSeen()) {
      const start = this.#page.now();
      if (isWanted) await this.#ask(run.signal);
      if (run.signal.aborted) return;
      if (this.#waiting.length === 0) await this.#pause.wait(this.#pauseAfter(this.#page.now() - start));
      if (run.signal.aborted) return;
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const { answer: last, failures } = this.#state;
    const change = await this.#question.ask(signal, last).then(
      answer => ({ answer, answeredAt: this.#page.now(), problem: undefined, failures: 0 }),
      (error: unknown) => ({ problem: asRequestError(error), failures: failures + 1 }),
    );
    if (!signal.aborted) this.#set({ ...change, isRefreshing: this.#waiting.length > 0 });
    for (const resolve of waiting) resolve();
  }

  /** Returns how long to wait after an attempt; undefined: until it is refreshed. */
  #pauseAfter(tookMs: number): number | undefined {
    const { everyMs } = this.#question;
    if (everyMs === undefined) return undefined;
    const afterFailures = Math.min(everyMs * this.#state.failures, LONGEST_PAUSE_MS);
    return Math.max(everyMs, afterFailures, tookMs * PARTS);
  }

  #end(): void {
    this.#run?.abort();
    this.#run = undefined;
    this.#pause.end();
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.#state = { ...this.#state, isRefreshing: false };
  }

  #set(change: Partial<Answered<T>>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}
