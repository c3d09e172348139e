import { existsSync, readFileSync, statSync } from 'node:fs';
import { access, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '@meseta/flags';
import { type ProcessId, readProcess } from '@meseta/system';
import { type ContainerId, type ContainerKey, parseContainerKey } from '../../container-id.ts';
import type { CgroupFlags } from '../../containerizer-flags.ts';
import { thawAll } from './freezer.ts';
import { type Hierarchy, readHierarchies } from './hierarchies.ts';

/**
 * Where the processes of a container are whose nested ones have limits of their own: with version 2 a group that limits others
 * has no processes. Mesos has the same name.
 */
const leaf = 'leaf';

/** How often processes are moved there: those that fork meanwhile are moved the next time. */
const delegationTries = 100;

/** How long removal waits at most between two tries. */
const longestDelayMs = 100;

/** How often the removal of a root is tried, and the pause before the next time. */
const rootTries = 20;
const rootDelayMs = 10;

/** Links of a directory without others in it: its name and its own `.`. */
const linksWithoutGroups = 2;

/** The machine lacks a hierarchy or a controller, or the agent may not use it. The message says what to do. */
export class CgroupError extends Error {
  override readonly name = 'CgroupError';
  readonly code = 'CGROUP';
}

/**
 * The cgroups of containers: `<hierarchy>/<root>/<id>`, and for a nested container `<hierarchy>/<root>/<parent>/<root>/<id>`,
 * as in Mesos.
 */
export class Cgroups {
  readonly #flags: CgroupFlags;
  readonly #hierarchies: readonly Hierarchy[];
  readonly #prepared = new Set<string>();
  readonly #earlierRoots: readonly string[];
  /** The roots of containers that are not in the present one, by the outermost container. */
  readonly #roots = new Map<string, string>();

  /** Reads which hierarchies there are. @param earlierRoots other values that `--cgroups_root` had. */
  static async open(flags: CgroupFlags, earlierRoots: readonly string[] = []): Promise<Cgroups> {
    return new Cgroups(flags, await readHierarchies(flags.cgroups_hierarchy), earlierRoots);
  }

  constructor(flags: CgroupFlags, hierarchies: readonly Hierarchy[], earlierRoots: readonly string[] = []) {
    this.#flags = flags;
    this.#hierarchies = hierarchies;
    this.#earlierRoots = earlierRoots;
  }

  /**
   * Finds out which containers of an earlier agent are in a root that it had, so that their paths are right. Then removes
   * such roots as have become empty.
   */
  async locate(keys: Iterable<ContainerKey>): Promise<void> {
    if (this.#earlierRoots.length === 0) return;
    for (const key of keys) {
      const value = outermost(parseContainerKey(key));
      for (const root of [this.#flags.cgroups_root, ...this.#earlierRoots]) {
        const paths = this.#hierarchies.map(({ path }) => join(path, root, value));
        if (!(await Promise.all(paths.map(exists))).includes(true)) continue;
        this.#roots.set(value, root);
        break;
      }
    }
    await this.#removeEarlierRoots();
  }

  async #removeEarlierRoots(): Promise<void> {
    const roots = this.#earlierRoots.flatMap(root => this.#hierarchies.map(({ path }) => join(path, root)));
    await Promise.all(roots.map(removeRoot));
  }

  #rootOf(id: ContainerId): string {
    return this.#roots.get(outermost(id)) ?? this.#flags.cgroups_root;
  }

  /**
   * Returns the hierarchy with a controller. It is of one version only: a controller cannot be in both.
   *
   * @param unified its name in version 2, where that differs.
   * @throws {CgroupError} there is none.
   */
  hierarchy(controller: string, unified = controller): Hierarchy {
    const found = this.#hierarchies.find(({ version, controllers }) =>
      controllers.includes(version === 1 ? controller : unified),
    );
    if (found) return found;
    const { cgroups_hierarchy } = this.#flags;
    const known = [...new Set(this.#hierarchies.flatMap(({ controllers }) => controllers))].join(', ') || 'none';
    throw new CgroupError(
      `No cgroup hierarchy below ${cgroups_hierarchy} (--cgroups_hierarchy) has the controller '${controller}'; there are: ${known}. Mount it, for example: mount -t cgroup -o ${controller} ${controller} ${cgroups_hierarchy}/${controller}`,
    );
  }

  /**
   * Returns the hierarchy in which containers are found and ended: the freezer of version 1, as in Mesos, or version 2.
   *
   * @throws {CgroupError} there is neither.
   */
  tracking(): Hierarchy {
    const unified = this.#hierarchies.find(({ version }) => version === 2);
    const freezer = this.#hierarchies.find(({ controllers }) => controllers.includes('freezer'));
    return freezer ?? unified ?? this.hierarchy('freezer');
  }

  /**
   * Returns the hierarchy in whose groups events of processors are counted: one of version 1 with `perf_event`, or that of
   * version 2, which has no controller for it.
   *
   * @throws {CgroupError} there is neither.
   */
  hierarchyOfEvents(): Hierarchy {
    const unified = this.#hierarchies.find(({ version }) => version === 2);
    return this.controllers().has('perf_event')
      ? this.hierarchy('perf_event')
      : (unified ?? this.hierarchy('perf_event'));
  }

  /** Returns the names of all controllers of all hierarchies. */
  controllers(): ReadonlySet<string> {
    return new Set(this.#hierarchies.flatMap(({ controllers }) => controllers));
  }

  /** The machine has a hierarchy of version 2, maybe without controllers. */
  get hasVersion2(): boolean {
    return this.#hierarchies.some(({ version }) => version === 2);
  }

  /** Returns the cgroup that those of all containers are in. */
  root({ path }: Hierarchy): string {
    return join(path, this.#flags.cgroups_root);
  }

  /** Returns the cgroup of a container in a hierarchy. */
  path(hierarchy: Hierarchy, key: ContainerKey): string {
    return join(hierarchy.path, this.#below(parseContainerKey(key)));
  }

  #below(id: ContainerId): string {
    const { value, parent } = id;
    const root = this.#rootOf(id);
    return parent === undefined ? join(root, value) : join(this.#below(parent), root, value);
  }

  /**
   * Makes the root cgroup in a hierarchy, so that containers' can be made in it.
   *
   * @throws {CgroupError} when this process may not.
   */
  async prepare(hierarchy: Hierarchy): Promise<void> {
    const root = this.root(hierarchy);
    this.#prepared.add(root);
    try {
      await mkdir(root, { recursive: true });
      if (hierarchy.version === 2) await this.#delegate(hierarchy);
      await this.inherit(hierarchy, root);
    } catch (cause) {
      throw new CgroupError(
        `Cannot make the cgroup ${root}: ${(cause as Error).message}. The agent needs root for it`,
        { cause },
      );
    }
  }

  /** Makes the root cgroup again when it is gone: an agent that ends removes it, and another one may have the same. */
  async prepareAgain(hierarchy: Hierarchy): Promise<void> {
    if (!existsSync(this.root(hierarchy))) await this.prepare(hierarchy);
  }

  /** Gives a new group the processors of its parent, where it would have none: nothing could run in it. */
  async inherit(hierarchy: Hierarchy, group: string): Promise<void> {
    const { path, version, controllers } = hierarchy;
    if (version !== 1 || !controllers.includes('cpuset') || group === path) return;
    await this.inherit(hierarchy, dirname(group));
    await inherit(dirname(group), group);
  }

  /** Lets cgroups below the root have the controllers of a hierarchy of version 2. */
  async #delegate({ path, controllers }: Hierarchy): Promise<void> {
    const enabled = controllers.map(name => `+${name}`).join(' ');
    if (enabled === '') return;
    for (const each of [path, join(path, this.#flags.cgroups_root)]) {
      await writeFile(join(each, 'cgroup.subtree_control'), enabled);
    }
  }

  /** Makes the group that holds the nested containers of a container, in which their own are made. */
  async prepareNested(hierarchy: Hierarchy, parent: ContainerKey): Promise<void> {
    const group = join(this.path(hierarchy, parent), this.#rootOf(parseContainerKey(parent)));
    await mkdir(group, { recursive: true });
    await this.inherit(hierarchy, group);
  }

  /** The same for nested containers whose groups are to have limits of their own. */
  async delegateNested(hierarchy: Hierarchy, parent: ContainerKey): Promise<void> {
    await this.prepareNested(hierarchy, parent);
    const { version, controllers } = hierarchy;
    if (version === 1 || controllers.length === 0) return;
    const root = this.#rootOf(parseContainerKey(parent));
    let group = join(hierarchy.path, root);
    for (const step of relative(group, join(this.path(hierarchy, parent), root)).split('/')) {
      group = join(group, step);
      await delegate(group, controllers);
    }
  }

  /**
   * Returns the cgroups that the processes of a nested container share with the container that it is in: those of its
   * nearest ancestor with some, in each hierarchy but the one given.
   *
   * @param own groups that it has of its own, in the place of those of its ancestor.
   */
  async shared(key: ContainerKey, except: Hierarchy, own: readonly string[]): Promise<string[]> {
    const others = this.#hierarchies.filter(hierarchy => hierarchy !== except);
    const found = await Promise.all(others.map(hierarchy => this.#nearest(hierarchy, parseContainerKey(key).parent)));
    const groups = found.filter(
      path => path !== undefined && !own.some(each => each.startsWith(`${path}/`)),
    ) as string[];
    return Promise.all(groups.map(async path => ((await exists(join(path, leaf))) ? join(path, leaf) : path)));
  }

  async #nearest(hierarchy: Hierarchy, id: ContainerId | undefined): Promise<string | undefined> {
    if (id === undefined) return undefined;
    const path = join(hierarchy.path, this.#below(id));
    return (await exists(path)) ? path : this.#nearest(hierarchy, id.parent);
  }

  /** Removes the root cgroups, where no container is left in them. */
  async close(): Promise<void> {
    await Promise.all([...this.#prepared].map(removeRoot));
  }

  /**
   * Returns the processes of a container.
   *
   * @param withNested also those of containers nested in it.
   */
  async members(hierarchy: Hierarchy, key: ContainerKey, withNested = false): Promise<ProcessId[]> {
    const [nested] = this.#rootOf(parseContainerKey(key)).split('/').filter(Boolean);
    const pids = await pidsIn(this.path(hierarchy, key), withNested ? undefined : nested);
    return pids.flatMap(pid => {
      const process = readProcess(pid);
      return process === undefined || process.state === 'Z' ? [] : [process];
    });
  }

  /** Lets all processes of a container go on, those that it has frozen itself, too. Idempotent. */
  async thaw(key: ContainerKey): Promise<void> {
    for (const hierarchy of this.#hierarchies) {
      if (hierarchy.version === 1 && !hierarchy.controllers.includes('freezer')) continue;
      await thawAll(this.path(hierarchy, key), hierarchy.version);
    }
  }

  /** Removes the cgroups of a container in all hierarchies. Processes in them must have been killed. Idempotent. */
  async remove(key: ContainerKey): Promise<void> {
    const until = performance.now() + this.#flags.cgroups_destroy_timeout;
    const paths = this.#hierarchies.map(hierarchy => this.path(hierarchy, key));
    await Promise.all(paths.filter(existsSync).map(path => this.#remove(path, until)));
    if (this.#roots.delete(key)) await this.#removeEarlierRoots();
  }

  async #remove(path: string, until: number): Promise<void> {
    for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
      try {
        await removeTree(path);
        return;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') return;
        // Processes that were killed are members until their memory has been given back. Other problems pass, too (EMFILE).
        if (performance.now() > until) throw code === 'EBUSY' ? await this.#stillInUse(path, error) : error;
      }
      await sleep(delayMs, undefined, { ref: false });
    }
  }

  async #stillInUse(path: string, cause: unknown): Promise<CgroupError> {
    const pids = await pidsIn(path);
    const members = pids.length > 0 ? `processes are in it (${pids.join(', ')})` : 'the kernel says that it is in use';
    const limit = formatDuration(this.#flags.cgroups_destroy_timeout);
    return new CgroupError(
      `The cgroup ${path} could not be removed within ${limit} (--cgroups_destroy_timeout): ${members}. Remove it with rmdir when nothing is in it`,
      { cause },
    );
  }
}

const outermost = ({ value, parent }: ContainerId): string => (parent === undefined ? value : outermost(parent));

/** Removes a cgroup. One with others in it, which processes of the container may have made, goes after these. */
async function removeTree(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EBUSY') throw error;
    const below = (await readdir(path, { withFileTypes: true })).filter(each => each.isDirectory());
    if (below.length === 0) throw error;
    for (const { name } of below) await removeTree(join(path, name)).catch(unlessMissing);
    await rmdir(path);
  }
}

/** Removes a root cgroup, unless something is in it. One that has just been removed from it counts for a moment. */
async function removeRoot(root: string): Promise<void> {
  for (let tries = 0; tries < rootTries; tries++) {
    try {
      await rmdir(root);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return unlessMissing(error as NodeJS.ErrnoException);
      if (statSync(root).nlink > linksWithoutGroups) return;
    }
    await sleep(rootDelayMs);
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Lets groups in a group of version 2 have limits, and moves its processes out of their way. */
async function delegate(group: string, controllers: readonly string[]): Promise<void> {
  const enabled = controllers.map(name => `+${name}`).join(' ');
  for (let tries = 0; ; tries++) {
    try {
      return await writeFile(join(group, 'cgroup.subtree_control'), enabled);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || tries === delegationTries) throw error;
    }
    await mkdir(join(group, leaf), { recursive: true });
    for (const pid of (await readFile(join(group, 'cgroup.procs'), 'utf8')).split('\n').filter(Boolean)) {
      await writeFile(join(group, leaf, 'cgroup.procs'), pid).catch(unlessEnded);
    }
  }
}

function unlessEnded(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ESRCH') throw error;
}

async function inherit(from: string, to: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if ((await readFile(join(to, file), 'utf8')).trim() !== '') continue;
    await writeFile(join(to, file), await readFile(join(from, file), 'utf8'));
  }
}

/**
 * Returns the pids in a cgroup and in those below it, except one. The first file is read at once, as those of /proc are: the
 * kernel answers from memory, and every container that ends is asked for.
 */
async function pidsIn(path: string, except?: string): Promise<number[]> {
  try {
    const own = readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    if (statSync(path).nlink === linksWithoutGroups) return own;
    const entries = await readdir(path, { withFileTypes: true });
    const below = entries.filter(each => each.isDirectory() && each.name !== except);
    const others = await Promise.all(below.map(({ name }) => pidsIn(join(path, name))));
    return [...own, ...others.flat()];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV') return [];
    throw error;
  }
}
