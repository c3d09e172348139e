/**
 * What a directory cannot say of a layer, or only as root: stored beside it in `layer.json`. Paths are bytes, one
 * character each, relative to the layer.
 */
export interface LayerRecord {
  /** The format of this record. */
  readonly format: 1;
  /** Paths that hide the same path of lower layers. */
  readonly whiteouts: readonly string[];
  /** Directories that hide the contents of the same directory in lower layers. */
  readonly opaque: readonly string[];
  /** Extended attributes: path, name, and value in hexadecimal digits. */
  readonly xattrs: readonly (readonly [path: string, name: string, value: string])[];
  /** The size of all files, in bytes. */
  readonly bytes: number;
  readonly entries: number;
  /** What was left out because this process is not root: the number of devices. */
  readonly skippedDevices: number;
}

/** The names in the directory of a layer. */
export const layerNames = { rootfs: 'rootfs', record: 'layer.json' } as const;
