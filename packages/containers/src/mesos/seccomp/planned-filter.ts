import type { CapabilityInfo } from '@meseta/protocol';
import { LaunchError } from '../../errors.ts';
import { compileFilter } from './filter.ts';
import type { SeccompProfile } from './profile.ts';
import { SeccompProfileError } from './profile-reader.ts';

/** A seccomp profile, of which the filter is made when it is known which capabilities the container can have. */
export interface PlannedSeccomp {
  /** Its name, for errors. */
  readonly name: string;
  readonly profile: SeccompProfile;
  /** Names of the capabilities that containers can have where nothing limits them: those of the agent. */
  readonly unlimited: readonly string[];
}

/** The last filter of each profile: most containers can have the same capabilities. */
const made = new WeakMap<SeccompProfile, { readonly capabilities: string; readonly filter: string }>();

/**
 * Returns the filter of a container, as in a launch plan.
 *
 * @param bounding the capabilities it can have; undefined for all that the agent has.
 * @throws {LaunchError} `INVALID` naming the profile.
 */
export function seccompFilter({ name, profile, unlimited }: PlannedSeccomp, bounding?: CapabilityInfo): string {
  const list = (bounding?.capabilities ?? unlimited).toSorted();
  const capabilities = list.join();
  const last = made.get(profile);
  if (last?.capabilities === capabilities) return last.filter;
  try {
    const filter = compileFilter(profile, new Set(list)).toString('hex');
    made.set(profile, { capabilities, filter });
    return filter;
  } catch (cause) {
    if (!(cause instanceof SeccompProfileError)) throw cause;
    throw new LaunchError('INVALID', `Seccomp profile '${name}': ${cause.message}`, { cause });
  }
}
