/** For tests: a Docker engine and a registry, as real as those of users. */
export {
  busybox,
  needsDocker,
  sharedEngine,
  startDockerEngine,
  type TestEngine,
  /** @public The options of `startDockerEngine`. */
  type TestEngineOptions,
} from './engine.ts';
export {
  /** @public What `startDockerRegistry` returns. */
  type DockerRegistry,
  htpasswd,
  needsRegistry,
  startDockerRegistry,
} from './registry.ts';
