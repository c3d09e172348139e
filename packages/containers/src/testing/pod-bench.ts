/** For tests of nested containers: pods of real processes, with the isolators that an agent's flags would give them. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ContainerConfig, type ContainerInfo, checkId, type Resource, type Volume } from '@meseta/protocol';
import { allPids, readProcess, systemClock } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import { type ContainerId, containerKey } from '../container-id.ts';
import type { KnownContainer, LaunchOptions } from '../containerizer.ts';
import type { ContainerizerFlags } from '../containerizer-flags.ts';
import { Fetcher } from '../fetcher/fetcher.ts';
import { Cgroups } from '../mesos/cgroups/cgroups.ts';
import { testCgroupsRoot } from '../mesos/cgroups/testing/test-cgroups.ts';
import { MesosContainerizer } from '../mesos/containerizer.ts';
import { IsolatorChain } from '../mesos/isolators/isolator-chain.ts';
import { launcherFor, makeIsolators } from '../mesos/isolators/make-isolators.ts';
import { LinuxLauncher } from '../mesos/launchers/linux.ts';
import { PosixLauncher } from '../mesos/launchers/posix.ts';

const noModules = { names: [], hasIsolator: () => false, isolator: async () => undefined };

/** A scalar resource. */
export const scalar = (name: string, value: number): Resource => ({ name, type: 'SCALAR', scalar: { value } });

/** A container's description, with Linux's part of it. */
export const linux = (linux_info: ContainerInfo['linux_info'], more: Partial<ContainerInfo> = {}): ContainerInfo => ({
  type: 'MESOS',
  linux_info,
  ...more,
});

/** Users and groups that Debian has. */
const ids: Readonly<Record<string, number>> = { root: 0, daemon: 1, nobody: 65534 };

/** A volume that shows a directory in the sandbox of the parent. */
export const ofParent = (container_path: string, path: string, mode: Volume['mode'] = 'RW'): Volume => ({
  ...{ mode, container_path },
  source: { type: 'SANDBOX_PATH', sandbox_path: { type: 'PARENT', path } },
});

/** A program with many commands that needs no libraries. */
export const busybox = '/bin/busybox';

/** Makes a root file system with the commands of {@link busybox}, as that of an image. */
export function rootfsOf({ directory }: PodBench, name: string): { readonly rootfs: string } {
  const rootfs = join(directory, name);
  mkdirSync(join(rootfs, 'bin'), { recursive: true });
  copyFileSync(busybox, join(rootfs, 'bin/busybox'));
  const commands = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n').filter(Boolean);
  for (const command of commands) if (command !== 'busybox') symlinkSync('busybox', join(rootfs, 'bin', command));
  return { rootfs };
}

/** Pods of one agent, and the containerizers that follow one another, as those of restarted agents do. */
export class PodBench {
  readonly directory: string;
  readonly flags: ContainerizerFlags;
  /** That of the present agent, after `start`. */
  containerizer!: MesosContainerizer;
  readonly #all: MesosContainerizer[] = [];
  readonly #mark: string;
  readonly #known = new Map<string, KnownContainer>();

  /** @param more other flags of the agent. */
  static async open(t: TestContext, isolation: string, more: Partial<ContainerizerFlags> = {}): Promise<PodBench> {
    const bench = PodBench.make(t, isolation, () => more);
    await bench.start();
    return bench;
  }

