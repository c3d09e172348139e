import { operationAccess } from '../operation-access.ts';
import { shrinkVolumeProblem } from '../validation/operations.ts';
import type { AcceptOperation } from './run.ts';
import { operatorOf, performResize } from './speculative.ts';

/** The operation SHRINK_VOLUME, which takes disk space from a persistent volume. */
export const shrinkVolume: AcceptOperation = {
  type: 'SHRINK_VOLUME',
  access: operationAccess.SHRINK_VOLUME,
  perform: (run, operation) =>
    performResize(
      run,
      operation,
      operation.shrink_volume && shrinkVolumeProblem(operation.shrink_volume, operatorOf(run)),
    ),
};
