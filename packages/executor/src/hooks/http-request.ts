import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';

export interface HttpCall {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead. */
  readonly rawBody?: string;
  readonly signal: AbortSignal;
  /** Of TLS, or `socketPath`. */
  readonly options?: RequestOptions;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** More than any answer these hooks understand. */
const maximumBytes = 4 * 1024 * 1024;

/** One request over a connection of its own; redirects are answers. @throws network errors, and the signal's reason. */
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
