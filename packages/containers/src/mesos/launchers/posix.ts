import { type ProcessId, signalTree } from '@meseta/system';
import type { ContainerKey } from '../../container-id.ts';
import type { RecoveredContainer } from '../../containerizer.ts';
import { LaunchError } from '../../errors.ts';
import type { Cgroups } from '../cgroups/cgroups.ts';
import type { LaunchStep } from '../launch-steps.ts';
import type { LaunchSpec } from '../launcher.ts';
import { markedProcesses } from './marked.ts';
import type { ShimContainer } from './shim-container.ts';
import { ShimLauncher } from './shim-launcher.ts';
import type { ShimLauncherOptions } from './shim-launcher-options.ts';

/** What a posix launcher needs. */
export interface PosixLauncherOptions extends ShimLauncherOptions {
  /** Where containers may have cgroups that an earlier agent with the linux launcher has launched. */
  readonly cgroups?: Cgroups | undefined;
}

/**
 * Launches containers as process trees without namespaces or cgroups. It needs no privileges.
 *
 * @see Mesos src/slave/containerizer/mesos/launcher.cpp, PosixLauncher
 */
export class PosixLauncher extends ShimLauncher {
  override readonly name = 'posix';
  readonly #cgroups: Cgroups | undefined;
  readonly #recovered = new Set<ContainerKey>();

  constructor({ cgroups, ...options }: PosixLauncherOptions) {
    super(options);
    this.#cgroups = cgroups;
  }

  override async recover(): Promise<ReadonlyMap<ContainerKey, RecoveredContainer>> {
    const found = await super.recover();
    await this.#cgroups?.locate(found.keys());
    for (const id of found.keys()) {
      this.#recovered.add(id);
      await this.#cgroups?.thaw(id);
    }
    return found;
  }

  protected override async cleanUp(id: ContainerKey): Promise<void> {
    if (this.#recovered.delete(id)) await this.#cgroups?.remove(id);
  }

  protected override async steps({ id }: ShimContainer, { plan }: LaunchSpec): Promise<readonly LaunchStep[]> {
    if (plan === undefined) return [];
    throw new LaunchError('INVALID', `Container ${id} needs what only the linux launcher can do (--launcher=linux)`);
  }

  protected override signalAll({ shim }: ShimContainer, signal: NodeJS.Signals): Promise<number> {
    return signalTree(shim!, signal);
  }

  protected override async strays(container: ShimContainer, shimEnded: boolean): Promise<readonly ProcessId[]> {
    if (!shimEnded && this.subreaper) return []; // every orphan is its child
    return markedProcesses(container);
  }
}
