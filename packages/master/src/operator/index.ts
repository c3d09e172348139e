/** What operators may do to the cluster, be it through the v1 API or through the classic endpoints. */
export { applyForOperator } from './apply-operation.ts';
export {
  maintenanceSchedule,
  maintenanceStatus,
  scheduledMachine,
  startMaintenance,
  stopMaintenance,
  updateMaintenanceSchedule,
  watchMaintenance,
} from './maintenance.ts';
export { quotaStatus, removeQuota, setQuota, updateQuota } from './quota.ts';
export { tearDownFramework } from './teardown.ts';
export { updateWeights, weights } from './weights.ts';
