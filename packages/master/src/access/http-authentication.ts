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

/** Authentication over HTTP, and the schemes in which browsers may send credentials. */
export interface MasterAuthentication extends Pick<AccessControl, 'authenticate'> {
  /** Of the realm for changes, else of that for views, such as `Basic`; none where neither requires authentication. */
  readonly schemes: readonly string[];
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
): Promise<MasterAuthentication> {
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
  const ofBrowsers = authenticators.get('mesos-master-readwrite') ?? authenticators.get('mesos-master-readonly');
  const schemes = ofBrowsers?.scheme.split(' ') ?? [];
  if (authenticators.size === 0) return { authenticate, schemes };
  return {
    schemes,
    authenticate: (request, realm) =>
      settled(authenticate(request, realm), found => {
        const refusal = principalWithoutValue(found.principal);
        return refusal ? { refusal } : found;
      }),
  };
}
