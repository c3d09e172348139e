/** The images of the engine: pulled when they are missing, once for all who wait for one. */
import type { Logger } from '@meseta/telemetry';
import { LaunchError } from '../errors.ts';
import type { Credentials, DockerAccounts } from '../mesos/provisioner/docker/docker-config.ts';
import { SharedWork } from '../shared-work.ts';
import type { EngineVersion, ImageInspect } from './engine/answers.ts';
import type { DockerEngine } from './engine/docker-engine.ts';
import type { RegistryAccount } from './engine/registry-account.ts';
import { taggedImage } from './plan/container-plan.ts';

/** Docker Hub, in the form of its accounts. */
const dockerHub = 'docker.io';
/** The most lines about one pull; an honest one has some tens. */
const mostLines = 500;
/** And the most of each, which may be the registry's words. */
const longestLine = 500;

/** What images need of the agent. */
export interface DockerImagesOptions {
  readonly engine: DockerEngine;
  readonly log: Logger;
  /** Of `--docker_config`. */
  readonly accounts: DockerAccounts;
}

/** A container that needs an image. */
export interface ImageUser {
  /** It is pulled even if it is there: its tag may be another one's now. */
  readonly forces: boolean;
  /** Called before it is pulled. @returns the container's own accounts, which go before the agent's. */
  pulling(): Promise<DockerAccounts | undefined>;
  /** Called with lines about the progress, for people. */
  onLine(line: string): void;
  readonly signal: AbortSignal;
}

/** See the file's head. */
export class DockerImages {
  readonly #options: DockerImagesOptions;
  readonly #pulls = new SharedWork<void>(() => new LaunchError('DESTROYED', 'The image is not wanted any more'));
  /** Those who wait, by what they wait for. */
  readonly #waiting = new Map<string, Set<ImageUser>>();
  #version: Promise<EngineVersion | undefined> | undefined;

  constructor(options: DockerImagesOptions) {
    this.#options = options;
  }

  /**
   * Makes an image be there.
   *
   * @returns why it may not run on the engine's kind of machine; undefined: it may.
   * @throws {EngineError} {ImageError} {LaunchError} `DESTROYED` when the signal is aborted; the pull ends, unless others wait for it.
   */
  async need(name: string, user: ImageUser): Promise<string | undefined> {
    const { engine, log, accounts } = this.#options;
    const { forces, signal } = user;
    const image = taggedImage(name);
    const found = forces ? undefined : await engine.images.inspect(image, { signal });
    if (found !== undefined) return this.#foreign(image, found);
    const own = await user.pulling();
    const registry = registryOf(image);
    const account = toAccount(registry, own?.(registry) ?? accounts(registry));
    log.info('Pulling a Docker image', { image });
    user.onLine(`Pulling ${image}`);
    const key = JSON.stringify([image, account]); // an account's pull is nothing for those who have another one
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting.add(user));
    try {
      await this.#pulls.run(key, aborted => this.#pull(image, account, waiting, aborted), signal);
    } finally {
      waiting.delete(user);
      if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    }
    return this.#foreign(image, await engine.images.inspect(image, { signal }));
  }

  async #pull(
    image: string,
    account: RegistryAccount | undefined,
    waiting: ReadonlySet<ImageUser>,
    signal: AbortSignal,
  ): Promise<void> {
    let lines = 0;
    const onLine = (line: string) => {
      if (++lines > mostLines) return;
      const text = `${image}: ${line.slice(0, longestLine).replace(/\p{Cc}+/gu, ' ')}`;
      for (const { onLine: tell } of waiting) tell(text);
    };
    await this.#options.engine.images.pull(image, { account, signal, onLine });
  }

  /** Not an error: an engine may run programs of other machines, too. */
  async #foreign(image: string, found: ImageInspect | undefined): Promise<string | undefined> {
    this.#version ??= this.#options.engine.version().catch(() => {
      this.#version = undefined; // it is asked the next time
      return undefined;
    });
    const { os = '', arch = '' } = (await this.#version) ?? {};
    if (found === undefined || arch === '' || found.architecture === '') return undefined;
    if (found.architecture === arch && found.os === os) return undefined;
    return `the image ${image} is for ${found.os}/${found.architecture}, and the Docker engine for ${os}/${arch}`;
  }
}

/** Returns the registry in the name of an image: what is before the first slash, if it looks like a host. */
function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? first : dockerHub;
}

function toAccount(serveraddress: string, credentials: Credentials | undefined): RegistryAccount | undefined {
  if (credentials === undefined) return undefined;
  if (credentials.kind === 'token') return { identitytoken: credentials.token, serveraddress };
  return { username: credentials.user, password: credentials.password, serveraddress };
}
