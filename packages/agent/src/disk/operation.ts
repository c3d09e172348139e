/** One change on disk. Paths are absolute and come from `Paths`. */
export type DiskOperation =
  /**
   * With its parents, all private to the agent's user; `leadsToSandbox`: others may pass through, for tasks run as other
   * users. `mode` (only when it is made) and `owner` are those of the last directory.
   */
  | {
      readonly type: 'mkdir';
      readonly path: string;
      readonly leadsToSandbox?: true;
      readonly mode?: number;
      readonly owner?: Owner;
    }
  /** A new small file. When the agent ends in between it is incomplete, or not there. */
  | { readonly type: 'write'; readonly path: string; readonly data: Uint8Array | string }
  /**
   * A whole file, through a temporary one, so that readers see all of it or the one before.
   * `sync`: it survives a loss of power from then on.
   */
  | { readonly type: 'replace'; readonly path: string; readonly data: Uint8Array | string; readonly sync?: boolean }
  /** Makes an empty file when there is none. Default mode 0o600, as of all files. */
  | { readonly type: 'touch'; readonly path: string; readonly mode?: number; readonly owner?: Owner }
  /** At the end of a file; all of it or, when that fails, nothing. `sync` as above, many files at once. */
  | { readonly type: 'append'; readonly path: string; readonly data: Uint8Array | string; readonly sync?: boolean }
  /** A symbolic link, in place of one there is. */
  | { readonly type: 'symlink'; readonly path: string; readonly target: string }
  /** Sets the modification time of a directory to now. A missing one is no error. */
  | { readonly type: 'renew'; readonly path: string }
  /** Moves a directory to a new name on the same file system. A missing one is no error. */
  | { readonly type: 'move'; readonly path: string; readonly target: string }
  /** Removes a file, or a directory with its contents. A missing one is no error. */
  | { readonly type: 'remove'; readonly path: string };

/** Numeric ids. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A change that failed. What the same job changed before stays changed. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  /** As in `ENOSPC`. */
  readonly code: string;
  readonly path: string;

  constructor(operation: string, path: string, code: string, reason: string) {
    super(`Failed to ${operation} '${path}': ${reason}`);
    this.code = code;
    this.path = path;
  }
}
