/** Several authenticators for one realm. */
import type { Realm } from '../access-control.ts';
import { settled } from '../settled.ts';
import {
  type AuthenticatedRequest,
  type AuthenticationResult,
  forbiddenBody,
  type HttpAuthenticator,
  unauthorizedBody,
} from './authenticator.ts';

/** The answer of an authenticator that does not know the sender, or how it failed. */
interface Failed {
  readonly scheme: string;
  readonly result: Exclude<AuthenticationResult, { principal: unknown }> | { readonly error: string };
}

/**
 * Asks authenticators in their order until one knows the sender. When none does, the answer is 401 with all challenges
 * if any of them answers 401, else 403 if any answers 403.
 *
 * @see Mesos src/authentication/http/combined_authenticator.cpp
 */
export class CombinedAuthenticator implements HttpAuthenticator {
  readonly scheme: string;
  readonly #authenticators: readonly HttpAuthenticator[];

  constructor(authenticators: readonly HttpAuthenticator[]) {
    this.#authenticators = authenticators;
    this.scheme = [...new Set(authenticators.map(({ scheme }) => scheme))].join(' ');
  }

  authenticate(request: AuthenticatedRequest, realm: Realm): AuthenticationResult | Promise<AuthenticationResult> {
    return this.#ask(request, realm, 0, []);
  }

  #ask(
    request: AuthenticatedRequest,
    realm: Realm,
    index: number,
    failed: readonly Failed[],
  ): AuthenticationResult | Promise<AuthenticationResult> {
    const authenticator = this.#authenticators[index];
    if (authenticator === undefined) return combine(failed);
    const { scheme } = authenticator;
    return settled(attempt(authenticator, request, realm), result =>
      'principal' in result ? result : this.#ask(request, realm, index + 1, [...failed, { scheme, result }]),
    );
  }
}

type Attempt = AuthenticationResult | { readonly error: string };

function attempt(
  authenticator: HttpAuthenticator,
  request: AuthenticatedRequest,
  realm: Realm,
): Attempt | Promise<Attempt> {
  const failed = (error: unknown) => ({ error: (error as Error).message });
  try {
    const answer = authenticator.authenticate(request, realm);
    return answer instanceof Promise ? answer.catch(failed) : answer;
  } catch (error) {
    return failed(error);
  }
}

function combine(failed: readonly Failed[]): AuthenticationResult {
  const said = (scheme: string, body: string) => (body === '' ? [] : [`"${scheme}" authenticator returned:\n${body}`]);
  const joined = (bodies: readonly string[]) => bodies.join('\n\n');
  const unauthorized = failed.flatMap(({ scheme, result }) =>
    'unauthorized' in result ? [{ scheme, ...result.unauthorized }] : [],
  );
  if (unauthorized.length > 0) {
    const challenges = unauthorized.flatMap(({ challenge }) => challenge ?? []);
    const body = joined(unauthorized.flatMap(({ scheme, body = unauthorizedBody }) => said(scheme, body)));
    return { unauthorized: { body, ...(challenges.length > 0 && { challenge: challenges.join(',') }) } };
  }
  const forbidden = failed.flatMap(({ scheme, result }) =>
    'forbidden' in result ? [{ scheme, ...result.forbidden }] : [],
  );
  if (forbidden.length > 0) {
    return { forbidden: { body: joined(forbidden.flatMap(({ scheme, body = forbiddenBody }) => said(scheme, body))) } };
  }
  throw new Error(
    joined(failed.flatMap(({ scheme, result }) => ('error' in result ? said(scheme, result.error) : []))),
  );
}
