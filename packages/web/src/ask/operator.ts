/** Questions to a master, and changes by its operator API. What has events is asked of the worker instead. */
import type { MasterCall, MasterResponse } from '@meseta/protocol/browser';
import { masterFetch } from '../session/master-fetch.ts';

/** A daemon has refused a request, or cannot be reached. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** The code of the error, as in the reference of errors. */
  readonly code: string | undefined;
  /** The status of the answer; undefined: there was none. */
  readonly status: number | undefined;

  constructor(message: string, options: { code?: string; status?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.status = options.status;
  }
}

/** Longer texts of errors are cut off. */
const LONGEST_TEXT = 1000;

/**
 * Sends a request to the master, or to an agent through it.
 *
 * @throws {RequestError} when it is refused, or there is no answer. An abort by `signal` is thrown as it is.
 */
export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await masterFetch(url, { credentials: 'same-origin', ...init }).catch(cause => {
    if (init.signal?.aborted) throw cause;
    throw new RequestError('The master cannot be reached.', { cause });
  });
  if (response.ok) return response;
  const code = response.headers.get('Meseta-Error');
  const text = (await response.text()).slice(0, LONGEST_TEXT);
  throw new RequestError(text || `${response.status} ${response.statusText}`, {
    status: response.status,
    ...(code && { code }),
  });
}

function post(call: object, signal: AbortSignal | undefined): RequestInit {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(call), ...(signal && { signal }) };
}

/** Makes a call of the operator API that is answered. @throws {RequestError} */
export async function query(call: MasterCall, signal?: AbortSignal): Promise<MasterResponse> {
  return (await ask('/api/v1', post(call, signal))).json();
}

/** Makes a call of the operator API that changes something. @throws {RequestError} */
export async function change(call: MasterCall): Promise<void> {
  await ask('/api/v1', post(call, undefined));
}

/** Makes a call of the operator API of an agent, through the master. @throws {RequestError} */
export async function queryAgent<T>(agentId: string, call: object, signal?: AbortSignal): Promise<T> {
  return (await ask(`/agents/${encodeURIComponent(agentId)}/api/v1`, post(call, signal))).json();
}
