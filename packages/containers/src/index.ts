/**
 * The contract of containerizers: all that the agent sees of containers, and the one function that makes the containerizer
 * which its flags ask for. What containers are made of stays in this package.
 */
export { type ContainerId, type ContainerKey, containerKey } from './container-id.ts';
export type {
  Containerizer,
  KnownContainer,
  RecoveredContainer,
  Recovery,
  Termination,
} from './containerizer.ts';
export { createContainerizer } from './create-containerizer.ts';
export { type Environment, withVariables } from './environment.ts';
export { LaunchError } from './errors.ts';
export { type ExitStatus, toWaitStatus } from './exit-status.ts';
export { unbuiltIsolators } from './mesos/isolators/make-isolators.ts';
export { signalName } from './signals.ts';
