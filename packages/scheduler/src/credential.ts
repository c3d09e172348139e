/** How a client of a cluster proves who it is. */
import { readFile } from 'node:fs/promises';
import { parseJson } from '@meseta/protocol';
import { systemProblem } from '@meseta/system/system-problem';

/** A principal with its secret, or a token (JWT). Do not log it. */
export type Credential =
  | { readonly principal: string; readonly secret: string }
  | { readonly principal?: undefined; readonly token: string };

/** What the clients of this package take. */
export interface ClientAccess {
  /** Sent with every request to the daemon, and only to that. Default: none, requests are anonymous. */
  readonly credential?: Credential | undefined;
}

/** A file has no credential that can be used. The message names the file and never what is in it. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
  readonly code = 'CREDENTIAL_INVALID';
}

/** What a file of a credential may contain, for messages. */
const forms = 'expecting {"principal":"…","secret":"…"}, {"token":"…"}, a principal and its secret, or a token alone';

/** The characters of a Bearer token. @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const tokenForm = /^[\w.~+/-]+=*$/;

/**
 * Reads a credential from a file: JSON `{"principal":"…","secret":"…"}` or a line of principal and secret as Mesos's
 * `--credential`, JSON `{"token":"…"}`, or a token alone.
 *
 * @throws {CredentialError} when it cannot be read or has another form.
 */
export async function readCredential(path: string): Promise<Credential> {
  const text = await readFile(path, 'utf8').catch(cause => {
    throw new CredentialError(`Cannot read the credential file '${path}': ${systemProblem(cause)}`);
  });
  const credential = text.trimStart().startsWith('{') ? ofJson(text) : ofWords(text.trim().split(/\s+/));
  // Without the cause: what the parser says may quote the secret.
  if (credential === undefined) throw new CredentialError(`There is no credential in '${path}': ${forms}`);
  return credential;
}

/** Returns the headers that a credential adds to a request; none without a credential. */
export function headersOf(credential: Credential | undefined): Readonly<Record<string, string>> | undefined {
  return credential && { Authorization: authorizationOf(credential) };
}

function authorizationOf(credential: Credential): string {
  if (credential.principal === undefined) return `Bearer ${credential.token}`;
  return `Basic ${Buffer.from(`${credential.principal}:${credential.secret}`).toString('base64')}`;
}

function ofJson(text: string): Credential | undefined {
  let value: { principal?: unknown; secret?: unknown; token?: unknown };
  try {
    value = parseJson(text) as typeof value;
  } catch {
    return undefined;
  }
  const { principal, secret, token } = value;
  if (token !== undefined) {
    return typeof token === 'string' && principal === undefined && secret === undefined ? tokenOf(token) : undefined;
  }
  return typeof principal === 'string' && typeof secret === 'string' ? ofPrincipal(principal, secret) : undefined;
}

function ofWords([first = '', second, ...more]: readonly string[]): Credential | undefined {
  if (more.length > 0) return undefined;
  return second === undefined ? tokenOf(first) : ofPrincipal(first, second);
}

/** The header cannot carry a principal with a colon. */
function ofPrincipal(principal: string, secret: string): Credential | undefined {
  return principal === '' || principal.includes(':') ? undefined : { principal, secret };
}

function tokenOf(text: string): Credential | undefined {
  return tokenForm.test(text) ? { token: text } : undefined;
}
