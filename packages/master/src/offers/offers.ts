import {
  checkId,
  type Filters,
  type InverseOffer as InverseOfferMessage,
  type OfferId,
  type Offer as OfferMessage,
  type SchedulerEvent,
} from '@meseta/protocol';
import { DowngradeError } from '@meseta/resources';
import { Slice } from '@meseta/system';
import type { Grant, InverseGrant } from '../allocation.ts';
import type { MasterContext, Offers } from '../context.ts';
import type { Agent } from '../state/agent.ts';
import type { Framework } from '../state/framework.ts';
import type { InverseOffer, Offer } from '../state/offer.ts';
import { inverseOfferMessage, offerMessage } from './offer-message.ts';

/** A grant with the agent it is of, as long as that is the registered one. */
interface Granted {
  readonly grant: Grant;
  readonly agent: Agent | undefined;
}

/** An inverse grant with the maintenance that it is for. */
interface Asked {
  readonly grant: InverseGrant;
  readonly agent: Agent;
  readonly unavailability: Agent['unavailability'];
}

type AnyOffer = Offer | InverseOffer;

/** Makes offers of what the allocator grants, and takes them back. Offers and inverse offers share their numbers. */
export class MasterOffers implements Offers {
  readonly #context: MasterContext;
  #count = 0;
  /** Of several runs of the allocator: all of them together have one slice of each turn. */
  readonly #granted: Granted[] = [];

  constructor(context: MasterContext) {
    this.#context = context;
  }

  make(grants: readonly Grant[]): void {
    const { agents } = this.#context.cluster;
    const isIdle = this.#granted.length === 0;
    this.#granted.push(...grants.map(grant => ({ grant, agent: agents.get(grant.agentId) })));
    if (isIdle) this.#make();
  }

  /** Makes offers for a few milliseconds, sends them, and goes on in the next turn of the event loop. */
  #make(): void {
    const slice = new Slice();
    const made = new Map<Framework, OfferMessage[]>();
    let count = 0;
    try {
      for (const each of this.#granted) {
        count++;
        const framework = this.#context.cluster.frameworks.get(each.grant.frameworkId);
        const offer = framework?.active ? this.#offer(each, framework) : this.#giveBack(each);
        if (framework && offer) append(made, framework, offer);
        if (slice.isOver) break;
      }
    } finally {
      this.#granted.splice(0, count);
      if (this.#granted.length > 0) setImmediate(() => this.#make());
    }
    for (const [framework, offers] of made) {
      this.#context.log.debug(`Sending ${offers.length} offers`, { framework_id: framework.id });
      framework.connection?.send({ type: 'OFFERS', offers: { offers } });
    }
  }

  makeInverse(grants: readonly InverseGrant[]): void {
    const { agents } = this.#context.cluster;
    const asked = grants.flatMap((grant): Asked[] => {
      const agent = agents.get(grant.agentId);
      return agent ? [{ grant, agent, unavailability: agent.unavailability }] : [];
    });
    this.#makeInverse(asked.values());
  }

  /**
   * The same for inverse offers; not for maintenance that was cancelled or moved in an earlier turn.
   *
   * @param asked of an array: unlike a generator, it can be read on after a `break`.
   */
  #makeInverse(asked: ArrayIterator<Asked>): void {
    const { cluster } = this.#context;
    const slice = new Slice();
    const made = new Map<Framework, InverseOfferMessage[]>();
    for (const { grant, agent, unavailability } of asked) {
      const framework = cluster.frameworks.get(grant.frameworkId);
      const isCurrent = cluster.agents.get(agent.id) === agent && agent.unavailability === unavailability;
      if (framework?.active && agent.active && isCurrent) append(made, framework, this.#inverseOffer(grant, agent));
      if (!slice.isOver) continue;
      setImmediate(() => this.#makeInverse(asked));
      break;
    }
    for (const [framework, inverse_offers] of made) {
      framework.connection?.send({ type: 'INVERSE_OFFERS', inverse_offers: { inverse_offers } });
    }
  }

  rescind(offer: Offer, filters?: Filters): void {
    const framework = this.#context.cluster.frameworks.get(offer.frameworkId);
    // A framework that came back does not know the offers that were taken from it.
    if (framework?.offers.has(offer.id)) framework.connection?.send(rescindEvent(offer));
    this.discard(offer, filters);
  }

  discard(offer: Offer, filters?: Filters): void {
    // Void ones are offers of their agents only.
    if (this.#context.cluster.agents.get(offer.agentId)?.offers.get(offer.id) !== offer) return;
    this.#context.cluster.removeOffer(offer);
    this.#context.allocation.recover(offer.frameworkId, offer.agentId, offer.resources, filters);
  }

  rescindInverse(offer: InverseOffer): void {
    const { cluster } = this.#context;
    if (cluster.agents.get(offer.agentId)?.inverseOffers.get(offer.id) !== offer) return;
    const framework = cluster.frameworks.get(offer.frameworkId);
    if (framework?.inverseOffers.has(offer.id)) framework.connection?.send(rescindEvent(offer));
    cluster.removeInverseOffer(offer);
  }

  takeBackAll(framework: Framework, { tell }: { readonly tell: boolean }): void {
    const { connection } = framework;
    const taken = this.#context.cluster.takeOffers(framework).values();
    this.#takeBack(taken, framework, offer => {
      if (tell && framework.connection === connection) connection?.send(rescindEvent(offer));
    });
  }

