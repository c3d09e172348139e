import { loadavg } from 'node:os';
import type { QoSCorrection, ResourceUsage } from '@meseta/protocol';
import type { Logger } from '@meseta/telemetry';
import type { QoSController } from './oversubscription.ts';

/** The load averages of the machine above which executors on revocable resources are ended. Undefined: not looked at. */
export interface LoadThresholds {
  readonly fiveMinutes: number | undefined;
  readonly fifteenMinutes: number | undefined;
}

/**
 * Ends all executors on revocable resources when the load of the machine is too high.
 *
 * @see Mesos src/slave/qos_controllers/load.cpp
 */
export class LoadQoSController implements QoSController {
  readonly #thresholds: LoadThresholds;
  readonly #log: Pick<Logger, 'info'>;
  readonly #loadAverages: () => number[];

  /** @param loadAverages of one, five and fifteen minutes. */
  constructor(thresholds: LoadThresholds, log: Pick<Logger, 'info'>, loadAverages: () => number[] = loadavg) {
    this.#thresholds = thresholds;
    this.#log = log;
    this.#loadAverages = loadAverages;
  }

  async corrections({ executors = [] }: ResourceUsage): Promise<readonly QoSCorrection[]> {
    const { fiveMinutes, fifteenMinutes } = this.#thresholds;
    const [, five = 0, fifteen = 0] = this.#loadAverages();
    const isOverloaded =
      (fiveMinutes !== undefined && five > fiveMinutes) || (fifteenMinutes !== undefined && fifteen > fifteenMinutes);
    const revocable = isOverloaded
      ? executors.filter(({ allocated = [] }) => allocated.some(resource => resource.revocable !== undefined))
      : [];
    if (revocable.length === 0) return [];
    this.#log.info('The load is above its threshold: ending executors on revocable resources', {
      executors: revocable.length,
      load_5min: five,
      load_15min: fifteen,
    });
    return revocable.map(({ executor_info: { framework_id, executor_id }, container_id }) => ({
      type: 'KILL',
      kill: { ...(framework_id && { framework_id }), executor_id, container_id },
    }));
  }
}
