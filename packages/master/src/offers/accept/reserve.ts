import { operationAccess } from '../operation-access.ts';
import { reserveProblem } from '../validation/operations.ts';
import type { AcceptOperation } from './run.ts';
import { operatorOf, performSpeculative } from './speculative.ts';

/** The operation RESERVE, which reserves resources for a role. */
export const reserve: AcceptOperation = {
  type: 'RESERVE',
  access: operationAccess.RESERVE,
  perform: (run, operation) =>
    performSpeculative(run, operation, reserveProblem(operation.reserve ?? {}, operatorOf(run))),
};
