import type { OfferOperation } from '@meseta/protocol';
import { conversionsOf, InvalidOperationError } from '@meseta/resources';
import type { Problem } from '../../validation/rule.ts';
import type { Operator } from '../validation/operations.ts';
import { applyOperation, convertAllocation, totalAfter } from './apply-operation.ts';
import { type AcceptRun, onAgent } from './run.ts';

/** Returns the requester of an operation, for the rules of operations. */
export function operatorOf({ framework, agent }: AcceptRun): Operator {
  return { agent, framework, principal: framework.info.principal };
}

/**
 * Carries out an operation whose success is assumed: the pool has its results at once.
 *
 * @param problem what validation found.
 */
export function performSpeculative(run: AcceptRun, operation: OfferOperation, problem: Problem): Problem {
  if (problem !== undefined) return onAgent(run.agent, problem);
  const { context, framework, agent, pool } = run;
  try {
    const conversions = conversionsOf(operation);
    totalAfter(agent, operation); // first, so that nothing has changed when the agent cannot perform it
    pool.convert(conversions);
    applyOperation(context, agent, operation, framework);
    convertAllocation(context, framework, agent, conversions);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidOperationError) return error.message;
    throw error;
  }
}

/** Carries out the resizing of a volume, whose result no later operation of the same ACCEPT can use. */
export function performResize(run: AcceptRun, operation: OfferOperation, problem: Problem): Problem {
  if (problem !== undefined) return onAgent(run.agent, problem);
  const { context, framework, agent, pool } = run;
  const conversions = conversionsOf(operation);
  for (const conversion of conversions) {
    if (!pool.remaining.contains(conversion.consumed)) {
      return `Invalid ${operation.type} operation: ${pool.remaining} does not contain ${conversion.consumed}`;
    }
  }
  applyOperation(context, agent, operation, framework);
  for (const conversion of conversions) pool.resize(conversion);
  convertAllocation(context, framework, agent, conversions);
  return undefined;
}
