/** The directory and behaviour of a launcher. */
export interface ShimLauncherOptions {
  /** The agent's `--runtime_dir`. Its files are of no use after a reboot, so it may be on a temporary file system. */
  readonly runtimeDirectory: string;
  /** Containers are killed when this process ends for any reason; otherwise they wait for the next agent. */
  readonly endsContainers?: boolean;
  /** Receives warnings for the operator that no caller gets. */
  readonly onWarning?: (message: string) => void;
  /**
   * The number of launches between fork and exec at a time, by default 16. More would not be faster, and the daemon would have
   * to wait for a processor.
   */
  readonly launchesInFlight?: number;
  /** How long a container may take until its process waits for `go`. Default: a minute, as executors have to register. */
  readonly setUpTimeoutMs?: number;
  /** How long a shim without a container waits for the next one before it ends, in whole seconds. Default: 1. */
  readonly idleSeconds?: number;
}
