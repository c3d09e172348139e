/** Sends one action to the master, and says what became of it. */
import { asRequestError, postJson, type RequestProblem } from '../requests/request.ts';
import type { ActionRequest } from './action.ts';

/** How long the master may take. A change waits for the registry, which may be in ZooKeeper. */
const PATIENCE_MS = 60_000;

/** Sends a request. Never rejects. @returns why it was not done; undefined: the master has accepted it. */
export async function send({ path, body }: ActionRequest): Promise<RequestProblem | undefined> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    await postJson(path, body, patience);
    return undefined;
  } catch (error) {
    const problem = asRequestError(error);
    if (problem.status !== undefined) return problem;
    const why = patience.aborted
      ? `The master has not answered within ${PATIENCE_MS / 1000} seconds.`
      : 'The connection to the master broke before it answered.';
    return { message: `${why} The action may have been done: look at the state before you try again.` };
  }
}