  /** Makes a bench without a containerizer. */
  static make(
    t: TestContext,
    isolation: string,
    more: (directory: string) => Partial<ContainerizerFlags> = () => ({}),
  ): PodBench {
    const directory = mkdtempSync(join(tmpdir(), 'meseta-pods-'));
    const bench = new PodBench(directory, `${process.pid}`, isolation, more(directory));
    t.after(() => bench.#close());
    return bench;
  }

  /** @param mark ids end with it. */
  constructor(directory: string, mark: string, isolation: string, more: Partial<ContainerizerFlags>) {
    this.directory = directory;
    this.#mark = mark;
    this.flags = {
      ...{ cgroups_hierarchy: '/sys/fs/cgroup', cgroups_root: testCgroupsRoot, cgroups_destroy_timeout: 5000 },
      ...{ work_dir: join(directory, 'work'), runtime_dir: join(directory, 'runtime'), launcher: 'posix' },
      ...{ docker_registry: '', docker_store_dir: '', frameworks_home: '', fetcher_stall_timeout: 60_000 },
      ...{ sandbox_directory: '/mnt/mesos/sandbox', isolation: isolation === '' ? [] : isolation.split(',') },
      ...more,
    };
    mkdirSync(this.flags.work_dir, { recursive: true });
    chmodSync(directory, 0o755); // for tasks of other users
  }

  /** Starts the next agent's containerizer, which knows all containers of those before. */
  async start() {
    const { flags } = this;
    const log = silentLogger();
    const cgroups = launcherFor(flags) === 'linux' ? await Cgroups.open(flags) : undefined;
    const parts = { flags, cgroups, clock: systemClock, log, metrics: new Metrics() };
    const isolators = new IsolatorChain(await makeIsolators(flags.isolation, noModules, parts), log);
    const options = { runtimeDirectory: flags.runtime_dir };
    this.containerizer = new MesosContainerizer({
      launcher: cgroups ? new LinuxLauncher({ ...options, cgroups }) : new PosixLauncher(options),
      fetcher: new Fetcher({ stallTimeoutMs: 60_000 }),
      ...{ isolators, runtimeDirectory: flags.runtime_dir, sandboxDirectory: flags.sandbox_directory },
      ...{ log, clock: systemClock, metrics: new Metrics() },
    });
    this.#all.push(this.containerizer);
    return this.containerizer.recover([...this.#known.values()]);
  }

  /** Lets the next agent know a container that this process has not launched. */
  know(id: ContainerId): void {
    this.#known.set(containerKey(id), { id, directory: this.sandbox(id) });
  }

  /** Forgets a container, as an agent does that has lost its records. */
  forget(id: ContainerId): void {
    this.#known.delete(containerKey(id));
  }

  /** Where the agent has the sandbox of a container. */
  sandbox(id: ContainerId): string {
    return id.parent ? join(this.sandbox(id.parent), 'containers', id.value) : join(this.flags.work_dir, id.value);
  }

  /** Makes an id that no other test process has. */
  id(name: string, parent?: ContainerId): ContainerId {
    const value = checkId<'container'>(`${name}-${this.#mark}`);
    return parent ? { value, parent } : { value };
  }

  /** Launches a container that holds what those nested in it share. */
  async pod(name: string, container_info?: ContainerInfo, more: Partial<ContainerConfig> = {}): Promise<ContainerId> {
    const id = this.id(name);
    await this.#launch(id, '', { ...more, ...(container_info && { container_info }) }, true);
    return id;
  }

  /** Launches a container in a pod that runs a shell line. */
  async task(
    pod: ContainerId,
    name: string,
    line: string,
    container_info?: ContainerInfo,
    more: Partial<ContainerConfig> = {},
    options: LaunchOptions = {},
  ): Promise<ContainerId> {
    const id = this.id(name, pod);
    await this.#launch(id, line, { ...more, ...(container_info && { container_info }) }, false, options);
    return id;
  }

  async #launch(
    id: ContainerId,
    value: string,
    more: Partial<ContainerConfig>,
    pauses: boolean,
    options: LaunchOptions = {},
  ): Promise<void> {
    const isInside = more.container_class === 'DEBUG' && id.parent;
    const directory = this.sandbox(isInside || id);
    mkdirSync(directory, { recursive: true });
    const resources = more.resources ?? [scalar('cpus', 0.1), scalar('mem', 64)];
    const config: ContainerConfig = {
      ...{ directory, command_info: { value }, resources },
      ...(id.parent === undefined && { executor_info: { executor_id: { value: 'e' }, resources } }),
      ...more,
    };
    const out = join(directory, isInside ? id.value : 'stdout');
    writeFileSync(out, '');
    const owner = config.user === undefined ? undefined : ids[config.user];
    if (owner !== undefined) for (const each of [directory, out]) chownSync(each, owner, owner);
    const launch = { config, pauses, ...(!isInside && { environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } }) };
    this.#known.set(containerKey(id), { id, ...config } as KnownContainer);
    const result = await this.containerizer.launch(id, launch, { io: { stdout: out, stderr: out }, ...options });
    if ('unsupported' in result) throw new Error(result.unsupported);
  }

  /** Runs a shell line in a pod to its end. @returns what it has written. */
  async run(
    pod: ContainerId,
    name: string,
    line: string,
    container_info?: ContainerInfo,
    more: Partial<ContainerConfig> = {},
  ): Promise<string> {
    const id = await this.task(pod, name, line, container_info, more);
    await this.containerizer.wait(id);
    await this.containerizer.remove(id);
    this.forget(id);
    return this.output(id, more.container_class === 'DEBUG');
  }

  /** @param isInside it has run inside of another container, in the sandbox of that one. */
  output(id: ContainerId, isInside = false): string {
    const file = isInside && id.parent ? join(this.sandbox(id.parent), id.value) : join(this.sandbox(id), 'stdout');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** Waits until a container has written something. */
  async says(id: ContainerId, text: string): Promise<void> {
    await eventually(`'${text}'`, () => this.output(id).includes(text));
  }

  /** Returns the pids of processes with this text in their command line. */
  processes(text: string): number[] {
    return allPids().filter(pid => {
      if ((readProcess(pid)?.state ?? 'Z') === 'Z') return false;
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
  }

  /** Returns the cgroups that are left of this process's containers. */
  cgroups(): string[] {
    const found = execFileSync('find', ['/sys/fs/cgroup', '-path', `*/${testCgroupsRoot}/*`, '-type', 'd'], {
      encoding: 'utf8',
    });
    return found.split('\n').filter(Boolean);
  }

  async #close(): Promise<void> {
    await this.containerizer?.close();
    this.#known.clear();
    const { orphans } = await this.start();
    await Promise.all(orphans.map(each => this.containerizer.remove(each)));
    for (const each of this.#all) await each.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
