import { readlinkSync } from 'node:fs';
import {
  descendants,
  isAlive,
  type ProcessId,
  readOfProcess,
  readProcess,
  signalProcess,
  signalTree,
} from '@meseta/system';
import { type ContainerKey, containerKey, parseContainerKey } from '../../container-id.ts';
import type { RecoveredContainer } from '../../containerizer.ts';
import { LaunchError } from '../../errors.ts';
import type { Cgroups } from '../cgroups/cgroups.ts';
import { whileFrozen } from '../cgroups/freezer.ts';
import type { Hierarchy } from '../cgroups/hierarchies.ts';
import { KeptFilters } from '../kept-filters.ts';
import type { LaunchPlan, Namespace } from '../launch-plan.ts';
import {
  type EnteredNamespaces,
  type LaunchStep,
  type LaunchSurroundings,
  launchSteps,
  type ParentContainer,
  type PrivilegeLimits,
} from '../launch-steps.ts';
import type { LaunchSpec } from '../launcher.ts';
import { markedProcesses } from './marked.ts';
import type { ShimContainer } from './shim-container.ts';
import { ShimLauncher } from './shim-launcher.ts';
import type { ShimLauncherOptions } from './shim-launcher-options.ts';

/** What a linux launcher needs. */
export interface LinuxLauncherOptions extends ShimLauncherOptions {
  readonly cgroups: Cgroups;
}

/** Fewer than for others: the kernel works longer for each, in the place of the agent. */
const launchesInFlight = 8;

const allNamespaces: readonly Namespace[] = ['pid', 'mnt', 'ipc', 'uts', 'net'];

/**
 * Launches containers in cgroups, and in namespaces of their own where their plan asks for some. It needs root.
 *
 * All processes of a container are members of one cgroup. By it they are found, signalled and ended. Only root in the
 * machine's mount namespace can leave it; such a process is still below the shim, or has the container's marker.
 *
 * @see Mesos src/slave/containerizer/mesos/linux_launcher.cpp
 */
export class LinuxLauncher extends ShimLauncher {
  override readonly name = 'linux';
  protected override readonly spawnerOptions = ['linux'];
  protected override readonly endsStrays = false;
  readonly #cgroups: Cgroups;
  readonly #tracking: Hierarchy;
  readonly #filters: KeptFilters;

  /** @throws {CgroupError} the machine has no hierarchy to find processes by. */
  constructor({ cgroups, ...options }: LinuxLauncherOptions) {
    super({ launchesInFlight, ...options });
    this.#cgroups = cgroups;
    this.#tracking = cgroups.tracking();
    this.#filters = new KeptFilters(options.runtimeDirectory, message => options.onWarning?.(message));
  }

  protected override async open(): Promise<void> {
    await this.#cgroups.prepare(this.#tracking);
  }

  protected override async steps({ id }: ShimContainer, { plan, inside }: LaunchSpec): Promise<readonly LaunchStep[]> {
    const { parent } = parseContainerKey(id);
    if (parent) await this.#cgroups.prepareNested(this.#tracking, containerKey(parent));
    const tracking = this.#path(id);
    const shared = parent ? await this.#shared(id, plan) : [];
    const surroundings = inside === undefined ? {} : this.#surroundings(id, inside);
    const around = parent && inside === undefined ? this.#parent(id, containerKey(parent), plan) : undefined;
    const filter = plan?.seccompFilter ?? surroundings.limits?.seccompFilter;
    if (filter !== undefined) await this.#filters.write(id, filter);
    return launchSteps(plan, { tracking, shared, parent: around, ...surroundings });
  }

