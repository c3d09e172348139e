import type { Clock } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { ContainerizerFlags } from '../../containerizer-flags.ts';
import type { VolumeGids } from '../../volumes/gids/volume-gids.ts';
import type { Cgroups } from '../cgroups/cgroups.ts';
import type { NvidiaGpus } from '../nvidia/offered-gpus.ts';
import type { Provisioner } from '../provisioner/provisioner.ts';
import type { SecretResolver } from '../secrets.ts';

/** What isolators need of the agent. Each takes only what it uses. */
export interface IsolatorParts {
  readonly flags: ContainerizerFlags;
  /** The machine's cgroups. Only with the linux launcher. */
  readonly cgroups?: Cgroups | undefined;
  /** Only with `--image_providers`. */
  readonly provisioner?: Provisioner | undefined;
  /** Only with the isolator gpu/nvidia. */
  readonly gpus?: NvidiaGpus | undefined;
  /** Of secrets by reference; undefined without `--secret_resolver`. */
  readonly secretResolver?: SecretResolver | undefined;
  /** Of volumes that containers share; undefined without `--volume_gid_range`. */
  readonly volumeGids?: VolumeGids | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}
