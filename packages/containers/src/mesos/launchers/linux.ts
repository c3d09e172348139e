import { readFileSync, readlinkSync } from 'node:fs';
import { isAlive, type ProcessId, signalProcess } from '@meseta/system';
import { type ContainerKey, containerKey, parseContainerKey } from '../../container-id.ts';
import { LaunchError } from '../../errors.ts';
import type { Cgroups } from '../cgroups/cgroups.ts';
import { whileFrozen } from '../cgroups/freezer.ts';
import type { Hierarchy } from '../cgroups/hierarchies.ts';
import type { LaunchPlan, Namespace } from '../launch-plan.ts';
import { type EnteredNamespaces, type LaunchStep, launchSteps } from '../launch-steps.ts';
import type { LaunchSpec } from '../launcher.ts';
import type { ShimContainer } from './shim-container.ts';
import { ShimLauncher, type ShimLauncherOptions } from './shim-launcher.ts';

/** What a linux launcher needs. */
export interface LinuxLauncherOptions extends ShimLauncherOptions {
  readonly cgroups: Cgroups;
}

const allNamespaces: readonly Namespace[] = ['pid', 'mnt', 'ipc', 'uts', 'net'];

/**
 * Launches containers in cgroups, and in namespaces of their own where their plan asks for some. It needs root.
 *
 * All processes of a container are members of one cgroup, which no process leaves without root in the machine's
 * namespaces. By it they are found, signalled and ended.
 *
 * @see Mesos src/slave/containerizer/mesos/linux_launcher.cpp
 */
export class LinuxLauncher extends ShimLauncher {
  override readonly name = 'linux';
  protected override readonly spawnerOptions = ['linux'];
  protected override readonly endsStrays = false;
  readonly #cgroups: Cgroups;
  readonly #tracking: Hierarchy;

  /** @throws {CgroupError} the machine has no hierarchy to find processes by. */
  constructor({ cgroups, ...options }: LinuxLauncherOptions) {
    super(options);
    this.#cgroups = cgroups;
    this.#tracking = cgroups.tracking();
  }

  protected override async open(): Promise<void> {
    await this.#cgroups.prepare(this.#tracking);
  }

  protected override async steps({ id }: ShimContainer, { plan, inside }: LaunchSpec): Promise<readonly LaunchStep[]> {
    const { parent } = parseContainerKey(id);
    if (parent) await this.#cgroups.prepareNested(this.#tracking, containerKey(parent));
    const enter = inside === undefined ? undefined : this.#namespacesOf(id, inside);
    const shared = parent ? await this.#shared(id, plan) : [];
    return launchSteps(plan, { tracking: this.#cgroups.path(this.#tracking, id), shared, enter });
  }

  /** Returns the cgroups of its parent that a nested container is in: where it has none of its own. */
  async #shared(id: ContainerKey, plan: LaunchPlan | undefined): Promise<string[]> {
    const own = plan?.cgroups.map(({ path }) => path) ?? [];
    const paths = await this.#cgroups.shared(id, this.#tracking);
    return paths.filter(path => !own.some(each => each.startsWith(`${path}/`)));
  }

  /** Returns the namespaces in which a container differs from the agent. */
  #namespacesOf(id: ContainerKey, inside: ContainerKey): EnteredNamespaces | undefined {
    const process = this.process(inside);
    if (process === undefined || !isAlive(process)) {
      throw new LaunchError('DESTROYED', `Container ${id} cannot be launched inside of ${inside}, which has ended`);
    }
    const namespaces = allNamespaces.filter(name => {
      return readNamespace(process.pid, name) !== readNamespace('self', name);
    });
    return namespaces.length > 0 ? { process, namespaces } : undefined;
  }

  protected override async signalAll(container: ShimContainer, signal: NodeJS.Signals): Promise<number> {
    const { id } = container;
    const path = this.#cgroups.path(this.#tracking, id);
    // The end of an init is that of its namespace. It is not frozen for that: a frozen process cannot be ended.
    const init = this.initOf(container);
    if (signal === 'SIGKILL' && init) signalProcess(init, signal);
    let reached = 0;
    await whileFrozen(path, this.#tracking.version, async () => {
      for (const member of await this.#cgroups.members(this.#tracking, id)) {
        if (member.pid !== init?.pid && signalProcess(member, signal)) reached++;
      }
    });
    return reached;
  }

  protected override initOf({ task }: ShimContainer): ProcessId | undefined {
    return task && isInit(task.pid) ? task : undefined;
  }

  protected override strays({ id }: ShimContainer): Promise<readonly ProcessId[]> {
    return this.#cgroups.members(this.#tracking, id);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#cgroups.close();
  }

  protected override cleanUp(id: ContainerKey): Promise<void> {
    return this.#cgroups.remove(id);
  }
}

/** Tells whether a process is the first one of a pid namespace inside of the agent's. */
function isInit(pid: number): boolean {
  try {
    const pids = /^NSpid:\t(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]?.split('\t') ?? [];
    return pids.length > 1 && pids.at(-1) === '1';
  } catch {
    return false; // it has ended
  }
}

/** Returns what identifies a namespace of a process; empty when that has ended. */
function readNamespace(pid: number | 'self', kind: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return '';
  }
}
