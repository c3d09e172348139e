/** The group ids of volumes that containers share, as the agent keeps them: in Mesos's file. */
import { dirname, join } from 'node:path';
import { parseGidRange, VolumeGids } from '@meseta/containers';
import { VolumeGidInfos } from '@meseta/protocol';
import { makeDirectories } from '@meseta/system';
import { replaceFile } from '@meseta/system/replace-file';
import type { Logger, Metrics } from '@meseta/telemetry';
import { encodeLengthPrefixed, readLengthPrefixed } from '../disk/records.ts';
import type { AgentFlags } from '../flags.ts';

/** `--volume_gid_range` cannot be used. The message says what to do. */
export class VolumeGidRangeError extends Error {
  override readonly name = 'VolumeGidRangeError';
  readonly code = 'VOLUME_GID_RANGE_UNUSABLE';
}

/**
 * Reads which group ids an earlier agent has given to volumes; undefined without `--volume_gid_range`. What a damaged file says
 * after the damage is not known any more: its volumes show their ids by their groups.
 *
 * @throws {VolumeGidRangeError} the agent does not run as root.
 */
export function openVolumeGids(
  { volume_gid_range: text }: Pick<AgentFlags, 'volume_gid_range'>,
  workDirectory: string,
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
): VolumeGids | undefined {
  if (text === undefined) return undefined;
  const range = parseGidRange(text);
  if (typeof range === 'string') throw new VolumeGidRangeError(`--volume_gid_range='${text}' ${range}`);
  if (process.geteuid?.() !== 0)
    throw new VolumeGidRangeError(
      '--volume_gid_range gives volumes to groups, which needs root: start the agent as root, or leave the flag out',
    );
  const path = join(workDirectory, 'meta/volume_gid_manager/volume_gids');
  const damaged = (error: unknown) => log.warning('The group ids of volumes are damaged', { path, error });
  const given = readLengthPrefixed(VolumeGidInfos, path, damaged).flatMap(({ infos = [] }) => infos);
  const write = (infos: VolumeGidInfos['infos']) =>
    replace(path, encodeLengthPrefixed(VolumeGidInfos, { infos: infos ?? [] }));
  return new VolumeGids({ range, given, write: infos => write([...infos]), log, metrics });
}

async function replace(path: string, data: Buffer): Promise<void> {
  await makeDirectories(dirname(path), 0o700);
  await replaceFile(path, data, { durable: true });
}
