import type { CapabilityInfo } from '@meseta/protocol';
import { LaunchError } from '../../../errors.ts';
import type { Isolator } from '../isolator.ts';
import type { IsolatorParts } from '../isolator-parts.ts';

/**
 * `linux/capabilities`: the capabilities that the processes of a container have (`effective_capabilities`) and can get at
 * all (`bounding_capabilities`). What a task does not say is that of the agent's flags.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/linux/capabilities.cpp
 */
export function linuxCapabilities({ flags }: IsolatorParts): Isolator {
  const ofOperator = { effective: flags.effective_capabilities, bounding: flags.bounding_capabilities };
  return {
    name: 'linux/capabilities',
    provides: ['capabilities'],
    supportsNesting: true,
    supportsStandalone: true,
    async prepare(_id, { container_info }) {
      const asked = container_info?.linux_info ?? {};
      // The old field sets what is had.
      const effective = asked.effective_capabilities ?? asked.capability_info ?? ofOperator.effective;
      const bounding = asked.bounding_capabilities ?? ofOperator.bounding ?? effective;
      if (ofOperator.bounding && bounding)
        mustBeWithin(bounding, ofOperator.bounding, 'Bounding capabilities are not allowed by --bounding_capabilities');
      if (effective && bounding)
        mustBeWithin(effective, bounding, 'Effective capabilities are not among the bounding ones');
      return {
        ...(effective && { effective_capabilities: effective }),
        ...(bounding && { bounding_capabilities: bounding }),
      };
    },
  };
}

function mustBeWithin(wanted: CapabilityInfo, allowed: CapabilityInfo, problem: string): void {
  const more = new Set(wanted.capabilities ?? []).difference(new Set(allowed.capabilities ?? []));
  if (more.size > 0) throw new LaunchError('INVALID', `${problem}: ${[...more].join(', ')}`);
}
