import type { ImageReference } from '../docker/reference.ts';
import { ImageError } from '../image-error.ts';

/** Where an image is: a registry and a repository in it. */
export interface RegistryAddress {
  /** `https://host:port`. */
  readonly origin: string;
  /** By which accounts are found: `docker.io`, `host:port`. */
  readonly host: string;
  readonly repository: string;
}

const dockerHub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.docker.io']);
const dockerHubOrigin = 'https://registry-1.docker.io';

/**
 * Parses the address of `--docker_registry`.
 *
 * @throws {ImageError} `INVALID`
 */
export function parseRegistryUrl(text: string): URL {
  const url = URL.parse(text);
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === null || !isWeb || url.host === '' || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    const forms = 'https://HOST, http://HOST:PORT for a registry without TLS, or a directory of archives: /PATH';
    throw new ImageError('INVALID', `not a registry; allowed: ${forms}`);
  }
  return url;
}

/**
 * Returns the registry and the repository of an image. A registry in its name takes precedence over the agent's. It is
 * asked over TLS, except on this machine, and except where `--docker_registry` is the same host with `http://`.
 */
export function registryAddress({ registry, repository }: ImageReference, agents: URL): RegistryAddress {
  const host = registry ?? agents.host;
  if (dockerHub.has(host)) {
    const official = repository.includes('/') ? repository : `library/${repository}`;
    return { origin: dockerHubOrigin, host: 'docker.io', repository: official };
  }
  if (host === agents.host) return { origin: agents.origin, host, repository };
  return { origin: `${isThisMachine(host) ? 'http' : 'https'}://${host}`, host, repository };
}

function isThisMachine(host: string): boolean {
  const { hostname, port } = URL.parse(`http://${host}`) ?? { hostname: '', port: '' };
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  return isLoopback && port !== '443';
}
