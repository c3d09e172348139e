/** What operators may do to the cluster, be it through the v1 API or through the classic endpoints. */
export { applyForOperator, operatorQuestions } from './apply-operation.ts';
export {
  machinesConcerned,
  maintenanceSchedule,
  maintenanceStatus,
  scheduledMachine,
  startMaintenance,
  stopMaintenance,
  updateMaintenanceSchedule,
  watchMaintenance,
} from './maintenance.ts';
export { quotaStatus, removeQuota, setQuota, updateQuota } from './quota.ts';
export { frameworkToTearDown, tearDownFramework } from './teardown.ts';
export { seenWeights, updateWeights } from './weights.ts';
