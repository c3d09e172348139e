import {
  type AccessControl,
  type AuthenticationParts,
  createAuthenticators,
  httpAuthentication,
  type Realm,
  readCredentials,
} from '@meseta/daemon';
import type { ModuleRegistry } from '@meseta/modules';
import type { AgentFlags } from '../flags.ts';

/**
 * Makes the authentication over HTTP that the agent's flags ask for.
 *
 * @param key of `--jwt_secret_key`.
 * @throws {CredentialsError} {AuthenticationSetupError} {ModuleError} the agent must not start.
 * @see Mesos src/slave/slave.cpp, Slave::initialize
 */
export async function agentAuthentication(
  flags: AgentFlags,
  key: Buffer | undefined,
  { modules, ...parts }: AuthenticationParts & { readonly modules: ModuleRegistry },
): Promise<Pick<AccessControl, 'authenticate'>> {
  const { http_credentials: path, authenticate_http_executors: executors } = flags;
  const warn = (message: string) => parts.log.warning(message);
  const secrets = path === undefined ? undefined : readCredentials(path, { flag: '--http_credentials', warn });
  const names = flags.http_authenticators ?? (executors ? 'basic,jwt' : 'basic');
  if (executors && names.split(',').every(name => name.trim() === 'basic')) {
    warn("No executor can authenticate: --http_authenticators has neither 'jwt' nor a module");
  }
  const realms: readonly [asked: boolean, realm: Realm][] = [
    [executors, 'mesos-agent-executor'],
    [flags.authenticate_http_readonly, 'mesos-agent-readonly'],
    [flags.authenticate_http_readwrite, 'mesos-agent-readwrite'],
  ];
  const asked = realms.flatMap(([isAsked, realm]) => (isAsked ? [[realm, names] as const] : []));
  const module = (name: string) => modules.httpAuthenticator(name);
  return httpAuthentication(await createAuthenticators(new Map(asked), { secrets, key, module, ...parts }), parts);
}
