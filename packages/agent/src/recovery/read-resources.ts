import { DecodeError, Resource, ResourceState } from '@meseta/protocol';
import type { Logger } from '@meseta/telemetry';
import type { Paths } from '../disk/paths.ts';
import { readLengthPrefixed, readMessage } from '../disk/records.ts';
import { RecoveryError } from './error.ts';

/**
 * Reads the agent's dynamic reservations and volumes, and the operations whose end is not acknowledged. Agents before
 * Mesos 1.10 wrote the resources alone, in a file that is still written for them.
 *
 * @param options.strict damage is an error; else it is as if nothing had been written.
 * @throws {RecoveryError}
 */
export async function readResources(
  paths: Paths,
  { strict, log }: { readonly strict: boolean; readonly log: Logger },
): Promise<Required<ResourceState>> {
  try {
    const state = await readMessage(ResourceState, paths.resourceState);
    if (state) return { operations: state.operations ?? [], resources: state.resources ?? [] };
    return { operations: [], resources: await readLengthPrefixed(Resource, paths.resourcesInfo) };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    if (strict) {
      const help = 'start with --no-strict to go on without what it says';
      throw new RecoveryError(`Failed to read the resources in '${paths.resources}': ${help}`, { cause });
    }
    log.warning('Skipped resources that cannot be read', { path: paths.resources, error: cause });
    return { operations: [], resources: [] };
  }
}
