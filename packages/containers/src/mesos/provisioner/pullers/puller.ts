import type { Digest } from '../docker/digest.ts';
import type { DockerAccounts } from '../docker/docker-config.ts';
import type { ImageReference } from '../docker/reference.ts';
import type { FilePart } from '../unpack/unpack-job.ts';

/** A layer that can be fetched. */
export interface PullableLayer {
  /** The digest of its contents, without compression. */
  readonly diffId: Digest;
  /**
   * Puts its blob into a file.
   *
   * @param directory a private directory, for a file to be removed afterwards.
   * @throws {ImageError}
   */
  fetch(directory: string, signal: AbortSignal): Promise<LayerBlob>;
}

/** The blob of a layer in a file. */
export interface LayerBlob {
  readonly part: FilePart;
  /** The digest that the blob has to have; undefined when it was verified, or when only the contents have one. */
  readonly digest: Digest | undefined;
}

/** An image that was found: what it is made of, and how to get its layers. */
export interface PullableImage {
  /** The digest by which it was found: that of its manifest, or of its configuration where it has no manifest. */
  readonly digest: Digest;
  /** The text of its configuration; it has the digests of the layers. */
  readonly config: string;
  /** Lowest first. */
  readonly layers: readonly PullableLayer[];
  /** Called when the layers are fetched, or are not wanted any more. */
  close?(): Promise<void>;
}

/** Finds images in one place. @see Mesos src/slave/containerizer/mesos/provisioner/docker/puller.hpp */
export interface Puller {
  /** @throws {ImageError} */
  find(reference: ImageReference, accounts: DockerAccounts, signal: AbortSignal): Promise<PullableImage>;
  close(): Promise<void>;
}
