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
} from '../offers/validation/operations.ts';
import type { Agent } from '../state/agent.ts';

/**
 * Applies an operator's operation: validates it, rescinds offers of the agent until enough is free, notifies the agent.
 *
 * ```text
 * agent known ─▶ resources and operation valid ─▶ allowed ─▶ offers rescinded ─▶ applied
 *      400                     400                  403                            409 when what it takes is in use
 * ```
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
  const { agent, upgraded } = checked(context, agentId, operation, principal);
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
 * @throws {HttpError} 400 for an invalid operation, before any question is asked.
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
  const problem = resourcesProblem(resourcesOf(operation));
  if (problem !== undefined) throw new HttpError('OPERATION_INVALID', problem);
  const upgraded = convertMessage(OfferOperation, operation, 'post');
  const invalid = problemOf(upgraded, { agent, framework: undefined, principal });
  if (invalid !== undefined) throw new HttpError('OPERATION_INVALID', invalid);
  return { agent, upgraded };
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

function problemOf(operation: OfferOperation, by: Operator): string | undefined {
  const { type, reserve, unreserve, create, destroy, grow_volume, shrink_volume } = operation;
  // Mesos names the agent only where validation depends on it.
  const onAgent = `Invalid ${type} operation on agent ${printAgent(by.agent)}: `;
  const anywhere = `Invalid ${type} operation: `;
  if (reserve) return prefixed(onAgent, reserveProblem(reserve, by));
  if (unreserve) return prefixed(anywhere, unreserveProblem(unreserve));
  if (create) return prefixed(onAgent, createProblem(create, by));
  if (destroy) return prefixed(anywhere, destroyProblem(destroy, by));
  if (grow_volume) return prefixed(onAgent, growVolumeProblem(grow_volume, by));
  return shrink_volume && prefixed(onAgent, shrinkVolumeProblem(shrink_volume, by));
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
