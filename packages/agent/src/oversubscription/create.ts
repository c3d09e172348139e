import type { ModuleRegistry } from '@meseta/modules';
import type { AgentFlags } from '../flags.ts';
import type { OversubscriptionModules } from './oversubscription.ts';

/** Creates the modules for oversubscription that flags name. @throws {ModuleError} the agent must not start. */
export async function createOversubscription(
  { resource_estimator: estimator, qos_controller: controller }: AgentFlags,
  modules: ModuleRegistry,
): Promise<OversubscriptionModules> {
  return {
    estimator: estimator === undefined ? undefined : await modules.resourceEstimator(estimator),
    controller: controller === undefined ? undefined : await modules.qosController(controller),
  };
}
