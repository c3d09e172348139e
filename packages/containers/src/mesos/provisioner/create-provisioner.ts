import { join } from 'node:path';
import { type Clock, takeDirectory } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { ProvisionerFlags } from '../../containerizer-flags.ts';
import { hadoopHomeOf } from '../../fetcher/hadoop.ts';
import type { Backend } from './backends/backend.ts';
import { CopyBackend } from './backends/copy.ts';
import { OverlayBackend, overlayProblem } from './backends/overlay.ts';
import { dockerAccounts } from './docker/docker-config.ts';
import { ImageError } from './image-error.ts';
import { collectImages, parseImageGcConfig } from './image-gc.ts';
import { Provisioner } from './provisioner.ts';
import { ArchivePuller } from './pullers/archive-puller.ts';
import { HadoopPuller } from './pullers/hadoop-puller.ts';
import type { Puller } from './pullers/puller.ts';
import { ImageStore } from './store/image-store.ts';
import { layerLimits } from './unpack/unpack.ts';

/** What a provisioner needs of the agent. */
export interface ProvisionerParts {
  readonly flags: ProvisionerFlags;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** A download without a byte for this long has failed. */
const defaultStallTimeoutMs = 60_000;

/**
 * Creates the provisioner of `--image_providers`; undefined when there are none. The store's directory is made and
 * checked, and the backend is tried.
 *
 * @throws {ImageError} and `DirectoryError`: the agent must not start.
 */
export async function createProvisioner(parts: ProvisionerParts): Promise<Provisioner | undefined> {
  const { flags, clock, log, metrics } = parts;
  if (!flags.image_providers?.includes('DOCKER')) return undefined;
  if (!flags.isolation.includes('filesystem/linux')) {
    throw new ImageError('INVALID', '--image_providers needs the isolator filesystem/linux (--isolation)');
  }
  const gc = flags.image_gc_config && parseImageGcConfig(flags.image_gc_config);
  const directory = takeDirectory({ flag: '--docker_store_dir', path: flags.docker_store_dir });
  const own = takeDirectory({ flag: '--work_dir', path: join(flags.work_dir, 'provisioner') });
  const backend = await chooseBackend(flags.image_provisioner_backend, own, log);
  const store = new ImageStore({
    directory,
    overlay: backend.name === 'overlay',
    limits: layerLimits,
    puller: await makePuller(parts),
    accounts: dockerAccounts(flags.docker_config ?? { auths: {} }),
    onWarning: message => log.warning(message),
  });
  const provisioner = new Provisioner({ directory: own, store, backend, log, metrics });
  if (gc !== undefined) provisioner.onClose(collectImages(gc, { store: directory, provisioner, clock, log }));
  return provisioner;
}

async function makePuller({ flags, clock }: ProvisionerParts): Promise<Puller> {
  const { docker_registry: registry } = flags;
  if (registry.startsWith('/')) return new ArchivePuller(registry);
  if (registry.startsWith('hdfs://')) {
    const directory = join(flags.docker_store_dir, 'archives');
    return new HadoopPuller({ registry, hadoopHome: hadoopHomeOf(flags), directory });
  }
  const stallTimeoutMs = flags.docker_stall_timeout ?? defaultStallTimeoutMs;
  const { RegistryPuller } = await import('./pullers/registry-puller.ts'); // brings an HTTP client, which is large
  return new RegistryPuller({ registry, stallTimeoutMs, clock });
}

/** Takes overlay where it works, and copies otherwise, as Mesos does. */
async function chooseBackend(wanted: string | undefined, directory: string, log: Logger): Promise<Backend> {
  if (wanted === 'copy') return new CopyBackend();
  const problem = await overlayProblem(directory);
  if (problem === undefined) return new OverlayBackend();
  if (wanted === 'overlay') {
    const help = 'use another --work_dir, or --image_provisioner_backend=copy';
    throw new ImageError(
      'BACKEND',
      `--image_provisioner_backend=overlay does not work in '${directory}': ${problem}; ${help}`,
    );
  }
  log.info('Root file systems of images are copied, because overlay does not work', { directory, problem });
  return new CopyBackend();
}