  /**
   * Offers that are gone when it is their turn were given back already.
   *
   * @param taken of an array, see `#makeInverse`.
   */
  #takeBack(taken: ArrayIterator<AnyOffer>, framework: Framework, tell: (offer: AnyOffer) => void): void {
    const { cluster, allocation } = this.#context;
    const slice = new Slice();
    for (const offer of taken) {
      tell(offer);
      if ('resources' in offer) this.discard(offer);
      else cluster.removeInverseOffer(offer);
      if (!slice.isOver) continue;
      setImmediate(() => this.#takeBack(taken, framework, tell));
      return;
    }
    // A framework that is back by now was offered only what was free when it came.
    if (framework.active) allocation.trigger();
  }

  /** Makes an offer of a grant. Returns undefined, and gives the grant back, when nothing can be offered. */
  #offer(granted: Granted, framework: Framework): OfferMessage | undefined {
    const { cluster } = this.#context;
    const { grant, agent } = granted;
    if (!agent?.active || cluster.agents.get(agent.id) !== agent) return this.#giveBack(granted);
    const { flags, clock } = this.#context;
    const madeAt = clock.steady();
    const expiresAt = flags.offer_timeout === undefined ? undefined : madeAt + flags.offer_timeout;
    const offer: Offer = { id: this.#newId(), ...grant, madeAt, ...(expiresAt !== undefined && { expiresAt }) };
    const message = this.#message(offer, framework, agent);
    if (!message) return this.#giveBack(granted);
    offer.cancelTimeout = this.#timeout(() => this.rescind(offer));
    cluster.addOffer(offer, framework, agent);
    return message;
  }

  #inverseOffer(grant: InverseGrant, agent: Agent): InverseOfferMessage {
    const offer: InverseOffer = { id: this.#newId(), ...grant };
    offer.cancelTimeout = this.#timeout(() => this.rescindInverse(offer));
    this.#context.cluster.addInverseOffer(offer);
    return inverseOfferMessage(offer, agent, this.#context.cluster.agentScheme);
  }

  #message(offer: Offer, framework: Framework, agent: Agent): OfferMessage | undefined {
    try {
      return offerMessage(offer, framework, agent, this.#context.cluster.agentScheme);
    } catch (error) {
      if (!(error instanceof DowngradeError)) throw error;
      this.#context.log.error(
        'Did not offer resources: the framework lacks the capability RESERVATION_REFINEMENT to understand them',
        {
          framework_id: framework.id,
          agent_id: agent.id,
          resources: String(offer.resources),
        },
      );
      return undefined;
    }
  }

  /** Gives a grant back to the allocator, unless its agent was removed meanwhile. */
  #giveBack({ grant, agent }: Granted): undefined {
    const { cluster, allocation } = this.#context;
    if (cluster.agents.get(grant.agentId) === agent)
      allocation.recover(grant.frameworkId, grant.agentId, grant.resources);
  }

  #timeout(expired: () => void): (() => void) | undefined {
    const { flags, clock } = this.#context;
    return flags.offer_timeout === undefined ? undefined : clock.after(flags.offer_timeout, expired);
  }

  #newId(): OfferId {
    return checkId(`${this.#context.id}-O${this.#count++}`);
  }
}

function rescindEvent(offer: AnyOffer): SchedulerEvent {
  const { id } = offer;
  return 'resources' in offer
    ? { type: 'RESCIND', rescind: { offer_id: { value: id } } }
    : { type: 'RESCIND_INVERSE_OFFER', rescind_inverse_offer: { inverse_offer_id: { value: id } } };
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
