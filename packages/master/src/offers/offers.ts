import {
  checkId,
  type Filters,
  type InverseOffer as InverseOfferMessage,
  type OfferId,
  type Offer as OfferMessage,
} from '@meseta/protocol';
import { DowngradeError } from '@meseta/resources';
import type { Grant, InverseGrant } from '../allocation.ts';
import type { MasterContext, Offers } from '../context.ts';
import type { Agent } from '../state/agent.ts';
import type { Framework } from '../state/framework.ts';
import type { InverseOffer, Offer } from '../state/offer.ts';
import { inverseOfferMessage, offerMessage } from './offer-message.ts';

/** How many offers are made in one turn of the event loop. */
const SLICE = 250;

/** A grant with the agent it is of, as long as that is the registered one. */
interface Granted {
  readonly grant: Grant;
  readonly agent: Agent | undefined;
}

/** Makes offers of what the allocator grants, and takes them back. Offers and inverse offers share their numbers. */
export class MasterOffers implements Offers {
  readonly #context: MasterContext;
  #count = 0;

  constructor(context: MasterContext) {
    this.#context = context;
  }

  make(grants: readonly Grant[]): void {
    const { agents } = this.#context.cluster;
    this.#make(grants.map(grant => ({ grant, agent: agents.get(grant.agentId) })));
  }

  /** Sends some at a time: the offers of thousands of agents would block other work. */
  #make(granted: readonly Granted[]): void {
    for (const [framework, own] of this.#byFramework(granted.slice(0, SLICE))) {
      const offers = own.map(each => this.#offer(each, framework)).filter(offer => offer !== undefined);
      if (offers.length === 0) continue;
      this.#context.log.debug(`Sending ${offers.length} offers`, { framework_id: framework.id });
      framework.connection?.send({ type: 'OFFERS', offers: { offers } });
    }
    if (granted.length > SLICE) setImmediate(() => this.#make(granted.slice(SLICE)));
  }

  makeInverse(grants: readonly InverseGrant[]): void {
    const { cluster } = this.#context;
    const byFramework = new Map<Framework, InverseOfferMessage[]>();
    for (const grant of grants) {
      const framework = cluster.frameworks.get(grant.frameworkId);
      const agent = cluster.agents.get(grant.agentId);
      if (!framework?.active || !agent?.active) continue;
      const offer: InverseOffer = { id: this.#newId(), ...grant };
      offer.cancelTimeout = this.#timeout(() => this.rescindInverse(offer));
      cluster.addInverseOffer(offer);
      byFramework.set(framework, [...(byFramework.get(framework) ?? []), inverseOfferMessage(offer, agent)]);
    }
    for (const [framework, inverse_offers] of byFramework) {
      framework.connection?.send({ type: 'INVERSE_OFFERS', inverse_offers: { inverse_offers } });
    }
  }

  rescind(offer: Offer, filters?: Filters): void {
    const framework = this.#context.cluster.frameworks.get(offer.frameworkId);
    framework?.connection?.send({ type: 'RESCIND', rescind: { offer_id: { value: offer.id } } });
    this.discard(offer, filters);
  }

  discard(offer: Offer, filters?: Filters): void {
    if (this.#context.cluster.offers.get(offer.id) !== offer) return;
    this.#context.cluster.removeOffer(offer);
    this.#context.allocation.recover(offer.frameworkId, offer.agentId, offer.resources, filters);
  }

  rescindInverse(offer: InverseOffer): void {
    const { cluster } = this.#context;
    if (cluster.inverseOffers.get(offer.id) !== offer) return;
    const framework = cluster.frameworks.get(offer.frameworkId);
    cluster.removeInverseOffer(offer);
    framework?.connection?.send({
      type: 'RESCIND_INVERSE_OFFER',
      rescind_inverse_offer: { inverse_offer_id: { value: offer.id } },
    });
  }

  /** Grants by framework; those of frameworks that cannot take offers any more go back at once. */
  #byFramework(granted: readonly Granted[]): Map<Framework, Granted[]> {
    const { cluster } = this.#context;
    const result = new Map<Framework, Granted[]>();
    for (const each of granted) {
      const framework = cluster.frameworks.get(each.grant.frameworkId);
      const own = framework && result.get(framework);
      if (own) own.push(each);
      else if (framework?.active) result.set(framework, [each]);
      else this.#giveBack(each);
    }
    return result;
  }

  /** Makes an offer of a grant. Returns undefined, and gives the grant back, when nothing can be offered. */
  #offer(granted: Granted, framework: Framework): OfferMessage | undefined {
    const { cluster } = this.#context;
    const { grant, agent } = granted;
    if (!agent?.active || cluster.agents.get(agent.id) !== agent) return this.#giveBack(granted);
    const offer: Offer = { id: this.#newId(), ...grant };
    const message = this.#message(offer, framework, agent);
    if (!message) return this.#giveBack(granted);
    offer.cancelTimeout = this.#timeout(() => this.rescind(offer));
    cluster.addOffer(offer, framework, agent);
    return message;
  }

  #message(offer: Offer, framework: Framework, agent: Agent): OfferMessage | undefined {
    try {
      return offerMessage(offer, framework, agent);
    } catch (error) {
      if (!(error instanceof DowngradeError)) throw error;
      this.#context.log.error('Resources were granted to a framework that has no words for them', {
        framework_id: framework.id,
        agent_id: agent.id,
        resources: String(offer.resources),
      });
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
