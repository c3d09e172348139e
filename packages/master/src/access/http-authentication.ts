import {
  type AccessControl,
  type AuthenticationParts,
  type Credentials,
  createAuthenticators,
  httpAuthentication,
  type Realm,
  settled,
} from '@meseta/daemon';
import type { ModuleRegistry } from '@meseta/modules';
import type { MasterFlags } from '../flags.ts';
import { principalWithoutValue } from './principal-without-value.ts';

/** What authentication works with. */
export interface MasterAuthenticationParts extends AuthenticationParts {
  readonly modules: ModuleRegistry;
  /** Of `--credentials`; undefined: there are none. */
  readonly secrets: Credentials | undefined;
}

/**
 * Makes the authentication over HTTP that the master's flags ask for.
 *
 * @throws {AuthenticationSetupError} {ModuleError} the master must not start.
 * @see Mesos src/master/master.cpp, Master::initialize
 */
export async function masterAuthentication(
  flags: MasterFlags,
  { modules, secrets, ...parts }: MasterAuthenticationParts,
): Promise<Pick<AccessControl, 'authenticate'>> {
  const { http_authenticators: names, http_framework_authenticators: ofFrameworks } = flags;
  const realms: readonly [asked: boolean, realm: Realm, names: string | undefined][] = [
    [flags.authenticate_http_readonly, 'mesos-master-readonly', names],
    [flags.authenticate_http_readwrite, 'mesos-master-readwrite', names],
    [flags.authenticate_http_frameworks, 'mesos-master-scheduler', ofFrameworks],
  ];
  const asked = realms.flatMap(([isAsked, realm, list]) =>
    isAsked && list !== undefined ? [[realm, list] as const] : [],
  );
  const module = (name: string) => modules.httpAuthenticator(name);
  const authenticators = await createAuthenticators(new Map(asked), { secrets, module, ...parts });
  const { authenticate } = httpAuthentication(authenticators, parts);
  if (authenticators.size === 0) return { authenticate };
  return {
    authenticate: (request, realm) =>
      settled(authenticate(request, realm), found => {
        const refusal = principalWithoutValue(found.principal);
        return refusal ? { refusal } : found;
      }),
  };
}
