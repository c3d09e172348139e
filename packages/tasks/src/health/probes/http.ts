import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Connect } from './tcp.ts';

/** The number of redirects that curl follows. Mesos makes HTTP checks with curl. */
const maximumRedirects = 50;
/** A body beyond this, in bytes, is not read: the time of the agent is that of all tasks. */
const maximumBody = 16 * 1024 * 1024;

/**
 * Requests a page, follows redirects, and reads the body to its end. Certificates are not verified. Nothing is left of its
 * connections when the promise settles.
 *
 * @param connect makes each connection, those of redirects, too.
 * @returns the status of the last answer.
 * @throws when there is no answer, or a too large one; an AbortError when aborted.
 * @see Mesos src/checks/checker_process.cpp, httpCheck: curl -s -S -L -k
 */
export async function getStatus(address: URL, connect: Connect, signal: AbortSignal): Promise<number> {
  let url = address;
  for (let redirects = 0; redirects <= maximumRedirects; redirects++) {
    const { statusCode = 0, headers } = await get(url, connect, signal);
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

async function get(url: URL, connect: Connect, signal: AbortSignal): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isSecure = url.protocol === 'https:';
  const socket = await connect({ host, port: Number(url.port || (isSecure ? 443 : 80)) }, signal);
  try {
    const { get: request } = process.getBuiltinModule('node:http');
    const { get: requestSecurely } = process.getBuiltinModule('node:https');
    // No agent, which would keep connections.
    const createConnection = () => (isSecure ? encrypted(socket, host) : socket);
    const headers = { Accept: '*/*', Connection: 'close' };
    const sent = (isSecure ? requestSecurely : request)(url, { createConnection, signal, headers });
    const [response] = await once(sent, 'response');
    await readBody(response as IncomingMessage, url); // as curl does: an incomplete answer is a failure
    return response as IncomingMessage;
  } finally {
    socket.destroy();
  }
}

function encrypted(socket: Socket, host: string): Socket {
  const { connect } = process.getBuiltinModule('node:tls');
  const { isIP } = process.getBuiltinModule('node:net');
  return connect({ socket, rejectUnauthorized: false, ...(isIP(host) === 0 && { servername: host }) });
}
