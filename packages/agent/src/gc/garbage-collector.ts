/**
 * Removes sandboxes and checkpoints that are not in use any more, when they are older than `--gc_delay`, and earlier when the disk
 * gets full.
 *
 * ```text
 * <work>/slaves/…/<directory> ──rename──▶ <work>/gc/<number> ──rm──▶ gone
 * ```
 *
 * A directory is first moved away, in one step and in order with all other changes on disk: a new task gets a new directory, and
 * nothing half removed is ever taken for an executor. What a killed agent has moved away is removed by the next one.
 *
 * @see Mesos src/slave/gc.cpp, and src/slave/slave.cpp, Slave::_checkDiskUsage
 */
import { lstat, realpath, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type Containerizer,
  containerKey,
  nestedSandboxes,
  readMountPoints,
  removeSandbox,
  unmount,
} from '@meseta/containers';
import { type Clock, ifAbsent } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { Disk } from '../disk/disk.ts';
import type { Paths } from '../disk/paths.ts';
import type { AgentFlags } from '../flags.ts';
import type { Agent } from '../state/agent.ts';
import { Ages } from './ages.ts';
import { findGarbage, type Garbage } from './garbage.ts';
import { removalsAtOnce, Trash } from './trash.ts';

/** A sandbox may be made this long before its container is known. */
const nestedAgeMs = 60_000;
const shortestPauseMs = 1000;

/** What is needed of the agent. */
export interface GarbageCollectorParts {
  readonly agent: Agent;
  readonly clock: Clock;
  readonly containerizer: Pick<Containerizer, 'containers'>;
  readonly disk: Pick<Disk, 'perform'>;
  readonly flags: Pick<
    AgentFlags,
    'disk_watch_interval' | 'gc_delay' | 'gc_disk_headroom' | 'gc_non_executor_container_sandboxes'
  >;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly paths: Paths;
}

/** Works from `start` to `stop`. See the top of this file. */
export class GarbageCollector {
  readonly #parts: GarbageCollectorParts;
  readonly #ages: Ages;
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  readonly #stopped = new AbortController();
  readonly #trash: Trash;
  /** Directories with mounts, which the log has named already. */
  readonly #kept = new Set<string>();

  constructor(parts: GarbageCollectorParts) {
    this.#parts = parts;
    this.#ages = new Ages(parts.clock);
    this.#trash = new Trash(parts, this.#stopped.signal);
  }

