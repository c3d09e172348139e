import { operationAccess } from '../operation-access.ts';
import { createProblem } from '../validation/operations.ts';
import type { AcceptOperation } from './run.ts';
import { operatorOf, performSpeculative } from './speculative.ts';

/** The operation CREATE, which makes persistent volumes. */
export const create: AcceptOperation = {
  type: 'CREATE',
  access: operationAccess.CREATE,
  perform: (run, operation) =>
    performSpeculative(run, operation, createProblem(operation.create ?? {}, operatorOf(run))),
};
