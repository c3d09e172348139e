/** `/ui/session`: signing in to the web UI, and out. */
import { type AccessControl, type DaemonRoute, openTo, type Realm } from '@meseta/daemon';
import { empty, failure, isOwnPage, json, type Request, type Response } from '@meseta/process';
import type { Logger } from '@meseta/telemetry';
import { quietly, sessionOf } from './access.ts';
import type { Sessions } from './sessions.ts';
import { setCookie, tokenIn } from './token.ts';

/** What signing in works with. */
export interface SignInParts {
  /** Authentication without the cookie. */
  readonly access: Pick<AccessControl, 'authenticate'>;
  readonly sessions: Sessions;
  /** The realm whose authenticators are asked. */
  readonly realm: Realm;
  /** Their schemes, such as `Basic`. */
  readonly schemes: readonly string[];
  /** Whether the master speaks TLS. */
  readonly speaksTls: boolean;
  readonly log: Logger;
}

const fresh = { 'Cache-Control': 'no-store' };

/** Makes the route. @param parts undefined: the master requires no authentication. */
export function sessionRoute(parts: SignInParts | undefined): DaemonRoute {
  return {
    path: '/ui/session',
    realm: undefined,
    help: {
      summary: 'Signs a browser in to the web UI, and out.',
      description:
        'POST takes credentials once, as any request does, and answers with a cookie that stands for them, on pages of this master only. ' +
        '`{"principal": "ops", "authentication": true, "session": true, "schemes": ["Basic"]}` is the answer to GET: who sends it, whether that must be known, whether the cookie says so, and how else one can.',
      statuses: {
        200: 'Who is signed in.',
        204: 'Signed in, or out.',
        401: 'The credentials are missing or wrong.',
        403: 'A page of another origin has sent it.',
        429: 'Too many wrong credentials came from this address.',
      },
    },
    does: {
      GET: openTo('It tells senders who they are.', request => (parts ? tell(parts, request) : anonymous(request))),
      POST: openTo('It asks the authenticators itself.', request =>
        parts ? signIn(parts, request) : empty(204, fresh),
      ),
      DELETE: openTo('It ends the session of its sender only.', request =>
        parts ? signOut(parts, request) : empty(204, fresh),
      ),
    },
  };
}

const anonymous = (request: Request) =>
  uncached({ principal: null, authentication: false, session: false, schemes: [] }, request);

function uncached(answer: object, request: Request): Response {
  const shown = json(answer, request);
  return shown.status === 200 ? { ...shown, headers: { ...shown.headers, ...fresh } } : shown;
}

async function tell({ access, sessions, realm, schemes }: SignInParts, request: Request): Promise<Response> {
  const session = sessionOf(request, sessions);
  // A proxy may say who sends each request, and needs no cookie.
  const { principal } = session ?? (await access.authenticate(request, realm));
  const answer = { principal: principal?.value ?? null, authentication: true, session: session !== undefined, schemes };
  return uncached(answer, request);
}

async function signIn(parts: SignInParts, request: Request): Promise<Response> {
  const { access, sessions, realm, log } = parts;
  const { headers, peer } = request;
  if (!isOwnPage(headers)) {
    return failure(
      'ORIGIN_FOREIGN',
      'Only pages of this master sign in, and they must be asked for by the host that the browser shows: a proxy in between must keep Host\n',
    );
  }
  const { principal, refusal } = quietly(await access.authenticate(request, realm), request);
  if (refusal) return refusal;
  if (principal?.value === undefined) return failure('AUTHENTICATION_REQUIRED');
  const token = sessions.begin(principal);
  if (token === undefined) return failure('PRINCIPAL_TOO_LONG');
  const before = sessionOf(withoutCredentials(request), sessions);
  if (before) await sessions.end(before);
  log.info('Signed in to the web UI', { principal: principal.value, address: peer.address });
  return empty(204, { ...fresh, 'Set-Cookie': setCookie(token, { secure: isSecure(parts, request) }) });
}

async function signOut(parts: SignInParts, request: Request): Promise<Response> {
  const { sessions, log } = parts;
  const session = sessionOf(withoutCredentials(request), sessions);
  if (session) {
    await sessions.end(session);
    log.info('Signed out of the web UI', { principal: session.principal.value, address: request.peer.address });
  }
  const hadCookie = tokenIn(request.headers.cookie) !== undefined;
  const secure = isSecure(parts, request);
  return empty(204, { ...fresh, ...(hadCookie && { 'Set-Cookie': setCookie(undefined, { secure }) }) });
}

const withoutCredentials = ({ url, headers: { authorization: _, ...headers } }: Request) => ({ url, headers });

/** A browser names the scheme that it uses, also where a proxy ends TLS. */
function isSecure({ speaksTls }: SignInParts, { headers: { origin } }: Request): boolean {
  return origin === undefined ? speaksTls : origin.startsWith('https:');
}
