/** Disks of resource providers: agents have none of these yet, so that no offer contains what they need. */
import type { OfferOperationType, Resource } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { Problem } from '../../validation/rule.ts';
import { operationAccess } from '../operation-access.ts';
import { createDiskProblem, destroyDiskProblem } from '../validation/operations.ts';
import { type AcceptOperation, type AcceptRun, onAgent, printAgent } from './run.ts';

/** The operation CREATE_DISK, which a resource provider performs. */
export const createDisk: AcceptOperation = {
  type: 'CREATE_DISK',
  access: operationAccess.CREATE_DISK,
  perform: (run, { create_disk }) =>
    create_disk && diskProblem(run, 'CREATE_DISK', create_disk.source, createDiskProblem(create_disk)),
};

/** The operation DESTROY_DISK, which a resource provider performs. */
export const destroyDisk: AcceptOperation = {
  type: 'DESTROY_DISK',
  access: operationAccess.DESTROY_DISK,
  perform: (run, { destroy_disk }) =>
    destroy_disk && diskProblem(run, 'DESTROY_DISK', destroy_disk.source, destroyDiskProblem(destroy_disk)),
};

function diskProblem(
  { agent, pool }: AcceptRun,
  type: OfferOperationType,
  source: Resource,
  problem: Problem,
): Problem {
  if (!agent.has('RESOURCE_PROVIDER')) {
    return `Not supported on agent ${printAgent(agent)} because it does not have RESOURCE_PROVIDER capability`;
  }
  if (problem !== undefined) return onAgent(agent, problem);
  const consumed = Resources.of([source]);
  return `Invalid ${type} Operation: ${pool.remaining} does not contain ${consumed}`;
}
