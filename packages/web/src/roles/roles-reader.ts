/** Reads the roles again and again while somebody looks at them: the master has no events about them. */

import { Pause } from '../pause.ts';
import type { RoleView } from './role-view.ts';

/** Why they could not be read. */
export interface RolesProblem {
  /** A sentence. */
  readonly message: string;
  readonly status?: number;
  readonly code?: string;
}

/** What is known. */
export interface RolesState {
  /** By name; undefined: nothing was read yet. */
  readonly roles: ReadonlyMap<string, RoleView> | undefined;
  /** When they were read, milliseconds since the epoch. */
  readonly readAt: number | undefined;
  /** Why the last attempt has failed. */
  readonly problem: RolesProblem | undefined;
}

/** The roles cannot be read now. */
export class RolesError extends Error {
  override readonly name = 'RolesError';
  readonly code: string | undefined;
  readonly status: number | undefined;

  constructor(message: string, { status, code, cause }: { status?: number; code?: string; cause?: unknown } = {}) {
    super(message, { cause });
    this.status = status;
    this.code = code;
  }
}

/** The shortest time between two readings, in milliseconds. */
const PAUSE_MS = 5000;
/** Reading takes at most one in so many parts of the time, so that a slow master is not asked all the time. */
const PARTS = 20;

/** How it reads, and what time it is. */
export interface RolesSource {
  /** Returns the same list as before when nothing has changed. @throws {RolesError} */
  read(signal: AbortSignal): Promise<readonly RoleView[]>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Whether the page is seen. A page that is not does not read, but for {@link RolesReader.refresh}. */
  isSeen(): boolean;
}

/** The roles of a master. Reads while it has listeners. */
export class RolesReader {
  readonly #source: RolesSource;
  readonly #listeners = new Set<() => void>();
  readonly #pause = new Pause();
  #state: RolesState = { roles: undefined, readAt: undefined, problem: undefined };
  #list: readonly RoleView[] | undefined;
  #run: AbortController | undefined;
  /** How often a reading was asked for. */
  #asked = 0;

  constructor(source: RolesSource) {
    this.#source = source;
  }

  get state(): RolesState {
    return this.#state;
  }

  /** Calls `listener` after each reading. @returns a function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#run === undefined) void this.#loop();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#run?.abort();
      this.#run = undefined;
      this.#pause.end();
    };
  }

  /** Reads now, or again when a reading is under way, which may have begun before what is to be seen. */
  refresh(): void {
    this.#asked++;
    this.#pause.end();
  }

  async #loop(): Promise<void> {
    const run = new AbortController();
    this.#run = run;
    let isWanted = true;
    while (!run.signal.aborted) {
      const [asked, start] = [this.#asked, this.#source.now()];
      if (isWanted) await this.#read(run.signal);
      if (run.signal.aborted) return;
      const pause = Math.max(PAUSE_MS, (this.#source.now() - start) * PARTS);
      if (asked === this.#asked) await this.#pause.wait(pause);
      isWanted = asked !== this.#asked || this.#source.isSeen();
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    try {
      const list = await this.#source.read(signal);
      if (signal.aborted) return;
      // The same map while nothing changes, so that a table of ten thousand is not made again.
      const roles = list === this.#list ? this.#state.roles : new Map(list.map(role => [role.name, role]));
      this.#list = list;
      this.#set({
        roles,
        readAt: this.#source.now(),
        problem: undefined,
      });
    } catch (error) {
      if (signal.aborted) return;
      const { message, status, code } =
        error instanceof RolesError ? error : new RolesError(`The roles cannot be read: ${(error as Error).message}`);
      this.#set({
        ...this.#state,
        problem: { message, ...(status !== undefined && { status }), ...(code !== undefined && { code }) },
      });
    }
  }

  #set(state: RolesState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}
