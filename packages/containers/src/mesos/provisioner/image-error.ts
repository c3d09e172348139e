import { redactUrl } from '@meseta/telemetry';

/**
 * Why a container did not get its image.
 *
 * - `INVALID`: the image's name, its credentials or its own description can never work
 * - `UNSUPPORTED`: a kind of image that is not built (AppC, schema 1, another platform, a foreign layer)
 * - `NOT_FOUND`: the registry or the directory has no such image
 * - `UNAUTHORIZED`: the registry wants an account, or does not give the image to this one
 * - `REGISTRY`: the registry could not be reached, broke off too often, or answered with something else
 * - `DIGEST`: contents do not have the digest that they were asked for by
 * - `LAYER`: a layer could not be unpacked; `entry` names the entry of the archive
 * - `DISK`: the disk is full, or a file of the store could not be read or written
 * - `BACKEND`: the root file system could not be put together
 * - `CANCELLED`: no container waits for the image any more
 */
export type ImageErrorCode =
  | 'INVALID'
  | 'UNSUPPORTED'
  | 'NOT_FOUND'
  | 'UNAUTHORIZED'
  | 'REGISTRY'
  | 'DIGEST'
  | 'LAYER'
  | 'DISK'
  | 'BACKEND'
  | 'CANCELLED';

/**
 * A container did not get its image. The message is for the task's owner: it names the image, what happened and what to
 * do. Users and passwords of URLs are removed.
 */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly code: ImageErrorCode;
  /** The entry of a layer's archive; only with `LAYER`. */
  readonly entry: string | undefined;

  constructor(
    code: ImageErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly entry?: string | undefined } = {},
  ) {
    super(redactUrl(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.entry = options.entry;
  }

  /** Returns the same error with the image's name in front. */
  of(image: string): ImageError {
    return new ImageError(this.code, `Image '${image}': ${this.message}`, { cause: this, entry: this.entry });
  }
}

/** Creates the error of work that no container waits for any more. */
export function cancelled(): ImageError {
  return new ImageError('CANCELLED', 'The container was destroyed while its image was fetched');
}
