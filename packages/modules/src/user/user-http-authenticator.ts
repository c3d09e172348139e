import type { AuthenticationResult, HttpAuthenticator } from '@meseta/daemon';
import type { ModuleHost } from './module-host.ts';

/** The longest texts of an answer, in characters. */
const longestText = 4096;
const mostClaims = 100;

/** Makes an HTTP authenticator of a module, which runs in a thread. */
export function userHttpAuthenticator(host: ModuleHost): HttpAuthenticator {
  return {
    scheme: host.description.scheme ?? host.name,
    async authenticate({ method, url, headers, peer: { address, port } }, realm) {
      const request = { method, url, headers: { ...headers }, peer: { address, port } };
      return resultOf(await host.call('authenticate', [request, realm]), host.name);
    },
  };
}

/** @throws {TypeError} when it has another form; the message does not quote it. */
function resultOf(value: unknown, name: string): AuthenticationResult {
  const { principal, unauthorized, forbidden } = fieldsOf(value);
  const given = [principal, unauthorized, forbidden].filter(each => each !== undefined);
  const [only] = given;
  if (given.length === 1 && typeof only === 'object' && only !== null) {
    const { value: id, claims, challenge, body } = fieldsOf(only);
    const texts = [id, challenge, body].filter(each => each !== undefined);
    if (texts.every(isShort) && isClaims(claims)) return value as AuthenticationResult;
  }
  throw new TypeError(
    `module '${name}' must return one of {"principal": {"value"?: …, "claims"?: {…}}}, {"unauthorized": {"challenge"?: …,` +
      ' "body"?: …}} and {"forbidden": {"body"?: …}}',
  );
}

const fieldsOf = (value: unknown) => (value ?? {}) as Readonly<Record<string, unknown>>;

const isShort = (text: unknown) => typeof text === 'string' && text.length <= longestText;

function isClaims(claims: unknown): boolean {
  if (claims === undefined) return true;
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return false;
  const values = Object.values(claims);
  return values.length <= mostClaims && values.every(isShort);
}
