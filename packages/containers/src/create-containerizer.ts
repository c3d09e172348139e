import { ComposingContainerizer } from './composing.ts';
import type { Containerizer } from './containerizer.ts';
import { Fetcher } from './fetcher/fetcher.ts';
import { MesosContainerizer } from './mesos/containerizer.ts';
import { IsolatorChain } from './mesos/isolators/isolator-chain.ts';
import { type IsolatorModules, makeIsolators } from './mesos/isolators/make-isolators.ts';
import type { IsolatorParts } from './mesos/isolators/table.ts';
import { PosixLauncher } from './mesos/launchers/posix.ts';

/** What containerizers are made from. */
export interface ContainerizerParts extends IsolatorParts {
  /** Isolators that `--isolation` may name besides those that are built in. */
  readonly modules: IsolatorModules;
  /** Containers end with this process, however that ends. */
  readonly endsContainers: boolean;
}

/**
 * Makes the containerizers of `--containerizers` as one, which the caller closes. Nothing runs before its `recover`.
 *
 * @throws {IsolationError} and what making an isolator throws: the agent must not start. Nothing is left open then.
 */
export async function createContainerizer(parts: ContainerizerParts): Promise<Containerizer> {
  const { flags, modules, endsContainers, log } = parts;
  const isolators = new IsolatorChain(await makeIsolators(flags.isolation, modules, parts), log);
  const launcher = new PosixLauncher({
    runtimeDirectory: flags.runtime_dir,
    endsContainers,
    onWarning: message => log.warning(message),
  });
  const fetcher = new Fetcher({
    frameworksHome: flags.frameworks_home,
    stallTimeoutMs: flags.fetcher_stall_timeout,
    ...(flags.hadoop_home === undefined ? {} : { hadoopHome: flags.hadoop_home }),
  });
  const mesos = new MesosContainerizer({ ...parts, launcher, fetcher, isolators, runtimeDirectory: flags.runtime_dir });
  return new ComposingContainerizer([mesos]);
}
