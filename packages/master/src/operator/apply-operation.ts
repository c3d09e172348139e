/** Reservations and volumes that an operator makes on an agent, without an offer. */
import type { Question } from '@meseta/daemon';
import { HttpError } from '@meseta/process';
import { OfferOperation, type Resource, type WireId } from '@meseta/protocol';
import {
  applyConversions,
  conversionsOf,
  convertMessage,
  InvalidOperationError,
  Resources,
  resourcesProblem,
} from '@meseta/resources';
import type { MasterContext } from '../context.ts';
import { applyOperation } from '../offers/accept/apply-operation.ts';
import { printAgent } from '../offers/accept/run.ts';
import { operationQuestions } from '../offers/operation-access.ts';
import {
  createProblem,
  destroyProblem,
  growVolumeProblem,
  type Operator,
  reserveProblem,
  shrinkVolumeProblem,
  unreserveProblem,
  volumesProblem,
} from '../offers/validation/operations.ts';
import type { Agent } from '../state/agent.ts';

/**
 * Applies an operator's operation: validates it, rescinds offers of the agent until enough is free, notifies the agent.
 *
 * ```text
 * agent known ─▶ operation valid by itself ─▶ allowed ─▶ valid for the volumes there ─▶ offers rescinded ─▶ applied
 *      400                 400                  403                 400                              409 when in use
 * ```
 *
 * Mesos validates everything first. Here a principal that is not allowed to create or destroy volumes does not learn
 * from the answer which ones there are.
 *
 * @param operation resources in any format.
 * @param principal of the request; undefined when it is anonymous.
 * @throws {HttpError}
 * @see Mesos src/master/http.cpp, Master::Http::_operation
 */
export function applyForOperator(
  context: MasterContext,
  agentId: WireId<'agent'>,
  operation: OfferOperation,
  principal: string | undefined,
): void {
  const { by, upgraded } = checked(context, agentId, operation, principal);
  const { agent } = by;
  refuse(volumesThereProblem(upgraded, by));
  try {
    const conversions = conversionsOf(upgraded);
    rescindUntilFree(context, agent, Resources.sum(conversions.map(({ consumed }) => consumed)));
    applyConversions(freeResources(context, agent), conversions);
    applyOperation(context, agent, upgraded);
  } catch (cause) {
    if (!(cause instanceof InvalidOperationError)) throw cause;
    throw new HttpError('RESOURCES_UNAVAILABLE', cause.message, { cause });
  }
  context.allocation.updateAgent(agent);
}

/**
 * Returns the questions of authorization for {@link applyForOperator}, whose parameters it has.
 *
 * @throws {HttpError} 400 for an operation that is invalid whatever volumes the agent has, before any question is asked.
 */
export function operatorQuestions(
  context: MasterContext,
  agentId: WireId<'agent'>,
  operation: OfferOperation,
  principal: string | undefined,
): readonly Question[] {
  const { upgraded } = checked(context, agentId, operation, principal);
  return operationQuestions(upgraded);
}

function checked(
  context: MasterContext,
  agentId: WireId<'agent'>,
  operation: OfferOperation,
  principal: string | undefined,
) {
  const agent = context.cluster.agents.get(agentId);
  if (!agent) throw new HttpError('AGENT_UNKNOWN', 'No agent found with specified ID');
  refuse(resourcesProblem(resourcesOf(operation)));
  const upgraded = convertMessage(OfferOperation, operation, 'post');
  const by: Operator = { agent, framework: undefined, principal };
  refuse(problemOf(upgraded, by));
  return { by, upgraded };
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new HttpError('OPERATION_INVALID', problem);
}

/** Returns all resources in the operation that the general rules of resources apply to. */
function resourcesOf({ reserve, unreserve, create, destroy, grow_volume, shrink_volume }: OfferOperation): Resource[] {
  return [
    ...(reserve?.source ?? []),
    ...(reserve?.resources ?? []),
    ...(unreserve?.resources ?? []),
    ...(create?.volumes ?? []),
    ...(destroy?.volumes ?? []),
    ...(grow_volume ? [grow_volume.volume, grow_volume.addition] : []),
    ...(shrink_volume ? [shrink_volume.volume] : []),
  ];
}

// Mesos names the agent only where validation depends on it.
const onAgentWords = ({ type }: OfferOperation, { agent }: Operator) =>
  `Invalid ${type} operation on agent ${printAgent(agent)}: `;
const anywhereWords = ({ type }: OfferOperation) => `Invalid ${type} operation: `;

/** Returns what is wrong with an operation, whatever volumes the agent has. */
function problemOf(operation: OfferOperation, by: Operator): string | undefined {
  const { reserve, unreserve, create, destroy, grow_volume, shrink_volume } = operation;
  const onAgent = onAgentWords(operation, by);
  const anywhere = anywhereWords(operation);
  if (reserve) return prefixed(onAgent, reserveProblem(reserve, by));
  if (unreserve) return prefixed(anywhere, unreserveProblem(unreserve));
  if (create) return prefixed(onAgent, createProblem(create, by, Resources.empty));
  if (destroy) return prefixed(anywhere, volumesProblem(destroy.volumes ?? []));
  if (grow_volume) return prefixed(onAgent, growVolumeProblem(grow_volume, by));
  return shrink_volume && prefixed(onAgent, shrinkVolumeProblem(shrink_volume, by));
}

/** Returns why an operation cannot be done with the volumes that the agent has. */
function volumesThereProblem(operation: OfferOperation, by: Operator): string | undefined {
  const { create, destroy } = operation;
  if (create) return prefixed(onAgentWords(operation, by), createProblem(create, by));
  return destroy && prefixed(anywhereWords(operation), destroyProblem(destroy, by));
}

function prefixed(words: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : words + problem;
}

/** Returns the agent's resources that are neither held nor offered. */
function freeResources(context: MasterContext, agent: Agent): Resources {
  return context.allocation.available(agent.id)?.unallocate() ?? Resources.empty;
}

/**
 * Takes offers back until the required resources are free. A default filter keeps frameworks from getting the same
 * again at once.
 */
function rescindUntilFree(context: MasterContext, agent: Agent, required: Resources): void {
  for (const offer of [...agent.offers.values()]) {
    const missing = required.subtract(freeResources(context, agent));
    if (missing.isEmpty) return;
    const helps = !missing.subtract(offer.resources.unallocate()).equals(missing);
    if (helps) context.offers.rescind(offer, {});
  }
}
