import { masterFetch } from '../session/master-fetch.ts';

/** Why a request has no answer that can be used. The message is what the master says. */
export class RequestProblem extends Error {
  override readonly name = 'RequestProblem';
  /** The status of the answer; undefined: there was none. */
  readonly status: number | undefined;
  /** The code of the error, as in the reference of errors. */
  readonly code: string | undefined;

  constructor(
    message: string,
    { status, code }: { readonly status?: number; readonly code?: string | undefined } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What is kept of a message. */
const MESSAGE_LENGTH = 1000;

/** Reads JSON from the master. @throws {RequestProblem} when there is no answer, or it is a refusal. */
export async function getJson<T>(url: string, signal: AbortSignal): Promise<T> {
  const response = await masterFetch(url, { headers: { Accept: 'application/json' }, signal }).catch(error => {
    if (signal.aborted) throw error;
    throw new RequestProblem('The master does not answer.');
  });
  if (response.ok) return response.json();
  const { status, statusText } = response;
  const message = (await response.text()).slice(0, MESSAGE_LENGTH) || `${status} ${statusText}`;
  throw new RequestProblem(message, { status, code: response.headers.get('Meseta-Error') ?? undefined });
}
