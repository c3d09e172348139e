import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';

/** The number of redirects that curl follows. Mesos makes HTTP checks with curl. */
const maximumRedirects = 50;
/** A body beyond this, in bytes, is not read: the time of the agent is that of all tasks. */
const maximumBody = 16 * 1024 * 1024;

/**
 * Requests a page, follows redirects, and reads the body to its end. Certificates are not verified.
 *
 * @returns the status of the last answer.
 * @throws when there is no answer, or a too large one; an AbortError when aborted.
 * @see Mesos src/checks/checker_process.cpp, httpCheck: curl -s -S -L -k
 */
export async function getStatus(address: URL, signal: AbortSignal): Promise<number> {
  let url = address;
  for (let redirects = 0; redirects <= maximumRedirects; redirects++) {
    const response = await get(url, signal);
    await readBody(response, url); // as curl does: an incomplete answer is a failure
    const { statusCode = 0, headers } = response;
    if (statusCode < 300 || statusCode > 399 || headers.location === undefined) return statusCode;
    url = redirected(headers.location, url);
  }
  throw new Error(`more than ${maximumRedirects} redirects`);
}

async function readBody(response: IncomingMessage, { host }: URL): Promise<void> {
  let size = 0;
  for await (const piece of response) {
    size += (piece as Buffer).length;
    if (size > maximumBody) throw new Error(`the answer of ${host} is too large: its body has more than 16 MB`);
  }
}

function redirected(location: string, from: URL): URL {
  const url = URL.parse(location, from.href);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new Error(`${from.host} redirects to ${shown(location)}, which is no http or https address`);
}

/** A text of the other side, as it may be in a message. */
const shown = (text: string) => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);

async function get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const { connect } = process.getBuiltinModule('node:net');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const createConnection = () => connect({ host, port: Number(url.port || 80) });
  const headers = { Accept: '*/*', Connection: 'close' };
  const request =
    url.protocol === 'https:'
      ? process.getBuiltinModule('node:https').get(url, { agent: false, signal, headers, rejectUnauthorized: false })
      : // An agent would have to be made for each request: the common one keeps connections.
        process.getBuiltinModule('node:http').get(url, { createConnection, signal, headers });
  const [response] = await once(request, 'response');
  return response as IncomingMessage;
}
