/** The interface of HTTP authenticators. */
import type { Principal, Request } from '@meseta/process';
import type { Realm } from '../access-control.ts';

/** What an authenticator looks at. */
export type AuthenticatedRequest = Pick<Request, 'method' | 'url' | 'headers' | 'peer'>;

/**
 * What an authenticator finds out: who sent the request; or that the request does not prove it (401), with a challenge
 * for `WWW-Authenticate`; or that its sender is not wanted (403). Bodies have defaults, as in Mesos.
 */
export type AuthenticationResult =
  | { readonly principal: Principal }
  | { readonly unauthorized: { readonly challenge?: string; readonly body?: string } }
  | { readonly forbidden: { readonly body?: string } };

/** Finds out who sends requests. */
export interface HttpAuthenticator {
  /** The name of its scheme: `Basic`. */
  readonly scheme: string;
  /** Looks at a request. Answers at once where it can. What it throws becomes a 500, unless another one knows the sender. */
  authenticate(request: AuthenticatedRequest, realm: Realm): AuthenticationResult | Promise<AuthenticationResult>;
}

/** The body of a 401 without another one. */
export const unauthorizedBody = '401 Unauthorized.';
/** The body of a 403 without another one. */
export const forbiddenBody = '403 Forbidden.';

/**
 * Splits the header Authorization in its scheme and the rest.
 *
 * @returns undefined when there are not two words.
 */
export function schemeOf(authorization: string): readonly [scheme: string, rest: string] | undefined {
  const [scheme, rest, ...more] = authorization.split(' ');
  return scheme === undefined || rest === undefined || more.length > 0 ? undefined : [scheme, rest];
}
