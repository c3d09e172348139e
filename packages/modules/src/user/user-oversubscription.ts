/** Makes modules of users usable for oversubscription: their methods run in a thread, their answers are checked. */
import { AgentInfo, fromJson, QoSCorrection, type ResourceUsage } from '@meseta/protocol';
import type { QoSController, ResourceEstimator } from '../oversubscription/oversubscription.ts';
import type { ModuleHost } from './module-host.ts';

/** Makes a resource estimator of a module. */
export function userEstimator(host: ModuleHost): ResourceEstimator {
  return {
    async oversubscribable(usage: ResourceUsage) {
      const resources = await host.call('oversubscribable', [usage]);
      return fromJson(AgentInfo, { hostname: '', resources }).resources ?? [];
    },
  };
}

/** Makes a QoS controller of a module. */
export function userController(host: ModuleHost): QoSController {
  return {
    async corrections(usage: ResourceUsage) {
      const corrections = await host.call('corrections', [usage]);
      if (!Array.isArray(corrections)) throw new TypeError(`Module '${host.name}': corrections() must return an array`);
      return corrections.map(each => fromJson(QoSCorrection, each));
    },
  };
}
