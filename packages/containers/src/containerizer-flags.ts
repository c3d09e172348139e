/** The agent's flags that containerizers and isolators read, by their names on the command line. */
export interface ContainerizerFlags {
  readonly isolation: readonly string[];
  readonly runtime_dir: string;
  /** The directory that relative URIs are resolved in. */
  readonly frameworks_home: string;
  readonly hadoop_home?: string | undefined;
  /** Milliseconds. */
  readonly fetcher_stall_timeout: number;
}
