import type { OfferOperation, OfferOperationType, TaskInfo } from '@meseta/protocol';
import { type Problem, prefixed } from '../../validation/rule.ts';
import { create } from './create.ts';
import { destroy } from './destroy.ts';
import { createDisk, destroyDisk } from './disks.ts';
import { feedbackProblem, refuseDriverFeedback, tellOperationProblem } from './feedback.ts';
import { growVolume } from './grow-volume.ts';
import { launch } from './launch.ts';
import { launchGroup } from './launch-group.ts';
import { refuseTasks, tasksOf } from './launching.ts';
import { reserve } from './reserve.ts';
import type { AcceptOperation, AcceptRun, Step } from './run.ts';
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

/** Every operation of an ACCEPT by its type. */
export const acceptOperations: ReadonlyMap<OfferOperationType, AcceptOperation> = new Map(
  operations.map(operation => [operation.type, operation]),
);

/** Performs one operation of an ACCEPT, or sends the framework the reason why not. */
export function performOperation(run: AcceptRun, step: Step): void {
  const { operation, problem } = step;
  const tasks = tasksOf(operation);
  if (tasks) return performLaunch(run, step, tasks);
  const { context, framework, agent } = run;
  if (operation.id !== undefined && framework.connection?.kind === 'driver') return refuseDriverFeedback(framework);
  const invalid = prefixed('Operation attempted with invalid resources: ', problem ?? sourceProblem(operation));
  const result = invalid ?? feedbackProblem(operation, agent) ?? unauthorized(run, step) ?? perform(run, step);
  if (result !== undefined) tellOperationProblem(context, framework, operation, result);
}

/** Launches have no operation feedback: the statuses of their tasks report the result. */
function performLaunch(run: AcceptRun, step: Step, tasks: readonly TaskInfo[]): void {
  const { type, id } = step.operation;
  const refusal = step.problem ?? (id && `The \`id\` field cannot be set on ${type} operations`);
  if (refusal === undefined) return void perform(run, step);
  const reason = type === 'LAUNCH' ? 'REASON_TASK_INVALID' : 'REASON_TASK_GROUP_INVALID';
  refuseTasks(run.context, run.framework, tasks, 'TASK_ERROR', reason, refusal);
}

function perform(run: AcceptRun, { operation, denied }: Step): Problem {
  const known = operation.type && acceptOperations.get(operation.type);
  return known?.perform(run, operation, denied);
}

const deeds: Partial<Readonly<Record<OfferOperationType, string>>> = {
  RESERVE: 'reserve resources',
  UNRESERVE: 'unreserve resources',
  CREATE: 'create persistent volumes',
  DESTROY: 'destroy persistent volumes',
  GROW_VOLUME: 'grow a volume',
  SHRINK_VOLUME: 'shrink a volume',
  CREATE_DISK: 'create a disk',
  DESTROY_DISK: 'destroy a disk',
};

function unauthorized({ framework }: AcceptRun, { operation: { type = 'UNKNOWN' }, denied }: Step): Problem {
  if (denied.size === 0) return undefined;
  const { principal } = framework.info;
  return `Not authorized to ${deeds[type]}${principal === undefined ? '' : ` as '${principal}'`}`;
}

/** Refuses to re-reserve: only operators can so far, in Mesos too. */
function sourceProblem({ reserve }: OfferOperation): Problem {
  return reserve?.source?.length ? 'Reservation updates are not yet implemented for the scheduler API.' : undefined;
}
