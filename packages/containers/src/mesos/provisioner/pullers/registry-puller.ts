import { join } from 'node:path';
import { type Clock, ConcurrencyLimit, delay } from '@meseta/system';
import { EnvHttpProxyAgent } from 'undici';
import { type Digest, digestFrom, hashOf, sha256 } from '../docker/digest.ts';
import type { DockerAccounts } from '../docker/docker-config.ts';
import { readImageConfig } from '../docker/image-config.ts';
import {
  acceptedManifests,
  assertLayerSupported,
  type Descriptor,
  type Manifest,
  machinePlatform,
  readManifest,
} from '../docker/manifest.ts';
import type { ImageReference } from '../docker/reference.ts';
import { ImageError } from '../image-error.ts';
import type { PullableImage, PullableLayer, Puller } from './puller.ts';
import { parseRegistryUrl, type RegistryAddress, registryAddress } from './registry-address.ts';
import { RegistryClient } from './registry-client.ts';

/** The settings of pulling from registries. */
export interface RegistryPullerOptions {
  /** `--docker_registry`. */
  readonly registry: string;
  /** `--docker_stall_timeout`. */
  readonly stallTimeoutMs: number;
  readonly clock: Clock;
}

/** The number of blobs that are downloaded at a time, as in Docker. */
const parallelDownloads = 3;
/** A list of manifests can name another list; more than this is a mistake. */
const maximumLists = 3;
const firstPauseMs = 500;
const longestPauseMs = 15_000;

/** Finds images in registries, over HTTP. Proxies are those of the agent's environment. */
export class RegistryPuller implements Puller {
  readonly #options: RegistryPullerOptions;
  readonly #registry: URL;
  readonly #dispatcher: EnvHttpProxyAgent;
  readonly #downloads = new ConcurrencyLimit(parallelDownloads);

  /** @throws {ImageError} when `registry` is not a registry. */
  constructor(options: RegistryPullerOptions) {
    this.#options = options;
    this.#registry = parseRegistryUrl(options.registry);
    const { stallTimeoutMs: timeout } = options;
    this.#dispatcher = new EnvHttpProxyAgent({ connect: { timeout }, headersTimeout: timeout, bodyTimeout: timeout });
  }

  async find(reference: ImageReference, accounts: DockerAccounts, signal: AbortSignal): Promise<PullableImage> {
    const address = registryAddress(reference, this.#registry);
    const client = this.#client(address, accounts);
    const { manifest, digest } = await this.#manifest(client, address, reference, signal);
    const config = await this.#config(client, address, manifest.config, signal);
    const { diffIds } = readImageConfig(config);
    if (diffIds.length !== manifest.layers.length) {
      const counts = `${manifest.layers.length} layers in its manifest, ${diffIds.length} in its configuration`;
      throw new ImageError('INVALID', `Its manifest and its configuration do not fit together: ${counts}`);
    }
    manifest.layers.forEach(assertLayerSupported);
    const layers = manifest.layers.map((layer, index): PullableLayer => {
      const path = blobPath(address, layer.digest);
      return {
        diffId: diffIds[index] as Digest,
        fetch: async (directory, aborted) => {
          const file = join(directory, 'blob');
          await this.#downloads.run(() => client.download(path, layer, file, aborted), aborted);
          aborted.throwIfAborted();
          return { part: { path: file, offset: 0, length: layer.size }, digest: undefined };
        },
      };
    });
    return { digest, config, layers };
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  #client({ origin, host }: RegistryAddress, accounts: DockerAccounts): RegistryClient {
    const { clock, stallTimeoutMs } = this.#options;
    return new RegistryClient({
      dispatcher: this.#dispatcher,
      registry: new URL(origin),
      credentials: accounts(host),
      stallTimeoutMs,
      pause: (tries, signal) => delay(clock, Math.min(firstPauseMs * 2 ** (tries - 1), longestPauseMs), signal),
    });
  }

  /** Fetches the manifest of this platform. The digest is that of the document which the reference names. */
  async #manifest(
    client: RegistryClient,
    { repository }: RegistryAddress,
    reference: ImageReference,
    signal: AbortSignal,
  ): Promise<{ manifest: Manifest; digest: Digest }> {
    let wanted: string = reference.digest ?? reference.tag ?? 'latest';
    let expected = reference.digest;
    let named: Digest | undefined;
    for (let lists = 0; lists <= maximumLists; lists++) {
      const path = `/v2/${repository}/manifests/${wanted}`;
      const what = `image ${repository}${expected === undefined ? ':' : '@'}${wanted}`;
      const { bytes, contentType } = await client.document(path, what, acceptedManifests.join(', '), signal);
      named ??= verified(bytes, expected, 'manifest');
      if (lists > 0) verified(bytes, expected, 'manifest');
      const found = readManifest(bytes.toString('utf8'), contentType, machinePlatform());
      if ('manifest' in found) return { manifest: found.manifest, digest: named };
      wanted = found.next.digest;
      expected = found.next.digest;
    }
    throw new ImageError('INVALID', `Its list of manifests leads to another list more than ${maximumLists} times`);
  }

  async #config(
    client: RegistryClient,
    address: RegistryAddress,
    { digest }: Descriptor,
    signal: AbortSignal,
  ): Promise<string> {
    const { bytes } = await client.document(blobPath(address, digest), `blob ${digest}`, '*/*', signal);
    verified(bytes, digest, 'configuration');
    return bytes.toString('utf8');
  }
}

function blobPath({ repository }: RegistryAddress, digest: Digest): string {
  return `/v2/${repository}/blobs/${digest}`;
}

function verified(bytes: Buffer, expected: Digest | undefined, what: string): Digest {
  if (expected === undefined) return sha256(bytes);
  const found = digestFrom(hashOf(expected).update(bytes), expected);
  if (found === expected) return found;
  throw new ImageError('DIGEST', `Its ${what} ${expected} came with the digest ${found}`);
}