  /** Returns the cgroups of its parent that a nested container is in: where it has none of its own. */
  async #shared(id: ContainerKey, plan: LaunchPlan | undefined): Promise<string[]> {
    const own = plan?.cgroups.map(({ path }) => path) ?? [];
    return this.#cgroups.shared(id, this.#tracking, own);
  }

  /** Returns what surrounds a running container: another one inside of it gets that, too. */
  #surroundings(id: ContainerKey, inside: ContainerKey): Pick<LaunchSurroundings, 'enter' | 'limits'> {
    const process = this.process(inside);
    const limits = process && readLimits(process.pid);
    const enter = process && this.#namespacesOf(process);
    if (process === undefined || !limits || !isAlive(process)) throw parentEnded(id, inside);
    return { limits: { ...limits, seccompFilter: this.#filters.get(inside) }, enter };
  }

  /** Returns what a nested container that is set up on its own has of the running container around it. */
  #parent(id: ContainerKey, parent: ContainerKey, plan: LaunchPlan | undefined): ParentContainer {
    const process = this.process(parent);
    const own = process && (this.#namespacesOf(process)?.namespaces ?? []);
    if (process === undefined || !own || !isAlive(process)) throw parentEnded(id, parent);
    const namespaces = own.filter(name => plan?.enters.includes(name));
    return { process, namespaces, hasMounts: own.includes('mnt') };
  }

  /** Returns the namespaces in which a container differs from the agent. */
  #namespacesOf(process: ProcessId): EnteredNamespaces | undefined {
    const namespaces = allNamespaces.filter(name => {
      return readNamespace(process.pid, name) !== readNamespace('self', name);
    });
    return namespaces.length > 0 ? { process, namespaces } : undefined;
  }

  override async recover(): Promise<ReadonlyMap<ContainerKey, RecoveredContainer>> {
    const found = await super.recover();
    await this.#cgroups.locate(found.keys());
    await this.#filters.recover(new Set(found.keys()));
    const running = [...found.keys()].filter(id => found.get(id)?.running);
    await Promise.all(running.map(id => this.#cgroups.thaw(id))); // the earlier agent may not have done it
    return found;
  }

  protected override async signalAll(container: ShimContainer, signal: NodeJS.Signals): Promise<number> {
    const { id, shim } = container;
    // The end of an init is that of its namespace. It is not frozen for that: a frozen process cannot be ended.
    const init = this.initOf(container);
    if (signal === 'SIGKILL' && init) signalProcess(init, signal);
    // Without these going on, its end would not be noticed.
    if (signal !== 'SIGSTOP') for (const each of [shim!, init]) if (each) signalProcess(each, 'SIGCONT');
    const below = await descendants(shim!);
    const members = new Set<number>();
    let reached = 0;
    const isTracked = await whileFrozen(this.#path(id), this.#tracking.version, async () => {
      for (const member of await this.#cgroups.members(this.#tracking, id)) {
        members.add(member.pid);
        if (member.pid !== init?.pid && signalProcess(member, signal)) reached++;
      }
    });
    const isInit = ({ pid }: ProcessId) => pid === init?.pid;
    if (!isTracked) return signalTree(shim!, signal, isInit); // an earlier agent had the posix launcher
    const others = below.filter(each => !members.has(each.pid) && !isInit(each) && isAlive(each));
    // Orphans of a nested container in the same pid namespace are below the init, and not of this container. Nothing is spared
    // that must end: a task of root can move itself to such a cgroup.
    const spares = signal !== 'SIGKILL' && others.length > 0;
    const nested = spares ? await this.#cgroups.members(this.#tracking, id, true) : [];
    const outside = others.filter(({ pid }) => !nested.some(each => each.pid === pid));
    if (signal === 'SIGKILL') {
      await this.#cgroups.thaw(id);
      if (outside.length > 0) reached += await signalTree(shim!, signal, isInit);
    } else for (const each of outside) if (signalProcess(each, signal)) reached++;
    return reached;
  }

  protected override initOf({ task }: ShimContainer): ProcessId | undefined {
    return task && isInit(task.pid) ? task : undefined;
  }

  /** Below an init it is the process that has the next id. */
  protected override programOf(container: ShimContainer): ProcessId | undefined {
    const init = this.initOf(container);
    if (init === undefined) return container.task;
    return childrenOf(init.pid).find(({ pid }) => pidsOf(pid).at(-1) === '2');
  }

  protected override async strays(container: ShimContainer, shimEnded: boolean): Promise<readonly ProcessId[]> {
    const members = await this.#cgroups.members(this.#tracking, container.id);
    if (!shimEnded) return members;
    await this.#cgroups.thaw(container.id);
    return [...members, ...(await markedProcesses(container))];
  }

  #path(id: ContainerKey): string {
    return this.#cgroups.path(this.#tracking, id);
  }

  override async close(): Promise<void> {
    await super.close();
    this.#filters.close();
    await this.#cgroups.close();
  }

  protected override async cleanUp(id: ContainerKey): Promise<void> {
    await this.#filters.remove(id);
    await this.#cgroups.remove(id);
  }
}

function parentEnded(id: ContainerKey, parent: ContainerKey): LaunchError {
  return new LaunchError('DESTROYED', `Container ${id} cannot be launched inside of ${parent}, which has ended`);
}

/** Returns what a process may never have; undefined when it has ended. */
function readLimits(pid: number): PrivilegeLimits | undefined {
  const [status, own] = ([pid, 'self'] as const).map(each => readStatus(each));
  if (!status || !own) return undefined;
  const capabilities = statusField(status, 'CapBnd');
  const had = BigInt(`0x${capabilities}`);
  const bounding = Array.from({ length: 64 }, (_, number) => number).filter(number => had & (1n << BigInt(number)));
  return {
    noNewPrivileges: statusField(status, 'NoNewPrivs') === '1',
    ...(capabilities !== statusField(own, 'CapBnd') && { bounding }),
  };
}

/** Returns what /proc says of a process; empty when it has ended. */
const readStatus = (pid: number | 'self') => readOfProcess(pid, 'status') ?? '';

const statusField = (status: string, name: string) => new RegExp(`^${name}:\\t(.*)$`, 'm').exec(status)?.[1] ?? '';

/** Tells whether a process is the first one of a pid namespace inside of the agent's. */
function isInit(pid: number): boolean {
  const pids = pidsOf(pid);
  return pids.length > 1 && pids.at(-1) === '1';
}

/** Returns the ids of a process in the agent's pid namespace and in those below, up to its own. */
function pidsOf(pid: number): string[] {
  return statusField(readStatus(pid), 'NSpid').split('\t');
}

function childrenOf(pid: number): ProcessId[] {
  const pids = (readOfProcess(pid, `task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number);
  return pids.flatMap(each => readProcess(each) ?? []);
}

/** Returns what identifies a namespace of a process; empty when that has ended. */
function readNamespace(pid: number | 'self', kind: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return '';
  }
}
