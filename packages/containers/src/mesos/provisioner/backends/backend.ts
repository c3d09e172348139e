import type { LayerRecord } from '../unpack/layer-record.ts';

/** The root file system of a container: either ready to be used, or to be mounted by the launcher. */
export type Rootfs =
  | {
      readonly backend: 'overlay';
      /** An empty directory to mount it on, in the container's own mount namespace. */
      readonly target: string;
      /** Layers, the topmost first, as in the option `lowerdir`. Never changed; shared between containers. */
      readonly lowerdirs: readonly string[];
      /** Private to the container: what it changes. */
      readonly upperdir: string;
      readonly workdir: string;
      /** The options of mount(2), escaped; at most 4095 bytes. */
      readonly options: string;
    }
  | {
      readonly backend: 'copy';
      /** The directory with all files. */
      readonly target: string;
    };

/** A layer as the store has it. */
export interface Layer {
  /** The directory with its contents and its record. */
  readonly directory: string;
  /** A short path of its contents. */
  readonly link: () => Promise<string>;
}

/** What a backend puts together. */
export interface BackendRequest {
  /** Lowest first. */
  readonly layers: readonly Layer[];
  /** An existing directory of the container, `…/backends/<name>`. */
  readonly directory: string;
  /** The id of the root file system, which is unique in the container. */
  readonly id: string;
  readonly signal: AbortSignal;
}

/**
 * Puts root file systems together. What it makes is below `directory` of the request, which the caller removes.
 *
 * @see Mesos src/slave/containerizer/mesos/provisioner/backend.hpp
 */
export interface Backend {
  readonly name: Rootfs['backend'];
  /** @throws {ImageError} `BACKEND` or `DISK` */
  provision(request: BackendRequest): Promise<Rootfs>;
}

/** The format of records that this version reads. */
export function isLayerRecord(value: unknown): value is LayerRecord {
  return (value as Partial<LayerRecord> | null)?.format === 1;
}
