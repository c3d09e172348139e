export { acknowledge, type TaskAcknowledgement } from './acknowledge.ts';
export { applyStatus } from './apply-status.ts';
export { endTask, removeTask, tellTaskNeverStarted } from './end.ts';
export { killTask, type TaskKill } from './kill.ts';
export {
  acknowledgeOperation,
  endOperation,
  isTerminalOperation,
  removeOperation,
  updateOperation,
} from './operations.ts';
export { reconcile, type TaskQuestion } from './reconcile.ts';
export { type OperationQuestion, operationStatuses } from './reconcile-operations.ts';
export { lostState, masterStatus, type StatusDetails, sendStatus } from './status.ts';
