import type { Resource, ResourceStatistics } from '@meseta/protocol';

const bytesPerMegabyte = 1024 * 1024;

/** Resources of a container as it may use them; `limits` as in TaskInfo: by name, `Infinity` for none. */
export interface ContainerResources {
  readonly resources: readonly Resource[];
  readonly limits?: Readonly<Record<string, number>>;
}

/**
 * Returns how much CPU and memory a container may use.
 *
 * @see Mesos src/slave/containerizer/mesos/containerizer.cpp, usage
 */
export function limitStatistics(given: ContainerResources): Partial<ResourceStatistics> {
  const [cpus, memory] = [amount(given.resources, 'cpus'), amount(given.resources, 'mem')];
  const { cpus: cpusLimit, mem: memoryLimit = memory } = given.limits ?? {};
  return {
    ...(cpus !== undefined && { cpus_soft_limit: cpus }),
    ...(Number.isFinite(cpusLimit) && { cpus_limit: cpusLimit }),
    ...(memory !== undefined && { mem_soft_limit_bytes: memory * bytesPerMegabyte }),
    ...(memoryLimit !== undefined &&
      Number.isFinite(memoryLimit) && { mem_limit_bytes: memoryLimit * bytesPerMegabyte }),
  };
}

/** Sum of a scalar resource, rounded to thousandths as Mesos counts; undefined when there is none. */
function amount(resources: readonly Resource[], name: string): number | undefined {
  const values = resources.filter(resource => resource.name === name).map(resource => resource.scalar?.value ?? 0);
  return values.length === 0 ? undefined : Math.round(values.reduce((sum, value) => sum + value, 0) * 1000) / 1000;
}
