import { findMarkedProcesses, type ProcessId, signalTree } from '@meseta/system';
import { LaunchError } from '../../errors.ts';
import type { LaunchStep } from '../launch-steps.ts';
import { containerMarker, type LaunchSpec } from '../launcher.ts';
import type { ShimContainer } from './shim-container.ts';
import { ShimLauncher } from './shim-launcher.ts';

/**
 * Launches containers as process trees without namespaces or cgroups. It needs no privileges.
 *
 * @see Mesos src/slave/containerizer/mesos/launcher.cpp, PosixLauncher
 */
export class PosixLauncher extends ShimLauncher {
  override readonly name = 'posix';

  protected override async steps({ id }: ShimContainer, { plan }: LaunchSpec): Promise<readonly LaunchStep[]> {
    if (plan === undefined) return [];
    throw new LaunchError('INVALID', `Container ${id} needs what only the linux launcher can do (--launcher=linux)`);
  }

  protected override signalAll({ shim }: ShimContainer, signal: NodeJS.Signals): Promise<number> {
    return signalTree(shim!, signal);
  }

  protected override async strays(
    { id, task, ownsSession }: ShimContainer,
    shimEnded: boolean,
  ): Promise<readonly ProcessId[]> {
    if (!shimEnded && this.subreaper) return []; // every orphan is its child
    return findMarkedProcesses({ marker: { name: containerMarker, value: id }, first: task!, ownsSession });
  }
}
