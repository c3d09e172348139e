/** Calls of the operator API: questions about what has no events, and changes. */
import type { MasterCall, MasterResponse } from '@meseta/protocol/browser';
import { jsonIn, postJson, RequestError } from './request.ts';
import { expectShape } from './shape.ts';

const api = '/api/v1';

/** Makes a call of a master that is answered. @throws {RequestError} */
export async function query(call: MasterCall, signal: AbortSignal): Promise<MasterResponse> {
  return answerTo(call, await jsonIn(await postJson(api, call, signal), signal), 'The master');
}

/** Makes a call of a master that changes something. @throws {RequestError} */
export async function change(call: MasterCall): Promise<void> {
  await postJson(api, call);
}

/** Makes a call of an agent that is answered, through the master. @throws {RequestError} */
export async function queryAgent<T>(agentId: string, call: { readonly type: string }, signal: AbortSignal): Promise<T> {
  const response = await postJson(`/agents/${encodeURIComponent(agentId)}${api}`, call, signal);
  return answerTo(call, await jsonIn(response, signal), 'The agent');
}

/** Returns the answer to a call. @throws {RequestError} when it is none. */
function answerTo<T>({ type }: { readonly type?: string }, answer: unknown, from: string): T {
  const known = expectShape<{ readonly type: string }>(
    answer,
    { type: 'string', [`${type?.toLowerCase()}?`]: {} },
    from,
  );
  if (known.type === type) return known as T;
  throw new RequestError(`${from} answered another call: ${known.type} in place of ${type}.`, {
    code: 'ANSWER_MALFORMED',
  });
}
