/**
 * The interface between the agent and containers, and the function that creates the containerizers which the flags ask
 * for. How containers are made is private to this package.
 */
export { endAbandonedContainers } from './abandoned.ts';
export {
  type ContainerId,
  /** @public The type of what `containerKey` returns. */
  type ContainerKey,
  containerKey,
  rootOf,
} from './container-id.ts';
export {
  type ContainerIO,
  InputClosedError,
  type OutputAttachment,
  type OutputReader,
  TerminalAwayError,
} from './container-io.ts';
export type {
  ConnectTarget,
  Containerizer,
  KnownContainer,
  LaunchOptions,
  RecoveredContainer,
  Recovery,
  Termination,
} from './containerizer.ts';
export { checkContainerLogger, createContainerizer } from './create-containerizer.ts';
export { dockerHostProblem, dockerSocketProblem } from './docker/engine/endpoint.ts';
export { defaultPath, type Environment, withVariables } from './environment.ts';
export { LaunchError } from './errors.ts';
export { type ExitStatus, toWaitStatus } from './exit-status.ts';
export { checkIsolation, isolationProblem, unbuiltIsolators } from './mesos/isolators/make-isolators.ts';
export { isLoggerName } from './mesos/logs/logger-settings.ts';
export { findGpus } from './mesos/nvidia/offered-gpus.ts';
export { accountsProblem, imageGcProblem, imagesProblem, registryProblem } from './mesos/provisioner/flag-problems.ts';
export { readMountPoints, unmount } from './mount-points.ts';
export {
  linkTaskSandbox,
  makeSandbox,
  nestedSandbox,
  nestedSandboxes,
  openSandbox,
  removeDirectories,
  removeSandbox,
} from './sandboxes.ts';
export { signalName } from './signals.ts';
export { gidRangeProblem, parseGidRange } from './volumes/gids/gid-range.ts';
export { VolumeGids } from './volumes/gids/volume-gids.ts';
export { linkVolume, unlinkVolume } from './volumes/links.ts';
export { isVolume, isWholeDisk, volumePath } from './volumes/persistent-volume.ts';
