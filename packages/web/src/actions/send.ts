/** Sends one action to the master, and says what became of it. */
import { masterFetch } from '../session/master-fetch.ts';
import type { ActionRequest, Refusal } from './action.ts';

/** How long the master may take. A change waits for the registry, which may be in ZooKeeper. */
const PATIENCE_MS = 60_000;
/** What is shown of an answer, in characters. */
const LONGEST = 2000;

/** Sends a request. Never rejects. @returns why it was not done; undefined: the master has accepted it. */
export async function send({ path, body }: ActionRequest): Promise<Refusal | undefined> {
  try {
    const response = await masterFetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(body),
      redirect: 'manual',
      credentials: 'same-origin',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.ok) return undefined;
    if (response.type === 'opaqueredirect')
      return { message: 'Another master leads now. This one did nothing.', status: 307, code: 'NOT_LEADING' };
    const text = (await response.text()).slice(0, LONGEST).trim();
    const code = response.headers.get('Meseta-Error');
    const { status } = response;
    return { message: text || `${status} ${response.statusText}`, status, ...(code && { code }) };
  } catch (error) {
    const why =
      (error as Error).name === 'TimeoutError'
        ? `The master has not answered within ${PATIENCE_MS / 1000} seconds.`
        : 'The connection to the master broke before it answered.';
    return { message: `${why} The action may have been done: look at the state before you try again.` };
  }
}
