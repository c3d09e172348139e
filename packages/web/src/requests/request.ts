/** Requests of pages to the master, and to agents through it. */

/** Why a request was not done. */
export interface RequestProblem {
  /** Sentences, as the daemon has written them. */
  readonly message: string;
  /** The status of the answer; undefined: there was none. */
  readonly status?: number | undefined;
  /** The code of the error, as in the reference of errors. */
  readonly code?: string | undefined;
}

/** Whether a request was refused to this user. A master with `--no-agent_proxy` refuses all requests to agents. */
export const isForbidden = ({ status, code }: RequestProblem): boolean => status === 403 && code !== 'AGENT_PROXY_OFF';

/** A request was refused, or has no answer that can be used. */
export class RequestError extends Error implements RequestProblem {
  override readonly name = 'RequestError';
  readonly status: number | undefined;
  readonly code: string | undefined;

  constructor(message: string, of: { status?: number; code?: string | undefined; cause?: unknown } = {}) {
    super(message, of.cause === undefined ? undefined : { cause: of.cause });
    this.status = of.status;
    this.code = of.code;
  }
}

/** Characters of a refusal that are kept. */
const LONGEST_MESSAGE = 2000;
/** No page needs a larger answer. An agent that goes on and on would take the memory of all pages. */
const MOST_BYTES = 64 * 1024 * 1024;

const events = new EventTarget();
const unauthenticated = 'unauthenticated';

/** Calls `listener` after each 401. @returns a function that ends this. */
export function onUnauthenticated(listener: () => void): () => void {
  events.addEventListener(unauthenticated, listener);
  return () => events.removeEventListener(unauthenticated, listener);
}

/**
 * Sends a request, and returns the answer, whatever its status. A 401 asks the user to sign in again; the page stays as it is meanwhile.
 *
 * @throws {RequestError} when there is no answer, or another master leads. An abort by `init.signal` is thrown as it is.
 */
export async function masterFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, { credentials: 'same-origin', redirect: 'manual', ...init }).catch(cause => {
    if (init.signal?.aborted) throw cause;
    throw new RequestError('The master cannot be reached.', { cause });
  });
  if (response.status === 401) events.dispatchEvent(new Event(unauthenticated));
  if (response.type !== 'opaqueredirect') return response;
  throw new RequestError('Another master leads now. This one did nothing.', { status: 307, code: 'NOT_LEADING' });
}

/** Returns why a daemon has refused a request, from its answer. */
export async function refusalIn(response: Response): Promise<RequestError> {
  const { status, statusText, headers } = response;
  const bytes = await firstBytes(response, 4 * LONGEST_MESSAGE).catch(() => new Uint8Array()); // the connection broke: the status says enough
  const text = new TextDecoder().decode(bytes);
  const message = text.trim().slice(0, LONGEST_MESSAGE) || `${status} ${statusText}`;
  return new RequestError(message, { status, code: headers.get('Meseta-Error') ?? undefined });
}

/** Reads an answer to its end, or until there is so much of it. @returns at most one piece more than `most` bytes. */
async function firstBytes({ body }: Response, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = body?.getReader();
  while (reader !== undefined && length <= most) {
    const { value } = await reader.read();
    if (value === undefined) break;
    pieces.push(value);
    length += value.length;
  }
  await reader?.cancel();
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** Reads an answer. @throws {RequestError} when it is too large. An abort, or a connection that breaks, is thrown as it is. */
export async function bytesIn(response: Response, most = MOST_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await firstBytes(response, most);
  if (bytes.length <= most) return bytes;
  throw new RequestError(`The answer has more than ${most / 1024 / 1024} MB.`, { status: response.status });
}

/** Sends a request. @throws {RequestError} when it is refused, or there is no answer. An abort is thrown as it is. */
export async function request(url: string, init?: RequestInit): Promise<Response> {
  const response = await masterFetch(url, init);
  if (!response.ok) throw await refusalIn(response);
  return response;
}

const Accept = 'application/json';

/** Reads JSON. @throws {RequestError} as {@link request} does, and when the answer is no JSON. */
export async function getJson<T>(url: string, signal: AbortSignal): Promise<T> {
  return jsonIn(await request(url, { headers: { Accept }, signal }), signal);
}

/** Sends JSON. @throws {RequestError} as {@link request} does. */
export function postJson(url: string, body: object, signal?: AbortSignal): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', Accept };
  return request(url, { method: 'POST', headers, body: JSON.stringify(body), ...(signal && { signal }) });
}

/** Returns the JSON of an answer. @throws {RequestError} when it is none. An abort is thrown as it is. */
export async function jsonIn<T>(response: Response, signal?: AbortSignal): Promise<T> {
  try {
    return JSON.parse(new TextDecoder().decode(await bytesIn(response)));
  } catch (cause) {
    if (signal?.aborted || cause instanceof RequestError) throw cause;
    throw new RequestError('The answer cannot be read.', { status: response.status, cause });
  }
}

/** Reads the text of an answer. @throws {RequestError} when it is no JSON. */
export function jsonOf<T>(text: string): T {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RequestError('The answer cannot be read: it is no JSON.', { cause });
  }
}

/** Returns the cause of a failed request as a {@link RequestError}. */
export function asRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  return new RequestError(`The answer cannot be read: ${(error as Error).message}`, { cause: error });
}
