import type { OfferID, WireId } from '@meseta/protocol';
import type { Cluster } from '../../state/cluster.ts';
import type { Framework } from '../../state/framework.ts';
import type { InverseOffer, Offer } from '../../state/offer.ts';
import { firstProblem, type Problem, problemOfAny, type Rule } from '../../validation/rule.ts';

interface IdsSubject {
  readonly ids: readonly OfferID[];
  readonly framework: Framework;
  readonly cluster: Cluster;
}

const find = (cluster: Cluster, { value }: OfferID): Offer | InverseOffer | undefined =>
  cluster.offers.get(value) ?? cluster.inverseOffers.get(value);

const duplicateProblem: Rule<IdsSubject> = ({ ids }) => {
  const seen = new Set<WireId<'offer'>>();
  return problemOfAny(ids, ({ value }) => {
    if (seen.has(value)) return `Duplicate offer ${value} in offer list`;
    seen.add(value);
    return undefined;
  });
};

const validOffersProblem: Rule<IdsSubject> = ({ ids, cluster }) =>
  problemOfAny(ids, ({ value }) => (cluster.offers.has(value) ? undefined : `Offer ${value} is no longer valid`));

const validInverseOffersProblem: Rule<IdsSubject> = ({ ids, cluster }) =>
  problemOfAny(ids, ({ value }) =>
    cluster.inverseOffers.has(value) ? undefined : `Inverse offer ${value} is no longer valid`,
  );

const frameworkProblem: Rule<IdsSubject> = ({ ids, framework, cluster }) =>
  problemOfAny(ids, id => {
    const owner = find(cluster, id)?.frameworkId;
    if (owner === framework.id) return undefined;
    return `Offer ${id.value} has invalid framework ${owner} while framework ${framework.id} is expected`;
  });

const roleProblem: Rule<IdsSubject> = ({ ids, cluster }) => {
  const first = cluster.offers.get(ids[0]?.value ?? '')?.role;
  return problemOfAny(ids, ({ value }) => {
    const role = cluster.offers.get(value)?.role;
    if (role === first) return undefined;
    return (
      `Aggregated offers must be allocated to the same role. Offer ${value} uses role '${role}` +
      ` but another is using role '${first}`
    );
  });
};

const agentProblem: Rule<IdsSubject> = ({ ids, cluster }) => {
  const first = ids[0] && find(cluster, ids[0])?.agentId;
  return problemOfAny(ids, id => {
    const agentId = find(cluster, id)?.agentId;
    if (agentId === first) return undefined;
    return (
      `Aggregated offers must belong to one single agent. Offer ${id.value} uses agent ${agentId}` +
      ` and agent ${first}`
    );
  });
};

const offerRules = [duplicateProblem, validOffersProblem, frameworkProblem, roleProblem, agentProblem];
const inverseOfferRules = [duplicateProblem, validInverseOffersProblem, frameworkProblem, agentProblem];

/**
 * Returns what is wrong with the offers of an ACCEPT.
 *
 * @see Mesos src/master/validation.cpp, offer::validate
 */
export function offerIdsProblem(ids: readonly OfferID[], framework: Framework, cluster: Cluster): Problem {
  if (ids.length === 0) return 'No offers specified';
  return firstProblem(offerRules, { ids, framework, cluster });
}

/** Returns what is wrong with the inverse offers of a call. */
export function inverseOfferIdsProblem(ids: readonly OfferID[], framework: Framework, cluster: Cluster): Problem {
  if (ids.length === 0) return 'No inverse offers specified';
  return firstProblem(inverseOfferRules, { ids, framework, cluster });
}
