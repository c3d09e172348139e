import type { OfferOperation, OfferOperationType, TaskInfo } from '@meseta/protocol';
import { type Problem, prefixed } from '../validation/rule.ts';
import { create } from './create.ts';
import { destroy } from './destroy.ts';
import { createDisk, destroyDisk } from './disks.ts';
import { feedbackProblem, refuseDriverFeedback, tellOperationProblem } from './feedback.ts';
import { growVolume } from './grow-volume.ts';
import { launch } from './launch.ts';
import { launchGroup } from './launch-group.ts';
import { refuseTasks, tasksOf } from './launching.ts';
import { normalized, operationShapeProblem } from './prepare.ts';
import { reserve } from './reserve.ts';
import type { AcceptOperation, AcceptRun } from './run.ts';
import { shrinkVolume } from './shrink-volume.ts';
import { unreserve } from './unreserve.ts';

const operations: readonly AcceptOperation[] = [
  launch,
  launchGroup,
  reserve,
  unreserve,
  create,
  destroy,
  growVolume,
  shrinkVolume,
  createDisk,
  destroyDisk,
];

const byType = new Map<OfferOperationType, AcceptOperation>(operations.map(operation => [operation.type, operation]));

/** Carries out one operation of an ACCEPT, or tells the framework why not. */
export function performOperation(run: AcceptRun, operation: OfferOperation): void {
  const problem = operationShapeProblem(operation);
  const tasks = tasksOf(operation);
  if (tasks) return performLaunch(run, operation, tasks, problem);
  const { context, framework, agent } = run;
  if (operation.id !== undefined && framework.connection?.kind === 'driver') return refuseDriverFeedback(framework);
  const invalid = prefixed('Operation attempted with invalid resources: ', problem ?? sourceProblem(operation));
  const result = invalid ?? feedbackProblem(operation, agent) ?? perform(run, operation);
  if (result !== undefined) tellOperationProblem(context, framework, operation, result);
}

/** Launches have no feedback of their own: it is their tasks that are told of. */
function performLaunch(run: AcceptRun, operation: OfferOperation, tasks: readonly TaskInfo[], problem: Problem): void {
  const { type, id } = operation;
  const refusal = problem ?? (id && `The \`id\` field cannot be set on ${type} operations`);
  if (refusal === undefined) return void perform(run, operation);
  const reason = type === 'LAUNCH' ? 'REASON_TASK_INVALID' : 'REASON_TASK_GROUP_INVALID';
  refuseTasks(run.context, run.framework, tasks, 'TASK_ERROR', reason, refusal);
}

function perform(run: AcceptRun, operation: OfferOperation): Problem {
  const known = operation.type && byType.get(operation.type);
  return known?.perform(run, normalized(operation, run.framework.id, run.role));
}

/** Only operators can re-reserve so far, in Mesos too. */
function sourceProblem({ reserve }: OfferOperation): Problem {
  return reserve?.source?.length ? 'Reservation updates are not yet implemented for the scheduler API.' : undefined;
}
