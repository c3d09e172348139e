/** Authentication of requests that come to an agent through its master. */
import { failure, type Request } from '@meseta/process';
import type { Clock } from '@meseta/system';
import type { AccessControl, Authentication, Realm } from '../access-control.ts';
import { schemeOf } from './authenticator.ts';
import { quotable } from './bearer.ts';
import { claimsToBeOfMaster, readProxyToken } from './proxy-token.ts';

/** What tokens of masters are checked with. */
export interface ProxyTokenParts {
  /** Of `--agent_proxy_key`; undefined: tokens of masters are those of strangers. */
  readonly key: Buffer | undefined;
  /** Returns the own id; undefined while there is none. */
  readonly agentId: () => string | undefined;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Adds the tokens of masters to an agent's access control: the principal that one names is the principal of the request,
 * also in realms that require no authentication. A wrong token is refused. Requests without one, and those of executors,
 * are authenticated as before.
 */
export function withProxyTokens(access: AccessControl, { key, agentId, clock }: ProxyTokenParts): AccessControl {
  if (key === undefined) return access;
  return {
    ...access,
    authenticate(request, realm) {
      const token = realm === 'mesos-agent-executor' ? undefined : tokenOf(request);
      if (token === undefined) return access.authenticate(request, realm);
      const reading = readProxyToken(token, key, agentId(), clock.now());
      return 'problem' in reading ? refused(reading.problem, realm) : { principal: { value: reading.principal } };
    },
  };
}

/** Returns the token of a master that a request has; undefined: it has none. */
function tokenOf({ headers: { authorization } }: Request): string | undefined {
  const [scheme, token] = (authorization && schemeOf(authorization)) || [];
  return scheme?.toLowerCase() === 'bearer' && token && claimsToBeOfMaster(token) ? token : undefined;
}

function refused(problem: string, realm: Realm): Authentication {
  const words = `Invalid JWT: ${problem}`;
  const challenge = `Bearer realm="${realm}", error="invalid_token", error_description="${quotable(words)}"`;
  return { refusal: failure('AUTHENTICATION_REQUIRED', words, { 'WWW-Authenticate': challenge }) };
}
