import type { Action } from '../actions.ts';

/** What no rule allows, and only `permissive` did. */
export interface Allowance {
  /** Undefined when there is none. */
  readonly principal: string | undefined;
  readonly action: Action;
  /** The names that rules look at, of the first such question; undefined for no one thing in particular, and for views. */
  readonly objects: string | undefined;
  /** No more are reported: there are as many as are remembered. */
  readonly isLast?: true;
}

/** Principals need not be proven, and a client can invent them: so this many are reported, and no more. */
const mostAllowances = 1000;

/**
 * Reports what only `permissive` allows: once for each principal and action. An operator who wants to set `permissive` to false finds
 * there which rules are missing; each single question would be too many, for nothing is wrong with them.
 */
export class Allowances {
  readonly #report: (allowance: Allowance) => void;
  readonly #reported = new Map<Action, Set<string | undefined>>();
  #left: number;

  constructor(report: (allowance: Allowance) => void, most = mostAllowances) {
    this.#report = report;
    this.#left = most;
  }

  /** Tells whether an allowance of this principal and action would be reported. */
  wants(principal: string | undefined, action: Action): boolean {
    return this.#left > 0 && !this.#reported.get(action)?.has(principal);
  }

  /** Reports an allowance that {@link wants} asks for. */
  add(allowance: Allowance): void {
    const { principal, action } = allowance;
    const known = this.#reported.get(action) ?? new Set();
    this.#reported.set(action, known.add(principal));
    this.#left -= 1;
    this.#report(this.#left > 0 ? allowance : { ...allowance, isLast: true });
  }
}
