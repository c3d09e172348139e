/** The agent's flags that containerizers and isolators look at, by their names on the command line. */
export interface ContainerizerFlags {
  readonly isolation: readonly string[];
  readonly runtime_dir: string;
  /** What relative URIs are below. */
  readonly frameworks_home: string;
  readonly hadoop_home?: string | undefined;
  /** Milliseconds. */
  readonly fetcher_stall_timeout: number;
}
