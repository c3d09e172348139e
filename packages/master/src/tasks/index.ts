export { acknowledge } from './acknowledge.ts';
export { applyStatus } from './apply-status.ts';
export { endTask } from './end.ts';
export { killTask } from './kill.ts';
export { acknowledgeOperation } from './operations.ts';
export { reconcile, type TaskQuestion } from './reconcile.ts';
export { operationStatuses } from './reconcile-operations.ts';
export { masterStatus } from './status.ts';
