import { type Dispatcher, request } from 'undici';
import type { Credentials } from '../docker/docker-config.ts';
import { ImageError } from '../image-error.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { readText } from './read-text.ts';

const maximumTokenBytes = 1024 * 1024;

/** What a registry wants of its clients. */
export interface TokenOptions {
  readonly dispatcher: Dispatcher;
  /** The registry, for messages and for the rules of sending passwords. */
  readonly registry: URL;
  readonly credentials: Credentials | undefined;
}

/**
 * Answers the challenge of a registry with the value of a header `Authorization`: a password, or a token that another
 * server gives for it.
 *
 * @returns undefined when there is nothing that could be sent.
 * @throws {ImageError} and errors of the connection.
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export async function answerChallenge(
  header: string | readonly string[] | undefined,
  options: TokenOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const challenges = parseChallenges([header ?? []].flat().join(', '));
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer !== undefined) return `Bearer ${await fetchToken(bearer, options, signal)}`;
  const { credentials } = options;
  const basic = challenges.some(({ scheme }) => scheme === 'basic');
  return basic && credentials?.kind === 'password' ? basicHeader(credentials) : undefined;
}

async function fetchToken({ parameters }: Challenge, options: TokenOptions, signal: AbortSignal): Promise<string> {
  const { registry, credentials, dispatcher } = options;
  const url = URL.parse(parameters.get('realm') ?? '');
  const isAllowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && registry.protocol === 'http:');
  if (url === null || !isAllowed) {
    const realm = parameters.get('realm') ?? '';
    throw new ImageError(
      'REGISTRY',
      `${registry.host} wants a token of '${realm}', which is no address to get one from`,
    );
  }
  const asked = new Map([...parameters].filter(([name]) => name === 'service' || name === 'scope'));
  const { statusCode, body } = await (credentials?.kind === 'token'
    ? exchangeToken(url, credentials.token, asked, { dispatcher, signal })
    : getToken(url, credentials, asked, { dispatcher, signal }));
  const text = await readText(body, maximumTokenBytes, `the token server ${url.host}`);
  if (statusCode === 401 || statusCode === 403) {
    const help = credentials === undefined ? 'it wants an account' : 'it does not take the account';
    const where = 'accounts are in --docker_config of the agent';
    throw new ImageError('UNAUTHORIZED', `${url.host} gives no token (status ${statusCode}): ${help}; ${where}`);
  }
  if (statusCode !== 200)
    throw new ImageError('REGISTRY', `${url.host} gives no token (status ${statusCode}); try again`);
  return tokenOf(text, url);
}

interface Sending {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
}

function getToken(
  url: URL,
  credentials: Credentials | undefined,
  asked: ReadonlyMap<string, string>,
  sending: Sending,
): Promise<Dispatcher.ResponseData> {
  for (const [name, value] of asked) url.searchParams.set(name, value);
  const headers = credentials?.kind === 'password' ? { authorization: basicHeader(credentials) } : {};
  return request(url, { ...sending, headers });
}

/** Exchanges a token that stands for a password. @see https://distribution.github.io/distribution/spec/auth/oauth/ */
function exchangeToken(
  url: URL,
  token: string,
  asked: ReadonlyMap<string, string>,
  sending: Sending,
): Promise<Dispatcher.ResponseData> {
  const form = { grant_type: 'refresh_token', client_id: 'meseta', refresh_token: token, ...Object.fromEntries(asked) };
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return request(url, { ...sending, method: 'POST', headers, body: new URLSearchParams(form).toString() });
}

function tokenOf(text: string, { host }: URL): string {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (cause) {
    throw new ImageError('REGISTRY', `${host} answered with no token, but something that is not JSON`, { cause });
  }
  const { token, access_token: access } = (answer ?? {}) as {
    readonly token?: unknown;
    readonly access_token?: unknown;
  };
  const found = [token, access].find(each => typeof each === 'string' && /^[\x21-\x7e]+$/.test(each));
  if (found === undefined) throw new ImageError('REGISTRY', `${host} answered without a token`);
  return found as string;
}

function basicHeader({ user, password }: Credentials & { readonly kind: 'password' }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
