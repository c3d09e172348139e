/** The client of the Docker engine, apart from the package's index: an agent without one does not load it. */
export type { DockerEngine } from './docker-engine.ts';
export { engineEndpoint } from './endpoint.ts';
export { createDockerEngine } from './engine-client.ts';
