import { Resource, ResourceState } from '@meseta/protocol';
import type { Paths } from '../disk/paths.ts';
import { readIfThere, readMessage, readMessages } from '../disk/records.ts';
import { ContentError, type DamageHandling, tolerate } from './damage.ts';

/**
 * Reads the agent's dynamic reservations and volumes, and the operations whose end is not acknowledged. Agents before
 * Mesos 1.10 wrote the resources alone, in a file that is still written for them.
 *
 * Both files are synced before they get their names. So they are complete, also after a crash of the machine, unless they are
 * damaged. With `--no-strict`, the older file then takes the place of the newer one, and nothing that of the older one.
 *
 * @throws {RecoveryError}
 */
export async function readResources(paths: Paths, handling: DamageHandling): Promise<Required<ResourceState>> {
  const state = await tolerate(handling, paths.resourceState, readState);
  if (state) return { operations: state.operations ?? [], resources: state.resources ?? [] };
  const resources = await tolerate(handling, paths.resourcesInfo, path => readMessages(Resource, path));
  return { operations: [], resources: resources ?? [] };
}

/** @throws {ContentError} {IncompleteFileError} {DecodeError} */
function readState(path: string): ResourceState | undefined {
  const state = readMessage(ResourceState, path);
  if (state === undefined && readIfThere(path)) throw new ContentError('it is empty');
  return state;
}
