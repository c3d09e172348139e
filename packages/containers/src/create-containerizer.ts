import type { Parameter } from '@meseta/protocol';
import { ComposingContainerizer } from './composing.ts';
import type { Containerizer } from './containerizer.ts';
import type { ContainerizerFlags } from './containerizer-flags.ts';
import type { DockerContainerizerFlags } from './docker/create.ts';
import { createExternalContainerizer, type ExternalFlags, type ExternalParts } from './external/create.ts';
import { CacheFiles } from './fetcher/cache/cache-files.ts';
import { Fetcher } from './fetcher/fetcher.ts';
import { hadoopHomeOf } from './fetcher/hadoop.ts';
import type { FetchPlugin } from './fetcher/plugin.ts';
import { enterAgentCgroups } from './mesos/cgroups/agent-cgroups.ts';
import { Cgroups } from './mesos/cgroups/cgroups.ts';
import { earlierRoots, recordRoot } from './mesos/cgroups/earlier-roots.ts';
import { MesosContainerizer } from './mesos/containerizer.ts';
import { IsolatorChain } from './mesos/isolators/isolator-chain.ts';
import type { IsolatorParts } from './mesos/isolators/isolator-parts.ts';
import { type IsolatorModules, launcherFor, makeIsolators } from './mesos/isolators/make-isolators.ts';
import { LinuxLauncher } from './mesos/launchers/linux.ts';
import { PosixLauncher } from './mesos/launchers/posix.ts';
import { type LoggerSettings, readLoggerSettings } from './mesos/logs/logger-settings.ts';
import { createProvisioner } from './mesos/provisioner/create-provisioner.ts';

/** The container loggers of `--modules`. */
export interface LoggerModules {
  /** Returns the parameters of a module; undefined when no logger has the name. */
  loggerParameters(name: string): readonly Parameter[] | undefined;
}

/** What containerizers need of the agent. */
export interface ContainerizerParts extends IsolatorParts {
  readonly flags: ContainerizerFlags &
    ExternalFlags &
    DockerContainerizerFlags & { readonly containerizers: readonly string[] };
  /** The isolators of modules, which `--isolation` may name besides the built-in ones. */
  readonly modules: IsolatorModules & LoggerModules;
  /** For URIs of schemes that the agent does not fetch by itself. */
  readonly fetchPlugins: readonly FetchPlugin[];
  /** Containers are killed when this process ends for any reason. */
  readonly endsContainers: boolean;
  /** For `--containerizers=external`. */
  readonly external: ExternalParts;
}

/**
 * Checks `--container_logger`. Creates nothing.
 *
 * @throws {LoggerSettingsError} the agent must not start.
 */
export function checkContainerLogger(
  { container_logger: name }: Pick<ContainerizerFlags, 'container_logger'>,
  modules: LoggerModules,
): LoggerSettings | undefined {
  return readLoggerSettings(name, name === undefined ? [] : modules.loggerParameters(name));
}

const isRoot = () => process.geteuid?.() === 0;

/**
 * Creates the containerizers of `--containerizers`, combined into one, which the caller closes. Nothing runs before its
 * `recover`.
 *
 * @throws {IsolationError} {CgroupError} {ExternalContainerizerError} and errors of creating an isolator: the agent must not start.
 *   Nothing is left open then.
 */
export async function createContainerizer(parts: ContainerizerParts): Promise<Containerizer> {
  const { flags, log } = parts;
  const asksOldWay = flags.isolation.includes('external');
  if (asksOldWay) log.warning("--isolation=external is deprecated; use '--containerizers=external'");
  const names = asksOldWay ? ['external'] : flags.containerizers;
  // First, because it opens nothing.
  const external = names.includes('external') ? createExternalContainerizer(parts, parts.external) : undefined;
  const made: Containerizer[] = [];
  const fetcher = names.some(name => name !== 'external') ? await createFetcher(parts) : undefined;
  try {
    for (const name of names) {
      if (name === 'external' && external) made.push(external);
      else if (fetcher) made.push(await makers[name === 'docker' ? 'docker' : 'mesos'](parts, fetcher));
    }
  } catch (error) {
    await Promise.all(made.map(each => each.close()));
    await fetcher?.close();
    throw error;
  }
  return new ComposingContainerizer(made);
}

