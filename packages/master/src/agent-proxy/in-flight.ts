/** Counts the requests that go through the master at a time. Pure. */

/** How many there may be. */
export interface InFlightLimits {
  /** Of one principal, or of one address without a principal. */
  readonly ofUser: number;
  /** To one agent. */
  readonly toAgent: number;
  readonly inAll: number;
}

/** The limit that a request would exceed. */
export type Exceeded = keyof InFlightLimits;

/** The requests there are, by who sent them and where they go. */
export class InFlight {
  readonly #limits: InFlightLimits;
  readonly #ofUsers = new Map<string, number>();
  readonly #toAgents = new Map<string, number>();
  #all = 0;

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  /** Takes a request in. @returns a function to be called at its end, more often too; or the limit that it would exceed. */
  enter(user: string, agent: string): (() => void) | Exceeded {
    const { ofUser, toAgent, inAll } = this.#limits;
    if ((this.#ofUsers.get(user) ?? 0) >= ofUser) return 'ofUser';
    if ((this.#toAgents.get(agent) ?? 0) >= toAgent) return 'toAgent';
    if (this.#all >= inAll) return 'inAll';
    this.#count(user, agent, 1);
    let isOver = false;
    return () => {
      if (!isOver) this.#count(user, agent, -1);
      isOver = true;
    };
  }

  #count(user: string, agent: string, change: 1 | -1): void {
    this.#all += change;
    add(this.#ofUsers, user, change);
    add(this.#toAgents, agent, change);
  }
}

function add(counts: Map<string, number>, key: string, change: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
