import type { SecretResolver } from '@meseta/containers/isolators';
import { fromJson, type Secret, SecretValue } from '@meseta/protocol';
import type { ModuleHost } from './module-host.ts';

/** Makes a secret resolver of a module, which runs in a thread. */
export function userSecretResolver(host: ModuleHost): SecretResolver {
  return {
    async resolve(secret: Secret) {
      const value = await host.call('resolve', [secret]);
      try {
        return fromJson(SecretValue, value);
      } catch {
        // The decoder's message may quote the secret.
        throw new TypeError(`module '${host.name}' must return {"data": "…"}, with the value in base64`);
      }
    },
  };
}
