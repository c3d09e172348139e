import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeDirectories } from '@meseta/system';
import { FetchError } from '../../../fetcher/fetch-error.ts';
import { runHadoop } from '../../../fetcher/hadoop.ts';
import type { DockerAccounts } from '../docker/docker-config.ts';
import type { ImageReference } from '../docker/reference.ts';
import { ImageError } from '../image-error.ts';
import { ArchivePuller, fileNames } from './archive-puller.ts';
import type { PullableImage, Puller } from './puller.ts';

/** What a puller from HDFS needs. */
export interface HadoopPullerOptions {
  /** `--docker_registry`: a directory of archives, as `hdfs://host:8020/archives`. */
  readonly registry: string;
  /** The directory of Hadoop; without it, its client is searched in `PATH`. */
  readonly hadoopHome: string | undefined;
  /** A directory of its own, for the archives while their layers are unpacked. Emptied at the first use. */
  readonly directory: string;
}

/**
 * Finds images in archives of docker save in HDFS, which the client of Hadoop copies to this machine.
 *
 * @see Mesos src/slave/containerizer/mesos/provisioner/docker/image_tar_puller.cpp
 */
export class HadoopPuller implements Puller {
  readonly #options: HadoopPullerOptions;
  #ready: Promise<void> | undefined;

  constructor(options: HadoopPullerOptions) {
    this.#options = options;
  }

  async find(reference: ImageReference, accounts: DockerAccounts, signal: AbortSignal): Promise<PullableImage> {
    this.#ready ??= this.#empty();
    await this.#ready;
    const directory = await mkdtemp(join(this.#options.directory, 'image-'));
    const remove = () => rm(directory, { recursive: true, force: true });
    try {
      await this.#copy(fileNames(reference), directory, signal);
      const found = await new ArchivePuller(directory).find(reference, accounts, signal);
      return { ...found, close: remove };
    } catch (error) {
      await remove();
      throw error;
    }
  }

  async close(): Promise<void> {}

  /** An earlier agent may have been killed while it copied. */
  async #empty(): Promise<void> {
    await rm(this.#options.directory, { recursive: true, force: true });
    await mkdir(this.#options.directory, { mode: 0o700 });
  }

  /** Copies the first archive that there is, under its own name. */
  async #copy(names: readonly string[], directory: string, signal: AbortSignal): Promise<void> {
    const { registry, hadoopHome } = this.#options;
    const problems: string[] = [];
    for (const name of names) {
      const target = join(directory, dirname(name));
      await makeDirectories(target);
      const tool = { directory: target, user: undefined, signal };
      const copy = ['-copyToLocal', `${registry.replace(/\/+$/, '')}/${name}.tar`, `${basename(name)}.tar`];
      try {
        return await runHadoop(hadoopHome, copy, 'Images of --docker_registry in HDFS', tool);
      } catch (error) {
        if (!(error instanceof FetchError)) throw error;
        problems.push(error.message);
      }
    }
    const missing = problems.every(problem => problem.includes('No such file or directory'));
    const looked = names.map(name => `'${name}.tar'`).join(' or ');
    if (missing) throw new ImageError('NOT_FOUND', `'${registry}' of --docker_registry has no ${looked}`);
    throw new ImageError('REGISTRY', `Cannot copy ${looked} from '${registry}' of --docker_registry: ${problems[0]}`);
  }
}
