import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandInfo, ContainerStatus, ResourceStatistics } from '@meseta/protocol';
import type { ContainerId } from '../container-id.ts';
import type { Containerizer, ContainerLaunch, ContainerResources, Recovery, Termination } from '../containerizer.ts';
import { LaunchError } from '../errors.ts';
import type { Launcher, RecoveredContainer } from './launcher.ts';
import { containerPath } from './paths.ts';
import { resourceStatistics } from './statistics.ts';

/** @see Mesos 3rdparty/stout, os::host_default_path */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface MesosContainerizerOptions {
  readonly launcher: Launcher;
  /** The agent's `--runtime_dir`, the launcher's as well. */
  readonly runtimeDirectory: string;
  readonly onWarning?: (message: string) => void;
}

/**
 * The built-in containerizer: plain processes started by a launcher.
 *
 * @see Mesos src/slave/containerizer/mesos/containerizer.cpp
 */
export class MesosContainerizer implements Containerizer {
  readonly name = 'mesos';
  readonly #launcher: Launcher;
  readonly #runtimeDirectory: string;
  readonly #onWarning: (message: string) => void;
  readonly #resources = new Map<ContainerId, ContainerResources>();

  constructor({ launcher, runtimeDirectory, onWarning = () => {} }: MesosContainerizerOptions) {
    this.#launcher = launcher;
    this.#runtimeDirectory = runtimeDirectory;
    this.#onWarning = onWarning;
  }

  async recover(known: Iterable<ContainerId>): Promise<Recovery> {
    const wanted = new Set(known);
    const containers = new Map<ContainerId, RecoveredContainer>();
    const orphans: ContainerId[] = [];
    for (const [id, container] of await this.#launcher.recover()) {
      if (wanted.has(id)) containers.set(id, container);
      else orphans.push(id);
    }
    for (const id of orphans) {
      this.remove(id).catch(error =>
        this.#onWarning(`Orphaned container ${id} could not be removed: ${error.message}`),
      );
    }
    return { containers, orphans };
  }

  async launch(
    id: ContainerId,
    { config, environment, checkpoint }: ContainerLaunch,
  ): Promise<'launched' | 'not-supported'> {
    const { command_info: command, container_info: container, directory, user, resources = [] } = config;
    if (container?.type === 'DOCKER') return 'not-supported';
    if (container?.mesos?.image !== undefined || config.rootfs !== undefined) {
      throw new LaunchError('INVALID', `Cannot launch container ${id}: images are not supported by this containerizer`);
    }
    if (container?.rlimit_info?.rlimits?.length) {
      throw new LaunchError(
        'INVALID',
        `Cannot launch container ${id}: resource limits (rlimit_info) are not built yet`,
      );
    }
    await this.#launcher.launch(id, {
      ...program(command),
      environment: { PATH: defaultPath, MESOS_SANDBOX: directory, ...environment, ...variables(id, command) },
      workingDirectory: directory,
      stdout: join(directory, 'stdout'),
      stderr: join(directory, 'stderr'),
      ...(user !== undefined && { user }),
      ...(checkpoint !== undefined && { checkpoint }),
    });
    const limits = Object.entries(config.limits ?? {}).map(([name, limit]) => [name, limit.value] as const);
    this.#resources.set(id, { resources, limits: Object.fromEntries(limits) });
    return 'launched';
  }

  async update(id: ContainerId, resources: ContainerResources): Promise<void> {
    if (this.#launcher.wait(id) !== undefined) this.#resources.set(id, resources);
  }

  wait(id: ContainerId): Promise<Termination> | undefined {
    return this.#launcher.wait(id)?.then(exit => ({ exit }));
  }

  drained(id: ContainerId): Promise<void> {
    return this.#launcher.drained(id);
  }

  signal(id: ContainerId, signal: NodeJS.Signals): Promise<number> {
    return this.#launcher.signal(id, signal);
  }

  destroy(id: ContainerId): Promise<void> {
    return this.#launcher.destroy(id);
  }

  async remove(id: ContainerId): Promise<void> {
    await this.#launcher.remove(id);
    this.#resources.delete(id);
    await rm(containerPath(this.#runtimeDirectory, id), { recursive: true, force: true });
  }

  async usage(id: ContainerId): Promise<ResourceStatistics | undefined> {
    const usage = await this.#launcher.usage(id);
    if (usage === undefined) return undefined;
    const { processes, threads } = usage;
    return { ...resourceStatistics(usage, this.#resources.get(id), Date.now() / 1000), processes, threads };
  }

  async status(id: ContainerId): Promise<ContainerStatus | undefined> {
    if (this.#launcher.wait(id) === undefined) return undefined;
    const pid = this.#launcher.pid(id);
    return { container_id: { value: id }, ...(pid !== undefined && { executor_pid: pid }) };
  }

  close(): Promise<void> {
    return this.#launcher.close();
  }
}

/** `shell` (the default) has /bin/sh run the value; else the value is the program and `arguments` all of argv. */
function program(command: CommandInfo): { file: string; argv: readonly string[] } {
  const value = command.value ?? '';
  if (command.shell ?? true) return { file: '/bin/sh', argv: ['sh', '-c', value] };
  return { file: value, argv: command.arguments?.length ? command.arguments : [value] };
}

function variables(id: ContainerId, command: CommandInfo): Record<string, string> {
  const entries = (command.environment?.variables ?? []).map(({ name, type, value }) => {
    if (type !== 'SECRET') return [name, value ?? ''];
    throw new LaunchError(
      'INVALID',
      `Cannot launch container ${id}: variable ${name} is a secret, nothing resolves secrets`,
    );
  });
  return Object.fromEntries(entries);
}
