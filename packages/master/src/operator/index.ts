/** What operators may do to the cluster, be it through the v1 API or through the classic endpoints. */
import type { MasterContext } from '../context.ts';
import { watchMaintenance } from './maintenance.ts';
import { recoverQuotas } from './quota.ts';
import { recoverWeights } from './weights.ts';

export { applyForOperator } from './apply-operation.ts';
export {
  maintenanceSchedule,
  maintenanceStatus,
  scheduledMachine,
  startMaintenance,
  stopMaintenance,
  updateMaintenanceSchedule,
} from './maintenance.ts';
export { quotaStatus, removeQuota, setQuota, updateQuota } from './quota.ts';
export { tearDownFramework } from './teardown.ts';
export { updateWeights, weights } from './weights.ts';

/** Puts weights, quotas and maintenance of the recovered registry into effect. Once, before agents register. */
export async function recoverSettings(context: MasterContext): Promise<void> {
  await recoverWeights(context);
  recoverQuotas(context);
  watchMaintenance(context);
}
