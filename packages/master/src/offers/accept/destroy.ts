import type { Resource } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { operationAccess } from '../operation-access.ts';
import { destroyProblem } from '../validation/operations.ts';
import type { AcceptOperation, AcceptRun } from './run.ts';
import { operatorOf, performSpeculative } from './speculative.ts';

/** The operation DESTROY, which removes persistent volumes. */
export const destroy: AcceptOperation = {
  type: 'DESTROY',
  access: operationAccess.DESTROY,
  perform(run, operation) {
    const problem = destroyProblem(operation.destroy ?? {}, operatorOf(run));
    if (problem === undefined) rescindOthers(run, operation.destroy?.volumes ?? []);
    return performSpeculative(run, operation, problem);
  },
};

/** Copies of a shared volume may be offered to others at the same time. */
function rescindOthers({ context, agent }: AcceptRun, volumes: readonly Resource[]): void {
  const destroyed = volumes.map(volume => Resources.of([volume]).unallocate());
  for (const offer of [...agent.offers.values()]) {
    const offered = offer.resources.persistentVolumes().unallocate();
    if (destroyed.some(volume => offered.contains(volume))) context.offers.rescind(offer);
  }
}
