/** What the thread that copies is to do. */
export interface CopyJob {
  /** The directories of layers, with their contents and records; lowest first. */
  readonly layers: readonly string[];
  /** An empty directory. */
  readonly target: string;
}

/** How it ended. */
export type CopyResult =
  | { readonly type: 'copied'; readonly bytes: number }
  | { readonly type: 'failed'; readonly message: string; readonly code?: string };
