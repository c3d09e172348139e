/** Capabilities and limits of processes that a container asks for outside of `docker`. */
import type { CapabilityInfo, ContainerInfo } from '@meseta/protocol';
import type { HostConfig, Ulimit } from './container-body.ts';
import { planError } from './plan-error.ts';

/**
 * Returns a container's privileges in the engine's terms. Where capabilities are named, it has these and no others.
 *
 * @throws {LaunchError} a limit is not one of Docker's, or half of one.
 */
export function privilegesOf({
  linux_info,
  rlimit_info,
}: ContainerInfo): Pick<HostConfig, 'CapAdd' | 'CapDrop' | 'Ulimits'> {
  const asked = linux_info?.effective_capabilities ?? linux_info?.bounding_capabilities ?? linux_info?.capability_info;
  const limits = (rlimit_info?.rlimits ?? []).map(({ type, soft, hard }): Ulimit => {
    const name = /^RLMT_([A-Z]+)$/.exec(type ?? '')?.[1];
    if (name === undefined)
      throw planError(`The resource limit '${type}' is not known; allowed: RLMT_NOFILE and the like`);
    if ((soft === undefined) !== (hard === undefined))
      throw planError(
        `The resource limit ${type} has one of 'soft' and 'hard' only; it takes both, or none for no limit`,
      );
    return { Name: name.toLowerCase(), Soft: soft ?? -1, Hard: hard ?? -1 };
  });
  return {
    ...(asked !== undefined && { CapDrop: ['ALL'], CapAdd: namesOf(asked) }),
    ...(limits.length > 0 && { Ulimits: limits }),
  };
}

function namesOf({ capabilities = [] }: CapabilityInfo): string[] {
  return capabilities.map(name => `CAP_${name}`);
}
