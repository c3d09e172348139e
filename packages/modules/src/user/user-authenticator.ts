import type { ModuleHost } from './module-host.ts';

/** The longest secret, in characters. */
const longestSecret = 1024;

/** Says which secrets principals have. */
export interface Authenticator {
  /**
   * @returns undefined when there is no such principal.
   * @throws {ModuleCallError} when the module fails.
   * @throws {TypeError} when it returns something else; the message does not quote it.
   */
  secretOf(principal: string): Promise<string | undefined>;
}

/** Makes an authenticator of a module, which runs in a thread. */
export function userAuthenticator(host: ModuleHost): Authenticator {
  return {
    async secretOf(principal) {
      const secret = (await host.call('secretOf', [principal])) ?? undefined;
      if (secret === undefined) return undefined;
      if (typeof secret === 'string' && secret !== '' && secret.length <= longestSecret) return secret;
      throw new TypeError(
        `secretOf of module '${host.name}' must return a text of 1 to ${longestSecret} characters, or undefined`,
      );
    },
  };
}
