export { ComposingContainerizer } from './composing.ts';
export { type ContainerId, type ContainerKey, containerKey } from './container-id.ts';
export type {
  Containerizer,
  ContainerLaunch,
  KnownContainer,
  LaunchOptions,
  LaunchResult,
  RecoveredContainer,
  Recovery,
  Termination,
} from './containerizer.ts';
export { type ContainerizerParts, createContainerizer } from './create-containerizer.ts';
export { type Environment, withVariables } from './environment.ts';
export { LaunchError, type LaunchErrorCode } from './errors.ts';
export { type ExitStatus, fromWaitStatus, toWaitStatus } from './exit-status.ts';
export { Fetcher, type FetcherOptions, type FetchRequest } from './fetcher/fetcher.ts';
export { MesosContainerizer, type MesosContainerizerOptions } from './mesos/containerizer.ts';
export { unbuiltIsolators } from './mesos/isolators/make-isolators.ts';
export {
  containerMarker,
  type Launcher,
  type LaunchSpec,
  type ProcessUsage,
} from './mesos/launcher.ts';
export { PosixLauncher, type PosixLauncherOptions } from './mesos/launchers/posix.ts';
export { type ContainerResources, limitStatistics } from './mesos/statistics.ts';
export { signalName } from './signals.ts';
export { lookupUser, switchTo, type User } from './users.ts';
