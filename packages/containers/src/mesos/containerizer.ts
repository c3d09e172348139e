/**
 * Runs containers as process trees: isolators prepare a container, a launcher starts its processes.
 *
 * ```text
 * prepare (one isolator after the other) ─▶ fetch ─▶ fork ─▶ isolate ─▶ checkpoint ─▶ exec ─▶ watch … ─▶ cleanup (reverse)
 * ```
 *
 * @see Mesos src/slave/containerizer/mesos/containerizer.cpp
 */
import type { Socket } from 'node:net';
import type { ContainerConfig, ContainerStatus, Image, Resource, ResourceStatistics } from '@meseta/protocol';
import type { Clock, User } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import { type ContainerId, type ContainerKey, containerKey, parseContainerKey } from '../container-id.ts';
import type { ContainerIO } from '../container-io.ts';
import type {
  ConnectTarget,
  Containerizer,
  ContainerLaunch,
  KnownContainer,
  LaunchOptions,
  LaunchResult,
  RecoveredContainer,
  Recovery,
  Termination,
} from '../containerizer.ts';
import type { Environment } from '../environment.ts';
import { LaunchError } from '../errors.ts';
import type { Fetcher } from '../fetcher/fetcher.ts';
import type { ResourceLimits } from '../resource-limits.ts';
import { openSandbox } from '../sandboxes.ts';
import type { VolumeGids } from '../volumes/gids/volume-gids.ts';
import { ContainerConnections, hasOwnNetwork } from './connections/container-connections.ts';
import { type Container, mustBeWanted } from './container.ts';
import { ContainerLimits } from './container-limits.ts';
import { ContainerTree } from './container-tree.ts';
import { explained } from './explain-launch-error.ts';
import { withImage } from './image-of-container.ts';
import { type InheritedParts, inheritedParts, launchEnvironment } from './inherited.ts';
import { terminalLost } from './io/container-ios.ts';
import { StandardFiles } from './io/standard-files.ts';
import { terminalParts } from './io/terminal-parts.ts';
import type { IsolatorChain } from './isolators/isolator-chain.ts';
import { KeptEnvironments } from './kept-environments.ts';
import { type Launcher, pause } from './launcher.ts';
import type { LoggerSettings } from './logs/logger-settings.ts';
import { depth, mustRun, statesOf, withParents } from './nesting.ts';
import { program } from './program.ts';
import type { Provisioner } from './provisioner/provisioner.ts';
import type { SecretResolver } from './secrets.ts';
import { useOf } from './statistics.ts';
import { toLaunchPlan } from './to-launch-plan.ts';
import { unsupported, unsupportedParts } from './unsupported.ts';

/** The parts of a Mesos containerizer. */
export interface MesosContainerizerOptions {
  /** The containerizer closes the launcher, the fetcher and the isolators. */
  readonly launcher: Launcher;
  readonly fetcher: Fetcher;
  readonly isolators: IsolatorChain;
  /** Root file systems of images; undefined without `--image_providers`. The containerizer closes it. */
  readonly provisioner?: Provisioner | undefined;
  /** Of secrets by reference. */
  readonly secretResolver?: SecretResolver | undefined;
  /** Of volumes that containers share. */
  readonly volumeGids?: VolumeGids | undefined;
  /** `--sandbox_directory`: where a container with a root file system of its own sees its sandbox. */
  readonly sandboxDirectory?: string;
  /** What becomes of output; undefined: containers write to files. */
  readonly logger?: LoggerSettings | undefined;
  /** The agent's `--runtime_dir`. */
  readonly runtimeDirectory: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

const paused = { file: pause, argv: [] } as const;

/** The containerizer of process trees. See the top of this file. */
export class MesosContainerizer implements Containerizer {
  readonly name = 'mesos';
  readonly isolates: boolean;
  readonly #options: MesosContainerizerOptions;
  readonly #environments: KeptEnvironments;
  readonly #files: StandardFiles;
  readonly #connections: ContainerConnections;
  readonly #containers = new ContainerTree();
  readonly #limits: ContainerLimits;
  #closed: Promise<void> | undefined;

