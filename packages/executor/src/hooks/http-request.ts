import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';

/** One HTTP request. */
export interface HttpCall {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** A body that is sent unchanged, in place of `body`. */
  readonly rawBody?: string;
  readonly signal: AbortSignal;
  /** Options of node:http or node:https: those of TLS, or `socketPath`. */
  readonly options?: RequestOptions;
}

/** The answer to a request, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** The most bytes of an answer that are read. Answers that hooks understand are far shorter. */
const maximumBytes = 4 * 1024 * 1024;

/**
 * Sends one request over its own connection. Redirects are not followed.
 *
 * @throws network errors, and the signal's reason when it is aborted.
 */
export async function httpRequest(
  url: URL,
  { method, headers, body, rawBody, signal, options }: HttpCall,
): Promise<HttpAnswer> {
  const { request: send } =
    url.protocol === 'https:' ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
  const text = body === undefined ? rawBody : JSON.stringify(body);
  const data = text === undefined ? undefined : Buffer.from(text);
  const request = send(url, {
    ...options,
    ...{ agent: false, method, signal },
    headers: { Accept: 'application/json', ...(data && { 'Content-Type': 'application/json' }), ...headers },
  });
  try {
    request.end(data);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let answer = '';
    for await (const piece of response.setEncoding('utf8')) {
      answer += piece;
      if (answer.length > maximumBytes) throw new Error('the answer is too long');
    }
    return { status: response.statusCode ?? 0, text: answer };
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    request.destroy();
  }
}
