import {
  ComposingContainerizer,
  type Containerizer,
  Fetcher,
  type Launcher,
  MesosContainerizer,
  PosixLauncher,
} from '@meseta/containers';
import type { IsolatorChain } from '@meseta/containers/isolators';
import type { Clock, Logger, Metrics } from '@meseta/daemon';
import type { AgentFlags } from './flags.ts';

/** What containerizers are made of. */
export interface ContainerizerParts {
  readonly flags: AgentFlags;
  readonly isolators: IsolatorChain;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Containers end with this process, however that ends. */
  readonly endsContainers: boolean;
}

/** Makes the containerizers of `--containerizers` as one, which the caller closes. */
export function createContainerizer({ flags, endsContainers, ...parts }: ContainerizerParts): Containerizer {
  const launcher: Launcher = new PosixLauncher({
    runtimeDirectory: flags.runtime_dir,
    endsContainers,
    onWarning: message => parts.log.warning(message),
  });
  const fetcher = new Fetcher({
    frameworksHome: flags.frameworks_home,
    stallTimeoutMs: flags.fetcher_stall_timeout,
    ...(flags.hadoop_home === undefined ? {} : { hadoopHome: flags.hadoop_home }),
  });
  const mesos = new MesosContainerizer({ ...parts, launcher, fetcher, runtimeDirectory: flags.runtime_dir });
  return new ComposingContainerizer([mesos]);
}