  /** To be called when recovery has said what is in use. */
  start(): void {
    if (this.#stopped.signal.aborted) return;
    const { clock, flags, log } = this.#parts;
    this.#running = this.#collect()
      .catch(error => log.error('Failed to collect garbage', { error }))
      .then(() => {
        if (this.#stopped.signal.aborted) return;
        const pauseMs = Math.min(flags.disk_watch_interval, Math.max(flags.gc_delay, shortestPauseMs));
        this.#cancel = clock.after(pauseMs, () => this.start());
      });
  }

  /** Resolves when nothing is being removed any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#cancel();
    await this.#running;
  }

  async #collect(): Promise<void> {
    const { agent, metrics, paths } = this.#parts;
    await this.#trash.empty();
    const maximumAgeMs = await this.#maximumAgeMs();
    metrics.gauge('slave/executor_directory_max_allowed_age_secs').set(maximumAgeMs / 1000);
    let pending = 0;
    let found: Garbage[] = [];
    const flush = async () => {
      pending += await this.#removeDue(found, maximumAgeMs);
      found = [];
    };
    for await (const garbage of findGarbage({ agent, paths })) {
      if (this.#stopped.signal.aborted) return;
      if (found.push(garbage) === removalsAtOnce) await flush();
    }
    await flush();
    metrics.gauge('gc/path_removals_pending').set(pending + (await this.#collectNested(maximumAgeMs)));
  }

  /** Removes what is old enough. @returns how much is to go later. */
  async #removeDue(found: readonly Garbage[], maximumAgeMs: number): Promise<number> {
    const ages = await Promise.all(found.map(({ path }) => this.#ageMs(path)));
    const mountPoints = new Set(await readMountPoints()); // after what is found has ended
    const due: Garbage[] = [];
    let pending = 0;
    for (const [index, garbage] of found.entries()) {
      const ageMs = ages[index];
      if (ageMs === undefined) continue;
      if (ageMs < maximumAgeMs || !(await this.#unmount(garbage, mountPoints))) pending++;
      else due.push(garbage);
    }
    await this.#removeAll(due);
    return pending;
  }

  /** Returns how old garbage may become: the fuller the disk, the less. */
  async #maximumAgeMs(): Promise<number> {
    const { flags, log, paths } = this.#parts;
    const sandboxes = paths.agents(paths.workDirectory); // which may be on a disk of their own
    const usage = Math.max(await usageOf(paths.workDirectory), await usageOf(sandboxes).catch(ifAbsent(0)));
    const ageMs = flags.gc_delay * Math.max(0, 1 - flags.gc_disk_headroom - usage);
    log.debug('Looked at the disk', { usage, maximum_age_secs: ageMs / 1000 });
    return ageMs;
  }

  /** Returns how long ago a directory was changed; undefined when it is gone. A task can make that longer, not shorter. */
  async #ageMs(path: string): Promise<number | undefined> {
    const found = await lstat(path).catch(() => undefined); // it was removed meanwhile
    if (!found?.isDirectory()) return undefined;
    return this.#ages.of(Math.min(found.mtimeMs, found.ctimeMs));
  }

  /**
   * Unmounts what a task has left mounted, as Mesos does.
   *
   * @param mountPoints those last mounted first; loses what is unmounted, which may be in a directory around another one.
   * @returns false when something stays mounted.
   */
  async #unmount({ path, isUsed }: Garbage, mountPoints: Set<string>): Promise<boolean> {
    const { log } = this.#parts;
    const real = await realpath(path).catch(() => path); // it was removed meanwhile
    for (const mounted of mountPoints) {
      if (!mounted.startsWith(`${real}/`)) continue;
      if (isUsed()) return false;
      try {
        await unmount(mounted);
        mountPoints.delete(mounted);
        log.warning('Unmounted what was left in a directory that is not in use any more', { path, mounted });
      } catch (error) {
        if (!this.#kept.has(path))
          log.warning('Kept a directory in which something is mounted', { path, mounted, error });
        this.#kept.add(path);
        return false;
      }
    }
    this.#kept.delete(path);
    return true;
  }

  /** @param due outer directories before those in them. */
  async #removeAll(due: readonly Garbage[]): Promise<void> {
    const unused = due.filter(({ isUsed }) => !isUsed());
    const paths = new Set(unused.map(({ path }) => path));
    const outermost = unused.filter(({ path }) => !hasOneAround(path, paths));
    await this.#trash.remove(outermost.map(({ path }) => path));
  }

  /** Removes sandboxes of nested containers that have ended, of executors that run. @returns how many are to go later. */
  async #collectNested(maximumAgeMs: number): Promise<number> {
    const { agent, containerizer, flags, log, metrics } = this.#parts;
    if (!flags.gc_non_executor_container_sandboxes) return 0;
    const known = new Set([...containerizer.containers()].map(containerKey));
    let pending = 0;
    for (const { container, directory } of [...agent.executors()]) {
      for await (const { name, changedMs } of nestedSandboxes(directory)) {
        if (this.#stopped.signal.aborted) return pending;
        const ageMs = this.#ages.of(changedMs);
        if (known.has(`${containerKey(container)}.${name}` as never)) continue;
        if (ageMs < Math.max(maximumAgeMs, nestedAgeMs)) {
          pending++;
          continue;
        }
        log.info('Removing the sandbox of a container that has ended', { container_id: name, path: directory });
        await removeSandbox(directory, name).then(
          () => metrics.counter('gc/path_removals_succeeded').increment(),
          error => {
            metrics.counter('gc/path_removals_failed').increment();
            log.warning('Failed to remove a sandbox', { container_id: name, error });
          },
        );
      }
    }
    return pending;
  }
}

/** Returns which part of a file system is used, of its blocks or its inodes: it may run out of both. */
async function usageOf(directory: string): Promise<number> {
  const { blocks, bfree, files, ffree } = await statfs(directory);
  const used = (all: number, free: number) => (all === 0 ? 0 : (all - free) / all); // 0: it does not count them
  return Math.max(used(blocks, bfree), used(files, ffree));
}

/** Tells whether one of the paths is that of a directory around this one. */
function hasOneAround(path: string, paths: ReadonlySet<string>): boolean {
  for (let outer = dirname(path); outer !== dirname(outer); outer = dirname(outer)) if (paths.has(outer)) return true;
  return false;
}
