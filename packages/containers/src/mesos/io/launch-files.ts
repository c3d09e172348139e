import { join } from 'node:path';
import type { ContainerConfig } from '@meseta/protocol';
import { type ContainerId, containerKey } from '../../container-id.ts';
import type { LaunchOptions } from '../../containerizer.ts';
import type { ContainerIOs, OpenedIO } from './container-ios.ts';

/** The standard files of a program: paths that it appends to, or those of {@link ContainerIOs}. */
type LaunchFiles = Pick<OpenedIO, 'stdout' | 'stderr'> & Partial<OpenedIO>;

/**
 * Makes the terminal or the pipes of a container that is to have any, and returns what its program gets as standard files.
 *
 * @throws {LaunchError} {UserError}
 */
export async function launchFiles(
  ios: ContainerIOs,
  id: ContainerId,
  { container_info, directory }: ContainerConfig,
  { user, io }: Pick<LaunchOptions, 'io'> & { readonly user: string | undefined },
): Promise<LaunchFiles> {
  const files =
    io === undefined || io === 'attached'
      ? { stdout: join(directory, 'stdout'), stderr: join(directory, 'stderr') }
      : io;
  const tty = container_info?.tty_info;
  if (io !== 'attached' && !tty) return files;
  return ios.open(containerKey(id), { tty, user, logFile: io === 'attached' ? undefined : files.stdout });
}
