import { operationAccess } from '../operation-access.ts';
import { unreserveProblem } from '../validation/operations.ts';
import type { AcceptOperation } from './run.ts';
import { performSpeculative } from './speculative.ts';

/** The operation UNRESERVE, which removes the last reservation of resources. */
export const unreserve: AcceptOperation = {
  type: 'UNRESERVE',
  access: operationAccess.UNRESERVE,
  perform: (run, operation) => performSpeculative(run, operation, unreserveProblem(operation.unreserve ?? {})),
};
