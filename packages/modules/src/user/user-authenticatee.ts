import type { Credential } from '@meseta/daemon';
import { ModuleError } from '../errors.ts';
import type { ModuleHost } from './module-host.ts';
import type { AuthenticationContext } from './user-module.ts';

/** The longest principal and secret, in characters. */
const longestText = 1024;

/** Says by which principal and secret an agent authenticates. */
export interface Authenticatee {
  /** The name of the module. */
  readonly name: string;
  /**
   * @throws {ModuleCallError} when the module fails.
   * @throws {TypeError} when it returns something else; the message does not quote it.
   */
  credential(context: AuthenticationContext): Promise<Credential>;
}

/**
 * Makes an authenticatee of a module, which runs in a thread.
 *
 * @throws {ModuleError} when the module cannot be asked.
 */
export function userAuthenticatee(host: ModuleHost): Authenticatee {
  const { name } = host;
  if (!host.has('credential')) {
    throw new ModuleError('MODULE_FAILED', `Cannot use module '${name}': it has no method 'credential'`);
  }
  return {
    name,
    async credential(context) {
      const { principal, secret } = ((await host.call('credential', [context])) ?? {}) as Record<string, unknown>;
      if (isText(principal) && isText(secret)) return { principal, secret };
      throw new TypeError(
        `credential of module '${name}' must return {"principal": …, "secret": …}, texts of 1 to ${longestText} characters`,
      );
    },
  };
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= longestText;
