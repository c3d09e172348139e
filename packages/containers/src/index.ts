export type { ContainerId } from './container-id.ts';
export { LaunchError, type LaunchErrorCode } from './errors.ts';
export { type ExitStatus, fromWaitStatus, signalName, toWaitStatus } from './exit-status.ts';
export { Fetcher, type FetcherOptions, type FetchRequest } from './fetcher/fetcher.ts';
export {
  containerMarker,
  type Launcher,
  type LaunchSpec,
  type ProcessUsage,
  type RecoveredContainer,
} from './mesos/launcher.ts';
export { PosixLauncher, type PosixLauncherOptions } from './mesos/launchers/posix.ts';
export { type ContainerResources, resourceStatistics } from './mesos/statistics.ts';
export { lookupUser, switchTo, type User } from './users.ts';
