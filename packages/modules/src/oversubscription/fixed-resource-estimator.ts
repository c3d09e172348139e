import type { Resource, ResourceUsage } from '@meseta/protocol';
import { parseResourceList, Resources, resourcesProblem } from '@meseta/resources';
import type { ResourceEstimator } from './oversubscription.ts';

/**
 * Offers always the same resources for oversubscription, minus those that are in use.
 *
 * @see Mesos src/slave/resource_estimators/fixed.cpp
 */
export class FixedResourceEstimator implements ResourceEstimator {
  readonly #total: Resources;

  /** @param text as of `--resources`. @throws {Error} with what is wrong with it. */
  constructor(text: string) {
    const resources = parseResourceList(text).map((resource): Resource => ({ ...resource, revocable: {} }));
    const problem = resourcesProblem(resources);
    if (problem !== undefined) throw new Error(problem);
    this.#total = Resources.of(resources);
  }

  async oversubscribable({ executors = [] }: ResourceUsage): Promise<readonly Resource[]> {
    const used = Resources.sum(executors.map(({ allocated }) => Resources.of(allocated).revocable()));
    return this.#total.subtract(used.unallocate()).toArray();
  }
}
