/** The client of the Docker engine, apart from the package's index: an agent without one does not load it. */
export type {
  /** @public What `createDockerEngine` returns. */
  DockerEngine,
} from './docker-engine.ts';
export {
  /** @public Where the engine of `createDockerEngine` is. */
  engineEndpoint,
} from './endpoint.ts';
export {
  /** @public For what runs containers on an engine. */
  createDockerEngine,
} from './engine-client.ts';
