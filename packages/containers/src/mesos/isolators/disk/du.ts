/**
 * `disk/du`: measures now and then what is in each container's sandbox, and ends a container that uses more disk than it
 * has, with `--enforce_container_disk_quota`. Persistent volumes are not in the sandbox, and not counted. The sandbox of a
 * nested container is in that of its parent, and counts there, too; on its own it is measured only if it has a disk of its own.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/posix/disk.cpp
 */
import { buffer } from 'node:stream/consumers';
import type {
  ContainerConfig,
  ContainerID,
  ContainerLimitation,
  ContainerState,
  Resource,
  ResourceStatistics,
} from '@meseta/protocol';
import { ConcurrencyLimit, every } from '@meseta/system';
import { containerKey } from '../../../container-id.ts';
import { formatBytes } from '../../../format-bytes.ts';
import { killGroup, spawnTied } from '../../../tied-process.ts';
import { awaitLimitation } from '../await-limitation.ts';
import type { Isolator } from '../isolator.ts';
import type { IsolatorParts } from '../isolator-parts.ts';

/** How many sandboxes are measured at a time: each walks a tree on the disk. */
const parallelMeasurements = 2;
const defaultIntervalMs = 15_000;
/** A sandbox that takes longer is given up for this time. */
const longestSeconds = 300;
const mebibyte = 1024 * 1024;

interface Measured {
  readonly sandbox: string;
  readonly isNested: boolean;
  /** Bytes; undefined when the container has no disk, or an earlier agent launched it and it is not known yet. */
  quota: number | undefined;
  used: number | undefined;
  readonly limited: PromiseWithResolvers<ContainerLimitation>;
}

/** What the isolator needs of the agent. */
export type DiskParts = Pick<IsolatorParts, 'clock' | 'log'> & {
  readonly flags: Pick<IsolatorParts['flags'], 'container_disk_watch_interval' | 'enforce_container_disk_quota'>;
};

/** See the top of this file. */
export class DiskUsage implements Isolator {
  readonly name = 'disk/du';
  readonly supportsNesting = true;
  readonly supportsStandalone = true;
  readonly #parts: DiskParts;
  readonly #containers = new Map<string, Measured>();
  readonly #measurements = new ConcurrencyLimit(parallelMeasurements);
  readonly #running = new Set<number>();
  readonly #stop: () => void;
  #looking = false;

  constructor(parts: DiskParts) {
    this.#parts = parts;
    const { container_disk_watch_interval: interval = defaultIntervalMs } = parts.flags;
    this.#stop = every(parts.clock, interval, () => void this.#lookAtAll());
  }

  async recover(states: readonly ContainerState[]): Promise<void> {
    for (const { container_id, directory, executor_info } of states) {
      this.#add(container_id, directory, executor_info?.resources);
    }
  }

  async prepare(id: ContainerID, { directory, resources }: ContainerConfig): Promise<undefined> {
    this.#add(id, directory, resources);
    return undefined;
  }

  async update(id: ContainerID, resources: readonly Resource[]): Promise<void> {
    const container = this.#containers.get(containerKey(id));
    if (container) container.quota = quotaOf(resources);
  }

  watch(id: ContainerID, signal: AbortSignal): Promise<ContainerLimitation | undefined> {
    return awaitLimitation(this.#containers.get(containerKey(id))?.limited.promise, signal);
  }

  async usage(id: ContainerID): Promise<ResourceStatistics> {
    const { quota, used } = this.#containers.get(containerKey(id)) ?? {};
    return {
      timestamp: this.#parts.clock.now() / 1000,
      ...(quota !== undefined && { disk_limit_bytes: quota }),
      ...(used !== undefined && { disk_used_bytes: used }),
    };
  }

  async cleanup(id: ContainerID): Promise<void> {
    this.#containers.delete(containerKey(id));
  }

  async close(): Promise<void> {
    this.#stop();
    this.#containers.clear();
    for (const pid of this.#running) killGroup(pid);
  }

  #add(id: ContainerID, sandbox: string, resources: readonly Resource[] | undefined): void {
    const quota = quotaOf(resources ?? []);
    const limited = Promise.withResolvers<ContainerLimitation>();
    this.#containers.set(containerKey(id), { sandbox, isNested: Boolean(id.parent), quota, used: undefined, limited });
  }

  /** Measures all sandboxes once. A round that takes longer than the interval is not followed by another at once. */
  async #lookAtAll(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const measured = [...this.#containers].filter(([, { isNested, quota }]) => !isNested || quota !== undefined);
    const all = measured.map(([key, each]) => this.#measurements.run(() => this.#lookAt(key, each)));
    await Promise.all(all);
    this.#looking = false;
  }

  async #lookAt(key: string, container: Measured): Promise<void> {
    if (this.#containers.get(key) !== container) return;
    const { flags, log } = this.#parts;
    try {
      container.used = await this.#measure(container.sandbox);
    } catch (error) {
      if (this.#containers.get(key) !== container) return; // it has ended, and its sandbox may be gone
      log.warning('Cannot measure the disk that a container uses', { container_id: key, error });
      return;
    }
    const { used, quota } = container;
    if (quota === undefined || used <= quota || !flags.enforce_container_disk_quota) return;
    container.limited.resolve({
      resources: [{ name: 'disk', type: 'SCALAR', scalar: { value: used / mebibyte } }],
      message: `Disk usage (${formatBytes(used)}) exceeds quota (${formatBytes(quota)})`,
      reason: 'REASON_CONTAINER_LIMITATION_DISK',
    });
  }

  /** Returns the bytes below a directory. Files that go away meanwhile are an error of du(1), and no matter. */
  async #measure(path: string): Promise<number> {
    const argv = ['timeout', '--kill-after=1', String(longestSeconds), 'du', '-k', '-s', '--', path] as const;
    const child = spawnTied(argv, {
      cwd: '/',
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { pid, stdout, stderr } = child;
    if (pid === undefined || !stdout || !stderr) throw new Error('du(1) cannot be started');
    this.#running.add(pid);
    try {
      const [output, problem] = (await Promise.all([buffer(stdout), buffer(stderr)])).map(String);
      const kibibytes = /^(\d+)\t/.exec(output ?? '')?.[1];
      if (kibibytes === undefined) throw new Error(`du(1) says: ${problem?.trim() || 'nothing'}`);
      return Number(kibibytes) * 1024;
    } finally {
      this.#running.delete(pid);
    }
  }
}

/** Returns the bytes of disk that are for the sandbox. Those of persistent volumes are elsewhere. */
function quotaOf(resources: readonly Resource[]): number | undefined {
  const own = resources.filter(({ name, disk }) => name === 'disk' && disk?.persistence === undefined);
  if (own.length === 0) return undefined;
  return own.reduce((sum, { scalar }) => sum + (scalar?.value ?? 0), 0) * mebibyte;
}
