export { acknowledge } from './acknowledge.ts';
export { killTask } from './kill.ts';
export { findTask, killByOperator, taskToKill } from './kill-by-operator.ts';
export { acknowledgeOperation } from './operations.ts';
export { reconcile } from './reconcile.ts';
export { operationStatuses } from './reconcile-operations.ts';