  constructor(options: MesosContainerizerOptions) {
    this.#options = options;
    this.#environments = new KeptEnvironments(options.runtimeDirectory, options.log);
    const { isolators, log } = options;
    this.#limits = new ContainerLimits({ isolators, log, destroy: id => this.destroy(id) });
    this.#files = new StandardFiles({
      ...{ runtimeDirectory: options.runtimeDirectory, logger: options.logger, log: options.log },
      onTerminalLost: key => this.#limits.end(this.#containers.get(key), terminalLost),
    });
    this.#connections = new ContainerConnections({
      runtimeDirectory: options.runtimeDirectory,
      onWarning: problem => options.log.warning('Connections to containers have a problem', { problem }),
    });
    this.isolates = options.isolators.names.length > 0;
  }

  refuses(config: ContainerConfig): string | undefined {
    const { isolators, provisioner } = this.#options;
    return unsupported(config, new Set(['terminal', ...isolators.provides, ...(provisioner?.provides ?? [])]));
  }

  mountsVolumes(): boolean {
    return this.#options.isolators.mountsVolumes;
  }

  async recover(known: readonly KnownContainer[]): Promise<Recovery> {
    const { launcher, isolators } = this.#options;
    const found = await launcher.recover();
    const kept = await this.#environments.retain(new Set(found.keys()));
    const wanted = withParents(known, found);
    const containers = new Map<ContainerKey, RecoveredContainer>();
    for (const { id, user, environment } of wanted) {
      const key = containerKey(id);
      const recovered = found.get(key);
      const container = this.#add(id, true);
      container.user = user;
      container.keepsEnvironment = kept.has(key);
      const inherited = kept.has(key) && recovered?.running ? await this.#environments.read(key) : undefined;
      container.environment = inherited?.environment ?? environment;
      container.workingDirectory = inherited?.workingDirectory;
      if (recovered) containers.set(key, recovered);
    }
    const orphans = [...found.keys()].filter(key => !this.#containers.get(key)).map(parseContainerKey);
    orphans.sort((a, b) => depth(a) - depth(b));
    for (const id of orphans) this.#add(id, true).keepsEnvironment = kept.has(containerKey(id));
    await this.#options.provisioner?.recover(this.#containers.keys());
    // Isolators recover all containers before anything else happens to one of them.
    await isolators.recover(statesOf(wanted, containers), orphans);
    await this.#files.recover(containers, found);
    for (const [key, { running }] of containers) if (running) this.#limits.watch(this.#containers.get(key));
    return { containers, orphans };
  }

  async launch(id: ContainerId, launch: ContainerLaunch, options: LaunchOptions = {}): Promise<LaunchResult> {
    const problem = this.refuses(launch.config);
    if (problem !== undefined) return { unsupported: problem };
    const key = containerKey(id);
    if (this.#containers.get(key)) throw new LaunchError('EXISTS', `Container ${key} was launched before`);
    if (id.parent) mustRun(id.parent, this.#containers.get(id.parent), this.#options.launcher);
    const container = this.#add(id, launch.config.container_class !== 'DEBUG');
    const launching = this.#launch(container, launch, options);
    container.launching = launching.then(
      () => undefined,
      () => undefined,
    );
    try {
      return { pid: await launching };
    } catch (error) {
      await this.destroy(id);
      await this.#files.abandon(key);
      await this.#drop(container);
      throw explained(error, container.limitation);
    } finally {
      await container.sandbox?.close();
      container.sandbox = undefined;
    }
  }

  /** @returns the pid of its first process. */
  async #launch(container: Container, launch: ContainerLaunch, options: LaunchOptions): Promise<number> {
    const { isolators, launcher, provisioner, sandboxDirectory, secretResolver } = this.#options;
    const { id, isolated } = container;
    const { config, mounts } = await withImage(id, launch.config, isolated ? provisioner : undefined).catch(error => {
      mustBeWanted(container);
      throw error;
    });
    mustBeWanted(container);
    const info = isolated && this.isolates ? await isolators.prepare(id, config) : {};
    const unbuilt = unsupportedParts(info);
    if (unbuilt !== undefined) throw new LaunchError('INVALID', unbuilt);
    mustBeWanted(container);
    const inherited = await this.#inherited(container);
    const variables = await launchEnvironment(inherited.environment, launch, info, secretResolver);
    mustBeWanted(container); // a resolver may take long
    const user = config.user ?? inherited.user;
    if (isolated) container.user = user;
    if (id.parent && isolated && !options.io) container.sandbox = await openSandbox(config.directory, id, undefined);
    const directory = container.sandbox?.path ?? config.directory;
    const placed = { ...launch, config: { ...config, directory } };
    const files = await this.#files.open(id, placed, { ...options, user });
    const terminal = terminalParts(files.terminal, info.root !== undefined);
    const plan = toLaunchPlan({
      ...info,
      planned_mounts: [...mounts, ...(info.planned_mounts ?? []), ...terminal.mounts],
    });
    const command = launch.pauses ? paused : program(info.command ?? config.command_info);
    const sandbox = config.rootfs === undefined ? config.directory : (sandboxDirectory ?? config.directory);
    mustBeWanted(container);
    if (isolated) this.#limits.watch(container);
    const environment = {
      ...terminal.environment,
      ...variables,
      ...((config.rootfs !== undefined || (id.parent && isolated)) && { MESOS_SANDBOX: sandbox }),
    };
    container.workingDirectory = info.working_directory ?? inherited.workingDirectory ?? sandbox;
    const { workingDirectory } = container;
    await this.#fetch(container, launch);
    await options.fetched?.();
    if (options.keepsEnvironment) await this.#keep(container, environment);
    mustBeWanted(container);
    if (isolated) container.environment ??= environment;
    const isolate = isolated && this.isolates;
    const checkpoint = async (pid: number) => {
      files.opened?.();
      await options.checkpoint?.(pid);
      if (isolate) await isolators.isolate(id, pid);
    };
    const { pid } = await launcher.launch(containerKey(id), {
      ...command,
      environment,
      workingDirectory,
      ...{ stdin: files.stdin, stdout: files.stdout, stderr: files.stderr },
      ...(user !== undefined && { user }),
      groups: [...inherited.groups, ...(launch.groups ?? []), ...(info.supplementary_groups ?? [])],
      ...(id.parent && !isolated && { inside: containerKey(id.parent) }),
      plan,
      ...((options.checkpoint || isolate || files.opened) && { checkpoint }),
    });
    files.launched?.();
    return pid;
  }

  #inherited(container: Container): Promise<InheritedParts> {
    const { parent } = container.id;
    const around = parent && this.#containers.get(parent);
    const { launcher, volumeGids } = this.#options;
    return inheritedParts(container, around, parent && launcher.programPid(containerKey(parent)), volumeGids);
  }

  async #keep(container: Container, environment: Environment): Promise<void> {
    container.keepsEnvironment = true;
    container.environment = environment;
    await this.#environments.write(containerKey(container.id), {
      environment,
      workingDirectory: container.workingDirectory,
    });
  }

  async #fetch(container: Container, { config }: ContainerLaunch): Promise<void> {
    const { fetcher, metrics } = this.#options;
    const { uris = [] } = config.command_info;
    if (uris.length === 0) return;
    mustBeWanted(container);
    const { id } = container;
    const { user, directory: sandbox } = config;
    const open = (owner: User | undefined) => openSandbox(sandbox, id, owner);
    try {
      await fetcher.fetch(containerKey(id), { uris, sandbox, open, ...(user !== undefined && { user }) });
      metrics.counter('containerizer/fetcher/task_fetches_succeeded').increment();
    } catch (error) {
      metrics.counter('containerizer/fetcher/task_fetches_failed').increment();
      throw error;
    }
  }

  mountVolumes(id: ContainerId, resources: readonly Resource[]): Promise<void> {
    return this.#options.isolators.mountVolumes(id, resources);
  }

  async update(id: ContainerId, resources: readonly Resource[], limits: ResourceLimits): Promise<void> {
    if (this.isolates) await this.#options.isolators.update(id, resources, limits);
  }

  async usage(id: ContainerId): Promise<ResourceStatistics | undefined> {
    const { launcher, isolators, clock } = this.#options;
    const key = containerKey(id);
    if (!launcher.hasProcesses(key)) return undefined;
    const timestamp = clock.now() / 1000;
    const measured = this.isolates ? await isolators.usage(id) : {};
    // The kernel has counted all that matters: there is no need to look at every process.
    const { cpus_user_time_secs, mem_rss_bytes } = measured;
    if (cpus_user_time_secs !== undefined && mem_rss_bytes !== undefined) return { timestamp, ...measured };
    const usage = await launcher.usage(key);
    return usage && { ...useOf(usage, timestamp), ...measured };
  }

  async status(id: ContainerId): Promise<ContainerStatus> {
    const pid = this.pid(id);
    const ofIsolators = pid !== undefined && this.isolates ? await this.#options.isolators.status(id) : {};
    return { container_id: id, ...(pid !== undefined && { executor_pid: pid }), ...ofIsolators };
  }

  attach(id: ContainerId): ContainerIO | undefined {
    return this.#files.get(containerKey(id));
  }

  connect(id: ContainerId, to: ConnectTarget, signal: AbortSignal): Promise<Socket> | undefined {
    const { launcher } = this.#options;
    const pid = this.pid(id);
    if (pid !== undefined && !hasOwnNetwork(pid)) return undefined;
    return this.#connections.connect(launcher.programPid(containerKey(id)), to, signal);
  }

  pid(id: ContainerId): number | undefined {
    return this.#options.launcher.pid(containerKey(id));
  }

  wait(id: ContainerId): Promise<Termination> | undefined {
    const exit = this.#options.launcher.wait(containerKey(id));
    return exit?.then(async status => {
      await this.#files.flush(containerKey(id));
      const container = this.#containers.get(id);
      if (container?.isolated && this.isolates) await this.#limits.judge(container);
      const { destroying, limitation } = container ?? {};
      return { exit: status, ...(destroying && { destroyed: true }), ...(limitation && { limitation }) };
    });
  }

  drained(id: ContainerId): Promise<void> {
    return this.#options.launcher.drained(containerKey(id));
  }

  signal(id: ContainerId, signal: NodeJS.Signals): Promise<number> {
    return this.#options.launcher.signal(containerKey(id), signal);
  }

  signalFirst(id: ContainerId, signal: number): boolean {
    return this.#options.launcher.signalFirst(containerKey(id), signal);
  }

  async destroy(id: ContainerId): Promise<void> {
    const container = this.#containers.get(id);
    if (!container) return;
    container.destroying ??= this.#destroy(container);
    await container.destroying;
  }

  async #destroy(container: Container): Promise<void> {
    const { fetcher, launcher, isolators, provisioner, log } = this.#options;
    const key = containerKey(container.id);
    container.over?.abort();
    fetcher.cancel(key);
    provisioner?.cancel(key);
    await Promise.all([...container.children].map(child => this.destroy(child.id)));
    await launcher.destroy(key);
    await container.launching; // an isolator may delay it; the cleanup follows it
    const failed = (error: unknown) => log.error('Failed to clean up after a container', { error, container_id: key });
    if (container.isolated && this.isolates) await isolators.cleanup(container.id).catch(failed);
    await provisioner?.destroy(key);
  }

  async remove(id: ContainerId): Promise<void> {
    await this.destroy(id);
    const key = containerKey(id);
    const container = this.#containers.get(key);
    if (!container) return;
    await Promise.all([...container.children].map(child => this.remove(child.id)));
    await this.#options.launcher.remove(key);
    await this.#files.remove(key);
    await this.#drop(container);
  }

  async pruneImages(excluded: readonly Image[]): Promise<void> {
    await this.#options.provisioner?.prune(excluded);
  }

  *containers(): Iterable<ContainerId> {
    yield* this.#containers.ids();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { fetcher, launcher, isolators, provisioner } = this.#options;
    await this.#connections.close();
    await fetcher.close();
    await provisioner?.close();
    await launcher.close();
    await this.#files.close();
    this.#environments.close();
    await isolators.close();
  }

  #add(id: ContainerId, isolated: boolean): Container {
    return this.#containers.add(id, { isolated, isWatched: isolated && this.isolates });
  }

  async #drop(container: Container): Promise<void> {
    this.#containers.remove(container);
    if (container.keepsEnvironment) await this.#environments.remove(containerKey(container.id));
  }
}
