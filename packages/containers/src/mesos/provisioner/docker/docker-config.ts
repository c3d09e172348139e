import type { Image } from '@meseta/protocol';
import { ImageError } from '../image-error.ts';

/** An account of a registry. */
export type Credentials =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** A token to get other tokens with, in place of a password. */
  | { readonly kind: 'token'; readonly token: string };

/** Returns the account for a registry (`host[:port]`), if there is one. */
export type DockerAccounts = (registry: string) => Credentials | undefined;

/** Names of Docker Hub in a config.json, and the host of its registry. */
const dockerHub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.docker.io']);

/**
 * Reads the accounts of a config.json of Docker: `{ "auths": { "HOST": { "auth": "BASE64 OF USER:PASSWORD" } } }`. The
 * old form without `auths` (.dockercfg) is understood, too.
 *
 * @throws {ImageError} `INVALID`
 */
export function dockerAccounts(config: unknown): DockerAccounts {
  const { auths = config, credsStore, credHelpers } = object(config, 'it');
  if (
    credsStore !== undefined ||
    (credHelpers !== undefined && Object.keys(object(credHelpers, 'credHelpers')).length > 0)
  ) {
    throw invalid('programs that keep passwords (credsStore, credHelpers) are not supported; write auths');
  }
  const accounts = new Map<string, Credentials>();
  for (const [name, entry] of Object.entries(object(auths, 'auths'))) {
    const credentials = credentialsOf(name, object(entry, `auths['${name}']`));
    if (credentials !== undefined) accounts.set(hostOf(name), credentials);
  }
  return registry => accounts.get(hostOf(registry));
}

/** Reads the accounts that an image brings for itself; undefined when it brings none. @throws {ImageError} */
export function accountsOfImage({ docker }: Image): DockerAccounts | undefined {
  const { config } = docker ?? {};
  if (config === undefined) return undefined;
  if (config.type === 'REFERENCE' || config.value?.data === undefined) {
    throw new ImageError('UNSUPPORTED', "The account of its registry ('docker.config') must be a secret of type VALUE");
  }
  return dockerAccounts(parse(Buffer.from(config.value.data, 'base64').toString('utf8')));
}

function credentialsOf(name: string, entry: Record<string, unknown>): Credentials | undefined {
  const { auth, username, password, identitytoken } = entry;
  if (typeof identitytoken === 'string' && identitytoken !== '') return { kind: 'token', token: identitytoken };
  if (typeof username === 'string' && typeof password === 'string')
    return { kind: 'password', user: username, password };
  if (auth === undefined || auth === '') return undefined;
  if (typeof auth !== 'string') throw invalid(`the 'auth' of '${name}' is no text`);
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 1) throw invalid(`the 'auth' of '${name}' is not the base64 form of USER:PASSWORD`);
  return { kind: 'password', user: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/\0+$/, '') };
}

/** Returns the host of a name in config.json, which may be a URL: `https://index.docker.io/v1/`. */
function hostOf(name: string): string {
  const [host = ''] = name.replace(/^https?:\/\//, '').split('/');
  return dockerHub.has(host) ? 'docker.io' : host.toLowerCase();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ImageError('INVALID', 'The account of its registry is not JSON', { cause });
  }
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${what} is no JSON object`);
  return value as Record<string, unknown>;
}

function invalid(problem: string): ImageError {
  return new ImageError('INVALID', `Docker's config.json is invalid: ${problem}`);
}
