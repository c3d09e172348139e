/** Authentication over HTTP: the part `authenticate` of a daemon's access control. */
import { type FailureCode, failure, type Request, type Response } from '@meseta/process';
import type { Clock } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { AccessControl, Authentication, Realm } from '../access-control.ts';
import { settled } from '../settled.ts';
import { type AuthenticationResult, forbiddenBody, type HttpAuthenticator, unauthorizedBody } from './authenticator.ts';
import { GuessThrottle } from './guess-throttle.ts';

/** What authentication works with. */
export interface AuthenticationParts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

const anonymous: Authentication = {};

/**
 * Passwords can be guessed. Tokens cannot, so those who send wrong ones are not slowed down: executors with a token of
 * another key come again and again, and others of the same machine must not wait for them.
 */
const isPassword = (authorization: string) => !/^bearer /i.test(authorization);

/** Seconds, for clients whose attempts are not looked at. */
const retryAfter = '8';

/**
 * Returns the function that finds out who sends a request. In realms without an authenticator all requests are
 * anonymous, whatever they send.
 *
 * Requests with wrong credentials are counted in `process/authentication/failures`, those that had to wait in
 * `…/delays`, and those that were not looked at in `…/refusals`.
 */
export function httpAuthentication(
  authenticators: ReadonlyMap<Realm, HttpAuthenticator>,
  { log, metrics, clock }: AuthenticationParts,
): Pick<AccessControl, 'authenticate'> {
  if (authenticators.size === 0) return { authenticate: () => anonymous };
  const throttle = new GuessThrottle(clock);
  const failures = metrics.counter('process/authentication/failures');
  const delays = metrics.counter('process/authentication/delays');
  const refusals = metrics.counter('process/authentication/refusals');

  /** Looks at a request, and notes whether its credentials are right. */
  const judge = (authenticator: HttpAuthenticator, request: Request, realm: Realm) =>
    settled(authenticator.authenticate(request, realm), result => {
      const { peer } = request;
      const { authorization } = request.headers;
      const isGuess = authorization !== undefined && isPassword(authorization);
      if (isGuess && 'principal' in result) throttle.right(peer, authorization);
      if (authorization !== undefined && 'unauthorized' in result) {
        failures.increment();
        if (isGuess && throttle.wrong(peer))
          log.warning('Slowing down a client: its credentials are wrong', { address: peer.address, realm });
      }
      return authenticationOf(result);
    });

  return {
    authenticate(request, realm) {
      const authenticator = authenticators.get(realm);
      if (authenticator === undefined) return anonymous;
      const { authorization } = request.headers;
      if (authorization === undefined || !isPassword(authorization)) return judge(authenticator, request, realm);
      const turn = throttle.turn(request.peer, authorization);
      if (turn === 'now') return judge(authenticator, request, realm);
      if (turn === 'never') {
        refusals.increment();
        return { refusal: tooManyAttempts() };
      }
      delays.increment();
      return turn.later.then(() => judge(authenticator, request, realm));
    },
  };
}

function tooManyAttempts(): Response {
  const words = 'Too many requests with wrong credentials came from this address. Try again later';
  return failure('AUTHENTICATION_TOO_MANY_FAILURES', words, { 'Retry-After': retryAfter });
}

/** @throws {Error} when an authenticator answers what it may not. */
function authenticationOf(result: AuthenticationResult): Authentication {
  if ('principal' in result) {
    const { value, claims = {} } = result.principal;
    if (value !== undefined || Object.keys(claims).length > 0) return result;
    throw new Error(
      "In the principal returned by an HTTP authenticator, at least one of 'value' and 'claims' must be set",
    );
  }
  if ('forbidden' in result) return refused('NOT_AUTHORIZED', result.forbidden.body ?? forbiddenBody);
  const { challenge, body = unauthorizedBody } = result.unauthorized;
  return refused('AUTHENTICATION_REQUIRED', body, challenge === undefined ? {} : { 'WWW-Authenticate': challenge });
}

function refused(code: FailureCode, body: string, headers: Readonly<Record<string, string>> = {}): Authentication {
  return { refusal: failure(code, body, headers) };
}
