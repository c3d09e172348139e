/** Chooses where the principal and secret of an agent come from, by `--authenticatee` and `--credential`. */
import { type Credential, readCredential } from '@meseta/daemon';
import type { ModuleRegistry } from '@meseta/modules';
import { formatAddress } from '@meseta/process';
import type { AgentFlags } from '../flags.ts';
import type { CredentialSource } from './authentication.ts';

/** Reads the file of `--credential`; undefined when there is none. @throws {CredentialsError} */
export function credentialOf(
  { credential: path }: Pick<AgentFlags, 'credential'>,
  warn: (message: string) => void,
): Credential | undefined {
  return path === undefined ? undefined : readCredential(path, { flag: '--credential', warn });
}

/**
 * Returns the source of the credential; undefined when the agent registers without authentication.
 *
 * @param own what the file of `--credential` contains, which a module gets to see.
 * @throws {ModuleError} when the module of `--authenticatee` cannot be used.
 */
export async function credentialSource(
  { authenticatee: name, credential: path }: Pick<AgentFlags, 'authenticatee' | 'credential'>,
  own: Credential | undefined,
  modules: ModuleRegistry,
): Promise<CredentialSource | undefined> {
  if (name === 'crammd5') {
    return own && { place: `in '${path ?? ''}'`, credential: async () => own };
  }
  const module = await modules.authenticatee(name);
  return {
    place: `of authenticatee module '${name}'`,
    credential: master => module.credential({ master: formatAddress(master), ...(own && { credential: own }) }),
  };
}
