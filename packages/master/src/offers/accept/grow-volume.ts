import { operationAccess } from '../operation-access.ts';
import { growVolumeProblem } from '../validation/operations.ts';
import type { AcceptOperation } from './run.ts';
import { operatorOf, performResize } from './speculative.ts';

/** The operation GROW_VOLUME, which adds disk space to a persistent volume. */
export const growVolume: AcceptOperation = {
  type: 'GROW_VOLUME',
  access: operationAccess.GROW_VOLUME,
  perform: (run, operation) =>
    performResize(run, operation, operation.grow_volume && growVolumeProblem(operation.grow_volume, operatorOf(run))),
};
