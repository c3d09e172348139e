/** All masters of a cluster are in one region: it is what frameworks that know no regions are kept to. */
import type { MasterInfo } from '@meseta/protocol';

/** The leading master is in another region than this one, which must not take over from it. */
export class RegionMismatchError extends Error {
  override readonly name = 'RegionMismatchError';
  readonly code = 'REGION_MISMATCH';
}

/**
 * Compares the regions of the leading master and of this one, where both have a `--domain`.
 *
 * @see Mesos src/master/master.cpp, Master::detected
 */
export function regionMismatch(leader: MasterInfo, own: MasterInfo): RegionMismatchError | undefined {
  const [theirs, ours] = [leader, own].map(({ domain }) => domain?.fault_domain?.region.name);
  if (theirs === undefined || ours === undefined || theirs === ours) return undefined;
  return new RegionMismatchError(
    `The leading master ${leader.pid ?? leader.hostname ?? ''} is in region '${theirs}', and this master in region ` +
      `'${ours}': all masters of a cluster must be in one region. Give both the same region in --domain`,
  );
}
