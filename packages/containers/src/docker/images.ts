/** The images of the engine: pulled when they are missing, once for all who wait for one. */
import type { Logger } from '@meseta/telemetry';
import { LaunchError } from '../errors.ts';
import { SharedWork } from '../shared-work.ts';
import type { DockerEngine } from './engine/docker-engine.ts';
import type { RegistryAccount } from './engine/registry-account.ts';
import { taggedImage } from './plan/container-plan.ts';

/** What images need of the agent. */
export interface DockerImagesOptions {
  readonly engine: DockerEngine;
  readonly log: Logger;
  /** Returns the account for an image's registry; undefined: none. */
  readonly accountOf: (image: string) => RegistryAccount | undefined;
}

/** See the file's head. */
export class DockerImages {
  readonly #options: DockerImagesOptions;
  readonly #pulls = new SharedWork<void>(() => new LaunchError('DESTROYED', 'The image is not wanted any more'));

  constructor(options: DockerImagesOptions) {
    this.#options = options;
  }

  /**
   * Makes an image be there.
   *
   * @param forces it is pulled even if it is there: its tag may be another one's now.
   * @param pulling called before it is pulled.
   * @throws {EngineError} {LaunchError} `DESTROYED` when the signal is aborted; the pull ends, unless others wait for it.
   */
  async need(name: string, forces: boolean, pulling: () => void, signal: AbortSignal): Promise<void> {
    const { engine, log, accountOf } = this.#options;
    const image = taggedImage(name);
    if (!forces && (await engine.images.inspect(image, { signal })) !== undefined) return;
    pulling();
    log.info('Pulling a Docker image', { image });
    const account = accountOf(image);
    await this.#pulls.run(image, aborted => engine.images.pull(image, { account, signal: aborted }), signal);
  }
}
