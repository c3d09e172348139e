/** Makes the answer to a client from that of an agent, or from its failure. */
import { type ClientResponse, FAILURES, HttpConnectionError, HttpError, type Relayed } from '@meseta/process';
import type { Agent } from '../state/agent.ts';
import { type AnswerKind, answerHeaders } from './forwarded-headers.ts';

/** The agent's answer did not begin in time. */
export class LateHeadError extends Error {
  override readonly name = 'LateHeadError';
  readonly code = 'LATE_HEAD';
}

const passed: ReadonlySet<number> = new Set([200, 202, 206, ...Object.values(FAILURES).map(({ status }) => status)]);

const tooLate: ReadonlySet<string> = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);
const noHttp = /^(HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES)/;

/** Turns an error of the connection to an agent into what the client is told. */
export function failureOfAgent({ id }: Agent, error: unknown): HttpError {
  const cause = { cause: error };
  if (error instanceof LateHeadError) return new HttpError('AGENT_TIMEOUT', `Agent ${id}: ${error.message}`, cause);
  if (!(error instanceof HttpConnectionError)) {
    return new HttpError('AGENT_UNREACHABLE', `The connection to agent ${id} has ended: ${String(error)}`, cause);
  }
  const { code = '', name } = (error.cause ?? {}) as { readonly code?: string; readonly name?: string };
  const words = `The master does not get an answer of agent ${id} at ${error.message}`;
  if (tooLate.has(code)) return new HttpError('AGENT_TIMEOUT', words, cause);
  return new HttpError(
    noHttp.test(code) || name === 'HTTPParserError' ? 'AGENT_ANSWER_UNUSABLE' : 'AGENT_UNREACHABLE',
    words,
    cause,
  );
}

/**
 * Returns the answer for the client. Its body ends with the agent's, and the agent's with it.
 *
 * @param release called once the body has ended, whichever way.
 * @throws {HttpError} 502 when it is not passed on. The caller cancels the answer then.
 */
export function relayed(
  agent: Agent,
  response: ClientResponse,
  kind: Omit<AnswerKind, 'status'>,
  release: () => void,
): Relayed {
  const { status, headers } = response;
  if (status === 401) {
    throw new HttpError(
      'AGENT_ASKS_WHO',
      `Agent ${agent.id} asks who sends the request, and does not take what the master says:` +
        ' see --agent_proxy_key and --agent_proxy_credential',
    );
  }
  if (!passed.has(status)) {
    const what = status >= 300 && status < 400 ? `a redirect (${status}), which is not followed` : `status ${status}`;
    throw new HttpError('AGENT_ANSWER_UNUSABLE', `Agent ${agent.id} answered with ${what}`);
  }
  return {
    status: status as Relayed['status'],
    headers: answerHeaders(headers, { status, ...kind }),
    body: pieces(agent, response, release),
  };
}

async function* pieces(agent: Agent, { body }: ClientResponse, release: () => void): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw failureOfAgent(agent, error);
  } finally {
    release();
  }
}
