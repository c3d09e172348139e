import { join } from 'node:path';
import { type ContainerId, containerKey } from '../../container-id.ts';
import type { ContainerLaunch, LaunchOptions } from '../../containerizer.ts';
import type { ContainerLogs } from '../logs/container-logs.ts';
import type { ContainerIOs, OpenedIO } from './container-ios.ts';

/** The standard files of a program: paths that it appends to, FIFOs of its logger, or those of {@link ContainerIOs}. */
type LaunchFiles = Pick<OpenedIO, 'stdout' | 'stderr'> & Partial<OpenedIO>;

/**
 * Makes the terminal, the pipes or the logger of a container that is to have any, and returns what its program gets as
 * standard files.
 *
 * @throws {LaunchError} {UserError}
 */
export async function launchFiles(
  { ios, logs }: { readonly ios: ContainerIOs; readonly logs: ContainerLogs },
  id: ContainerId,
  { config, pauses }: ContainerLaunch,
  { user, io, labels = {} }: Pick<LaunchOptions, 'io' | 'labels'> & { readonly user: string | undefined },
): Promise<LaunchFiles> {
  const tty = config.container_info?.tty_info;
  const key = containerKey(id);
  if (io === 'attached') return ios.open(key, { tty, user });
  const { directory } = config;
  const isLogged = logs.areKept && io === undefined && !pauses && config.container_class !== 'DEBUG';
  const files: LaunchFiles = isLogged
    ? await logs.open(id, { config, directory, user, labels })
    : (io ?? { stdout: join(directory, 'stdout'), stderr: join(directory, 'stderr') });
  if (!tty) return files;
  const terminal = await ios.open(key, { tty, user, logFile: files.stdout });
  const launched = () => {
    terminal.launched();
    files.launched?.();
  };
  return { ...terminal, launched };
}
