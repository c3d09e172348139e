import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';

/** The number of redirects that curl follows. Mesos makes HTTP checks with curl. */
const maximumRedirects = 50;

/**
 * Requests a page, follows redirects, and reads the body to its end. Certificates are not verified.
 *
 * @returns the status of the last answer.
 * @throws when there is no answer; an AbortError when aborted.
 * @see Mesos src/checks/checker_process.cpp, httpCheck: curl -s -S -L -k
 */
export async function getStatus(address: URL, signal: AbortSignal): Promise<number> {
  let url = address;
  for (let redirects = 0; redirects <= maximumRedirects; redirects++) {
    const response = await get(url, signal);
    for await (const _ of response); // read the body, as curl does: an incomplete answer is a failure
    const { statusCode = 0, headers } = response;
    if (statusCode < 300 || statusCode > 399 || headers.location === undefined) return statusCode;
    url = new URL(headers.location, url);
  }
  throw new Error(`more than ${maximumRedirects} redirects`);
}

async function get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const options = { agent: false, signal, headers: { Accept: '*/*', Connection: 'close' } } as const;
  const request =
    url.protocol === 'https:'
      ? process.getBuiltinModule('node:https').get(url, { ...options, rejectUnauthorized: false })
      : process.getBuiltinModule('node:http').get(url, options);
  const [response] = await once(request, 'response');
  return response as IncomingMessage;
}