const makers = { docker: createDocker, mesos: createMesos };

/** @param fetcher is closed by the containerizer. */
async function createDocker(parts: ContainerizerParts, fetcher: Fetcher): Promise<Containerizer> {
  const { createDockerContainerizer } = await import('./docker/create.ts'); // most agents have none
  return createDockerContainerizer(parts, fetcher, checkContainerLogger(parts.flags, parts.modules));
}

/** @param fetcher is closed by the containerizer. */
async function createMesos(parts: ContainerizerParts, fetcher: Fetcher): Promise<Containerizer> {
  const { modules, endsContainers, log } = parts;
  const flags = { ...parts.flags, isolation: withNetworks(parts.flags) };
  const kind = launcherFor(flags);
  const logger = checkContainerLogger(flags, modules);
  const { agent_subsystems = [] } = flags;
  // With the posix launcher, for containers of an earlier agent that had the other one.
  const uses = isRoot() || agent_subsystems.length > 0;
  const onWarning = (message: string) => log.warning(message);
  const found = uses ? await openCgroups(flags, onWarning) : undefined;
  if (found) await enterAgentCgroups(found, agent_subsystems); // before anything is started, which inherits it
  const cgroups = kind === 'linux' ? found : undefined;
  const options = { runtimeDirectory: flags.runtime_dir, endsContainers, onWarning };
  const launcher = cgroups
    ? new LinuxLauncher({ ...options, cgroups })
    : new PosixLauncher({ ...options, cgroups: found });
  const provisioner = await createProvisioner(parts);
  const isolators = await makeIsolators(flags.isolation, modules, { ...parts, cgroups, provisioner }).catch(
    async error => {
      await provisioner?.close();
      await launcher.close();
      await found?.close();
      throw error;
    },
  );
  return new MesosContainerizer({
    ...parts,
    ...{ logger, launcher, fetcher, provisioner, isolators: new IsolatorChain(isolators, log) },
    runtimeDirectory: flags.runtime_dir,
    sandboxDirectory: flags.sandbox_directory,
  });
}

async function createFetcher({ flags, fetchPlugins: plugins, log, metrics }: ContainerizerParts): Promise<Fetcher> {
  const { fetcher_cache_dir: directory, fetcher_cache_size: totalBytes = 0 } = flags;
  const hadoopHome = hadoopHomeOf(flags);
  const onWarning = (message: string) => log.warning(message);
  const files = directory === undefined ? undefined : await CacheFiles.open(directory, onWarning);
  const fetcher = new Fetcher({
    frameworksHome: flags.frameworks_home,
    stallTimeoutMs: flags.fetcher_stall_timeout,
    plugins,
    ...(hadoopHome !== undefined && { hadoopHome }),
    ...(files !== undefined && { cache: { files, totalBytes, onWarning } }),
  });
  metrics.gauge('containerizer/fetcher/cache_size_total_bytes').set(totalBytes);
  metrics.gauge('containerizer/fetcher/cache_size_used_bytes', () => fetcher.cacheUsedBytes);
  return fetcher;
}

/** Networks that the flags describe are there, whether or not `--isolation` names their isolator. As in Mesos. */
function withNetworks({ isolation, network_cni_config_dir }: ContainerizerFlags): readonly string[] {
  const missing = network_cni_config_dir !== undefined && !isolation.includes('network/cni');
  return missing ? [...isolation, 'network/cni'] : isolation;
}

async function openCgroups(flags: ContainerizerFlags, onWarning: (message: string) => void): Promise<Cgroups> {
  const { runtime_dir, cgroups_root } = flags;
  await recordRoot(runtime_dir, cgroups_root, onWarning);
  return Cgroups.open(flags, await earlierRoots(runtime_dir, cgroups_root));
}
