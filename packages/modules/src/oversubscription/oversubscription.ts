import type { QoSCorrection, Resource, ResourceUsage } from '@meseta/protocol';

/**
 * Estimates which resources of an agent can be offered although they are allocated: for tasks that may be ended when
 * the resources are needed. Called at start and in the interval of `--oversubscribed_resources_interval`.
 *
 * @see Mesos include/mesos/slave/resource_estimator.hpp
 */
export interface ResourceEstimator {
  /**
   * Returns what can be offered in addition to the revocable resources that are in use. All of it must be revocable.
   *
   * @param usage what executors have, and what they use.
   */
  oversubscribable(usage: ResourceUsage): Promise<readonly Resource[]>;
}

/**
 * Protects tasks from others on revocable resources: says which executors are to be ended. Called again and again, with
 * at least `--qos_correction_interval_min` in between.
 *
 * @see Mesos include/mesos/slave/qos_controller.hpp
 */
export interface QoSController {
  /** @param usage what executors have, and what they use. */
  corrections(usage: ResourceUsage): Promise<readonly QoSCorrection[]>;
}
