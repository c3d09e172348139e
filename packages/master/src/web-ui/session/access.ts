/** Authentication by the cookie of the web UI. */
import { type AccessControl, type Authentication, type Realm, settled } from '@meseta/daemon';
import { isFromBrowser, isOwnPage, type Request, type Response } from '@meseta/process';
import type { Sessions } from './sessions.ts';
import { type Session, tokenIn } from './token.ts';

/**
 * Adds the cookie to a master's access control: in realms that require authentication, the principal that has signed in is that of the
 * request. Credentials in the request count first. Frameworks have no cookie.
 *
 * @param options.realms that require authentication.
 * @param options.isQuiet the web UI asks for passwords itself, unlike others in its place: see {@link quietly}.
 */
export function withSessions(
  access: AccessControl,
  sessions: Sessions,
  { realms, isQuiet }: { readonly realms: ReadonlySet<Realm>; readonly isQuiet: boolean },
): AccessControl {
  return {
    ...access,
    authenticate(request, realm) {
      const session = realms.has(realm) ? sessionOf(request, sessions) : undefined;
      if (session) return { principal: session.principal, onEnd: end => sessions.onEnd(session, end) };
      const found = access.authenticate(request, realm);
      return isQuiet ? settled(found, each => quietly(each, request)) : found;
    },
  };
}

/**
 * Returns the session of a request; undefined: it has none that counts. Pages of other origins have none, also those that may use the
 * master by `--allowed_origins`. Answers with `jsonp` are scripts, which pages of others can load: for them it does not count either.
 */
export function sessionOf({ headers, url }: Pick<Request, 'headers' | 'url'>, sessions: Sessions): Session | undefined {
  if (headers.authorization !== undefined) return undefined;
  const token = tokenIn(headers.cookie);
  if (token === undefined || url.includes('jsonp=') || !isOwnPage(headers)) return undefined;
  return sessions.of(token);
}

/** Schemes for which browsers ask their users in a window of their own. */
const asking = /(^|,\s*)(?:Basic|Digest|NTLM|Negotiate)(?=[\s,]|$)/gi;

/**
 * Keeps a browser from asking for a password in a window of its own, when a script has sent the request: the page asks. Who opens an
 * address of the API by hand is asked.
 */
export function quietly(found: Authentication, { headers }: Pick<Request, 'headers'>): Authentication {
  const challenge = found.refusal?.headers?.['WWW-Authenticate'];
  if (challenge === undefined || !isFromBrowser(headers) || headers.accept?.includes('text/html')) return found;
  const refusal = {
    ...found.refusal,
    headers: { ...found.refusal?.headers, 'WWW-Authenticate': challenge.replace(asking, '$1Session') },
  };
  return { refusal: refusal as Response };
}
