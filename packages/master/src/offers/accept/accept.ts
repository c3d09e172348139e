import type { OfferOperation, SchedulerCallAccept, TaskState, TaskStatusReason } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { ready, type Steps } from '@meseta/system';
import type { MasterContext } from '../../context.ts';
import type { Framework } from '../../state/framework.ts';
import type { Offer } from '../../state/offer.ts';
import { lostState } from '../../tasks/status.ts';
import { offerIdsProblem } from '../validation/offer-ids.ts';
import { authorizeOperations } from './authorize.ts';
import { decorateTasks, type Place } from './decorate.ts';
import { tellOperationProblem } from './feedback.ts';
import { refuseTasks, tasksOf } from './launching.ts';
import { performOperation } from './operations.ts';
import { Pool } from './pool.ts';
import { prepare } from './prepare.ts';
import type { Step } from './run.ts';

/**
 * Handles ACCEPT: a framework uses offers of one agent. Operations are applied to the offers' resources in order; a
 * failed one is reported and skipped. The remaining resources are declined with the call's filters.
 *
 * It runs without interruption when neither hooks nor authorization have to be awaited.
 *
 * @see Mesos src/master/master.cpp, Master::accept and Master::_accept
 */
export function* acceptOffers(context: MasterContext, framework: Framework, call: SchedulerCallAccept): Steps {
  const { operations = [] } = call;
  count(context, operations);
  const offered = validateOffers(context, framework, call);
  if (!offered) return;
  const given = operations.map(operation => prepare(operation, framework.id, offered.role));
  const authorized = yield* ready(authorizeOperations(context, framework, given));
  const decorated = yield* ready(decorateTasks(context, offered, authorized));
  if (context.cluster.frameworks.get(framework.id) !== framework) return;
  // The offers are still out. Where something was waited for, that may have cost some of them.
  const still = decorated === given ? offered : validateOffers(context, framework, call);
  if (still) performOperations(context, still, call, decorated);
}

/** Offers of one agent that are good. */
interface Offered extends Place {
  readonly offers: readonly Offer[];
}

/** Returns the offers of an ACCEPT; undefined when they are invalid, which is reported to the framework. */
function validateOffers(
  context: MasterContext,
  framework: Framework,
  { offer_ids: ids = [], operations = [] }: SchedulerCallAccept,
): Offered | undefined {
  const problem = offerIdsProblem(ids, framework, context.cluster);
  if (problem !== undefined) {
    for (const { value } of ids) {
      const own = framework.offers.get(value);
      if (own) context.offers.discard(own);
    }
    refuseAll(context, framework, operations, 'REASON_INVALID_OFFERS', {
      ofTasks: `Task launched with invalid offers: ${problem}`,
      ofOperations: `Operation attempted with invalid offers: ${problem}`,
    });
    return undefined;
  }
  const offers = ids.map(({ value }) => framework.offers.get(value) as Offer);
  const { agentId, role } = offers[0] as Offer;
  const agent = context.cluster.agents.get(agentId);
  if (agent?.connected) return { framework, agent, role, offers };
  for (const offer of offers) context.offers.discard(offer);
  const why = agent ? 'Agent disconnected' : 'Agent removed';
  const reason = agent ? 'REASON_AGENT_DISCONNECTED' : 'REASON_AGENT_REMOVED';
  refuseAll(context, framework, operations, reason, { ofTasks: why, ofOperations: why });
  return undefined;
}

/** Uses the offers up. */
function performOperations(
  context: MasterContext,
  { framework, agent, role, offers }: Offered,
  { filters = {} }: SchedulerCallAccept,
  steps: readonly Step[],
): void {
  for (const offer of offers) context.cluster.removeOffer(offer);
  const pool = new Pool(Resources.sum(offers.map(({ resources }) => resources)), agent.sharesPorts);
  for (const step of steps) performOperation({ context, framework, agent, role, pool }, step);

  const { converted, declined } = pool.settle();
  if (!converted.isEmpty) context.allocation.recover(framework.id, agent.id, converted);
  if (!declined.isEmpty) context.allocation.recover(framework.id, agent.id, declined, filters);
}

function refuseAll(
  context: MasterContext,
  framework: Framework,
  operations: readonly OfferOperation[],
  reason: TaskStatusReason,
  messages: { readonly ofTasks: string; readonly ofOperations: string },
): void {
  const state: TaskState = lostState(framework, 'TASK_DROPPED');
  for (const operation of operations) {
    const tasks = tasksOf(operation);
    if (tasks) refuseTasks(context, framework, tasks, state, reason, messages.ofTasks);
    else tellOperationProblem(context, framework, operation, messages.ofOperations);
  }
}

/** Counts launches. A LAUNCH without tasks counts as a decline. */
function count({ metrics }: MasterContext, operations: readonly OfferOperation[]): void {
  for (const { type, launch } of operations) {
    if (type !== 'LAUNCH') continue;
    const name = launch?.task_infos?.length ? 'messages_launch_tasks' : 'messages_decline_offers';
    metrics.counter(`master/${name}`).increment();
  }
}
