/** For tests: a Docker engine and a registry, as real as those of users. */
export {
  busybox,
  needsDocker,
  sharedEngine,
  startDockerEngine,
  type TestEngine,
  type TestEngineOptions,
} from './engine.ts';
export { type DockerRegistry, htpasswd, needsRegistry, startDockerRegistry } from './registry.ts';
