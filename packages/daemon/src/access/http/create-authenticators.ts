/** Makes the authenticators that a daemon's flags name. */
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import type { Realm } from '../access-control.ts';
import type { HttpAuthenticator } from './authenticator.ts';
import { BasicAuthenticator } from './basic.ts';
import { BearerAuthenticator } from './bearer.ts';
import { CombinedAuthenticator } from './combined.ts';

/** Mesos's name of the authenticator for passwords, and of that for tokens. */
const [basic, jwt] = ['basic', 'jwt'] as const;

/** The flags ask for authentication in a way that cannot be. The daemon must not start. */
export class AuthenticationSetupError extends Error {
  override readonly name = 'AuthenticationSetupError';
  readonly code = 'AUTHENTICATION_SETUP';
}

/** What authenticators are made from. */
export interface AuthenticatorSources {
  /** Secrets by principal; undefined: there is no file of credentials. */
  readonly secrets: ReadonlyMap<string, string> | undefined;
  /** The key of tokens; undefined: there is none. */
  readonly key?: Buffer | undefined;
  /** Returns the module of that name; undefined: no module has the name. */
  readonly module: (name: string) => Promise<HttpAuthenticator | undefined>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Makes an authenticator for each realm.
 *
 * @param names of authenticators by realm, separated by commas as in the flags.
 * @throws {AuthenticationSetupError} in Mesos's words, when one cannot be made.
 * @throws {ModuleError} when a module cannot be used.
 * @see Mesos src/common/http.cpp, initializeHttpAuthenticators
 */
export async function createAuthenticators(
  names: ReadonlyMap<Realm, string>,
  sources: AuthenticatorSources,
): Promise<ReadonlyMap<Realm, HttpAuthenticator>> {
  const made = new Map<string, HttpAuthenticator>();
  const authenticators = new Map<Realm, HttpAuthenticator>();
  for (const [realm, list] of names) {
    const ofRealm: HttpAuthenticator[] = [];
    for (const name of list.split(',').map(each => each.trim())) {
      const authenticator = made.get(name) ?? (await create(name, realm, sources));
      made.set(name, authenticator);
      ofRealm.push(authenticator);
    }
    const [first, ...others] = ofRealm;
    if (first === undefined)
      throw new AuthenticationSetupError(`No HTTP authenticators specified for realm '${realm}'`);
    authenticators.set(realm, others.length === 0 ? first : new CombinedAuthenticator(ofRealm));
    sources.log.info('Requests must authenticate', { realm, authenticators: list });
  }
  return authenticators;
}

async function create(name: string, realm: Realm, sources: AuthenticatorSources): Promise<HttpAuthenticator> {
  const { secrets, key, module, clock } = sources;
  const refuse = (why: string) => {
    throw new AuthenticationSetupError(`Failed to create HTTP authenticator module '${name}': ${why}`);
  };
  if (name === basic) {
    return secrets === undefined
      ? refuse(`No credentials provided for the default 'basic' HTTP authenticator for realm '${realm}'`)
      : new BasicAuthenticator(secrets);
  }
  if (name === jwt) {
    return key === undefined
      ? refuse(`No secret key provided for the default 'jwt' HTTP authenticator for realm '${realm}'`)
      : new BearerAuthenticator(key, clock);
  }
  const found = await module(name);
  return (
    found ??
    refuse(
      `HTTP authenticator '${name}' not found. Check the spelling (compare to 'basic') or verify that the authenticator` +
        ' was loaded successfully (see --modules)',
    )
  );
}
