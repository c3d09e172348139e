import type { Resources } from '@meseta/resources';
import type { Expiry, Moment } from './refusal-clock.ts';
import type { Client } from './role-state.ts';

/** A client's refusal. */
interface Refusal extends Expiry {
  /** The client's at that time: a revived client has another one. */
  readonly era: object;
}

function holds(refusal: Refusal, client: Client, { nowMs, batches }: Moment): boolean {
  return refusal.era === client.filterEra && (nowMs < refusal.atMs || batches < refusal.batches);
}

/**
 * The clients that refused the same resources. A filter covers resources that are contained in the refused ones: more
 * of anything is offered.
 */
class Refused {
  readonly resources: Resources;
  readonly by = new Map<Client, Refusal>();
  #asked: Resources | undefined;
  #answer = false;

  constructor(resources: Resources) {
    this.resources = resources;
  }

  covers(offered: Resources): boolean {
    if (offered !== this.#asked) {
      this.#asked = offered; // compared once for each client, until a framework gets them
      this.#answer = this.resources.contains(offered);
    }
    return this.#answer;
  }
}

/** Above this many different refusals of an agent those are looked for that hold no more. */
const tidyAbove = 8;

/**
 * The refusals of one agent's resources. Kept with the agent, and together where they are about the same, since a run
 * asks all clients about one agent, and many clients mean many refusals.
 */
export class OfferFilters {
  #refused: Refused[] = [];

  /** @param resources without allocation role. */
  add(client: Client, resources: Resources, expiry: Expiry, moment: Moment): void {
    const refusal: Refusal = { ...expiry, era: client.filterEra };
    let same: Refused | undefined;
    for (const refused of this.#refused) {
      if (refused.resources.equals(resources)) same = refused;
      const earlier = refused.by.get(client);
      if (earlier && isNeedless(earlier, refused.resources)) refused.by.delete(client);
    }
    if (!same) {
      same = new Refused(resources);
      this.#refused.push(same);
    }
    same.by.set(client, refusal);
    if (this.#refused.length > tidyAbove) this.#tidy(moment);

    function isNeedless(earlier: Refusal, what: Resources): boolean {
      if (!holds(earlier, client, moment)) return true;
      return earlier.atMs <= refusal.atMs && earlier.batches <= refusal.batches && resources.contains(what);
    }
  }

  /** Returns when the refusal ends that holds and covers the resources; undefined when there is none. */
  covering(client: Client, offered: Resources, moment: Moment): Expiry | undefined {
    for (const refused of this.#refused) {
      const refusal = refused.covers(offered) ? refused.by.get(client) : undefined;
      if (refusal && holds(refusal, client, moment)) return refusal;
    }
    return undefined;
  }

  clear(): void {
    this.#refused = [];
  }

  /** Counts the refusals of a client that hold. */
  count(client: Client, moment: Moment): number {
    let count = 0;
    for (const { by } of this.#refused) {
      const refusal = by.get(client);
      if (refusal && holds(refusal, client, moment)) count++;
    }
    return count;
  }

  #tidy(moment: Moment): void {
    for (const { by } of this.#refused) {
      for (const [client, refusal] of by) if (!holds(refusal, client, moment)) by.delete(client);
    }
    this.#refused = this.#refused.filter(({ by }) => by.size > 0);
  }
}
