import type { Digest } from '../docker/digest.ts';
import type { LayerRecord } from './layer-record.ts';
import type { LayerLimits } from './layer-writer.ts';

/** A part of a file: a blob by itself, or a member of an archive of images. */
export interface FilePart {
  readonly path: string;
  /** In bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

/** What the thread that unpacks is to do. */
export interface UnpackJob {
  readonly blob: FilePart;
  /** The digest of the blob as it is; undefined when there is none, or when it was verified before. */
  readonly digest: Digest | undefined;
  /** The digest of its contents, without compression. */
  readonly diffId: Digest;
  /** An empty directory, which gets the layer and its record. */
  readonly directory: string;
  /** Makes whiteouts in the form of overlay, which needs root. */
  readonly overlay: boolean;
  readonly limits: LayerLimits;
}

/** How it ended. */
export type UnpackResult =
  | { readonly type: 'unpacked'; readonly record: LayerRecord }
  | { readonly type: 'digest'; readonly expected: Digest; readonly found: Digest }
  | { readonly type: 'failed'; readonly message: string; readonly entry?: string; readonly code?: string };
