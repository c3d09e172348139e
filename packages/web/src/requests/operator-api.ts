/** Calls of the operator API: questions about what has no events, and changes. */
import type { MasterCall, MasterResponse } from '@meseta/protocol/browser';
import { jsonIn, postJson } from './request.ts';

const api = '/api/v1';

/** Makes a call of a master that is answered. @throws {RequestError} */
export async function query(call: MasterCall, signal: AbortSignal): Promise<MasterResponse> {
  return jsonIn(await postJson(api, call, signal), signal);
}

/** Makes a call of a master that changes something. @throws {RequestError} */
export async function change(call: MasterCall): Promise<void> {
  await postJson(api, call);
}

/** Makes a call of an agent that is answered, through the master. @throws {RequestError} */
export async function queryAgent<T>(agentId: string, call: object, signal: AbortSignal): Promise<T> {
  return jsonIn(await postJson(`/agents/${encodeURIComponent(agentId)}${api}`, call, signal), signal);
}
