/** Passes requests on to agents: finds the agent, asks whether that may be, sends, and streams the answer back. */

import { readMessage } from '@meseta/daemon';
import {
  failure,
  HttpError,
  methodNotAllowed,
  networkOf,
  type Request,
  type Response,
  requestType,
} from '@meseta/process';
import { AgentCall } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';
import { type AgentProxyParts, agentAuthorization, takesTokens } from './agent-authorization.ts';
import { AgentClients } from './agent-clients.ts';
import { failureOfAgent, LateHeadError, relayed } from './answer.ts';
import { requestHeaders } from './forwarded-headers.ts';
import { type Exceeded, InFlight, type InFlightLimits } from './in-flight.ts';
import { demandRead, type Wish } from './permission.ts';
import { callPath, callTypes, type ProxiedRead, proxiedCalls, proxiedReads, terminalPath } from './reads.ts';
import { agentUrl, plainPath, targetOf } from './target.ts';
import { Terminals } from './terminals/terminals.ts';

/** `meseta task logs --all` follows up to 128 files of a user at a time. */
const limits: InFlightLimits = { ofUser: 256, toAgent: 64, inAll: 1024 };
/** How long an agent may take until the head of its answer is there. */
const headMs = 30_000;
/** Calls that read are short. */
const largestCallBytes = 64 * 1024;

/** What goes to an agent. */
interface Outgoing {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly kind: { readonly types: readonly string[]; readonly isAttachment: boolean };
  readonly wish: Pick<Wish, 'need' | 'file'>;
}

/** See the top of this file. */
export class AgentProxy {
  readonly #context: MasterContext;
  readonly #parts: AgentProxyParts;
  readonly #clients: AgentClients;
  readonly #inFlight = new InFlight(limits);
  readonly #terminals: Terminals;

  constructor(context: MasterContext, parts: AgentProxyParts) {
    this.#context = context;
    this.#parts = parts;
    const { cluster, clock } = context;
    this.#clients = new AgentClients({ scheme: cluster.agentScheme, tls: parts.tls, clock });
    this.#terminals = new Terminals(context, parts);
  }

  /** Answers a request whose `rest` is `/<agent id>/<path>`. @throws {HttpError} when it is not passed on. */
  async answer(request: Request): Promise<Response> {
    const target = targetOf(request.rest);
    if (target === undefined) return failure('ROUTE_NOT_FOUND', 'Which agent? The path is /agents/<id>/<path>');
    const agent = this.#agentOf(target.agentId);
    if (target.path === terminalPath) return this.#terminals.answer(request, agent);
    const outgoing = await outgoingOf(target.path, request);
    if ('status' in outgoing) return outgoing;
    const { principal } = request;
    const agentDecides = takesTokens(agent, this.#parts);
    await demandRead(this.#context, { ...outgoing.wish, principal, agent, agentDecides });
    return this.#send(agent, outgoing, request);
  }

  /** Ends everything that is on its way. */
  close(): void {
    this.#terminals.close();
    this.#clients.close();
  }

  /** @throws {HttpError} 404 when the agent is not registered. */
  #agentOf(id: string): Agent {
    const { agents, recoveredAgents, unreachableAgents, goneAgents } = this.#context.cluster;
    const agent = agents.get(id);
    if (agent) return agent;
    const known = [
      [recoveredAgents, 'has not registered again since this master began to lead'],
      [unreachableAgents, 'is unreachable'],
      [goneAgents, 'is gone for good'],
    ] as const;
    const state = known.find(([those]) => (those as ReadonlyMap<string, unknown>).has(id))?.[1];
    throw new HttpError('AGENT_NOT_FOUND', state ? `Agent ${id} ${state}` : `There is no agent '${id}'`);
  }

  async #send(agent: Agent, outgoing: Outgoing, request: Request): Promise<Response> {
    const { principal, signal } = request;
    const leave = this.#inFlight.enter(principal?.value ?? `address ${networkOf(request.peer.address)}`, agent.id);
    if (typeof leave === 'string') return full(leave, agent);
    const { client, release } = this.#clients.take(agent);
    const ended = new AbortController();
    const stop = () => ended.abort(signal.reason);
    const stopWaiting = this.#context.clock.after(headMs, () =>
      ended.abort(new LateHeadError(`its answer did not begin within ${headMs / 1000} seconds`)),
    );
    let isOver = false;
    const over = () => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener('abort', stop);
      release();
      leave();
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    const { method, url, kind, body } = outgoing;
    const now = this.#context.clock.now();
    const headers = { ...outgoing.headers, ...agentAuthorization(agent, principal, this.#parts, now) };
    try {
      const response = await client.request(method, url, {
        ...{ headers, signal: ended.signal },
        ...(body !== undefined && { body }),
      });
      try {
        return relayed(agent, response, kind, over);
      } catch (error) {
        response.cancel();
        throw error;
      }
    } catch (error) {
      over();
      throw error instanceof HttpError ? error : failureOfAgent(agent, error);
    } finally {
      stopWaiting();
    }
  }
}

/** Makes what goes to the agent; or the answer, when nothing does. @throws {HttpError} */
async function outgoingOf(path: string, request: Request): Promise<Outgoing | Response> {
  if (path === callPath)
    return request.method === 'POST' ? outgoingCall(request) : methodNotAllowed(['POST'], request.method);
  const read = proxiedReads.get(path);
  if (read === undefined) {
    const all = [...proxiedReads.keys(), callPath, terminalPath].join(', ');
    return failure('ROUTE_NOT_FOUND', `The master does not pass '${path || '/'}' on to agents; it does: ${all}`);
  }
  const { method, query } = request;
  if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(['GET', 'HEAD'], method);
  return outgoingRead(path, read, method, query, request);
}

function outgoingRead(
  path: string,
  read: ProxiedRead,
  method: 'GET' | 'HEAD',
  given: URLSearchParams,
  { headers }: Request,
): Outgoing {
  const query = new URLSearchParams(given);
  const { need, types, isAttachment = false } = read;
  const file = need.kind === 'file' ? fileOf(query.get('path') ?? undefined) : undefined;
  if (file !== undefined) query.set('path', file);
  return {
    ...{ method, url: agentUrl(path, read, query), headers: requestHeaders(headers) },
    ...{ kind: { types, isAttachment }, wish: { need, file } },
  };
}

const words = {
  protobuf: 'Failed to parse body into a protobuf object',
  json: 'Failed to parse body into JSON: ',
  conversion: '',
  validation: '',
};

/** The call is read and written anew, so that the agent cannot read another one out of the same bytes. */
async function outgoingCall(request: Request): Promise<Outgoing | Response> {
  const encoding = requestType(request.headers);
  if (encoding.refusal) return encoding.refusal;
  const bytes = await request.body();
  if (bytes.length > largestCallBytes)
    throw new HttpError(
      'BODY_TOO_LARGE',
      `A call to an agent through the master has at most ${largestCallBytes} bytes`,
    );
  const call = readMessage({ call: AgentCall, words }, encoding.type, bytes);
  const need = call.type && proxiedCalls.get(call.type);
  if (need === undefined) {
    const all = [...proxiedCalls.keys()].join(', ');
    throw new HttpError(
      'CALL_NOT_PROXIED',
      `The master does not pass ${call.type ?? 'this call'} on to agents; it does: ${all}`,
    );
  }
  const file = need.kind === 'file' ? fileOf((call.list_files ?? call.read_file)?.path) : undefined;
  return {
    ...{ method: 'POST', url: callPath, kind: { types: callTypes, isAttachment: false }, wish: { need, file } },
    headers: { ...requestHeaders(request.headers), 'content-type': 'application/json' },
    body: JSON.stringify(withPath(call, file)),
  };
}

/** @throws {HttpError} 400. */
function fileOf(path: string | undefined): string {
  if (path === undefined || path === '') throw new HttpError('PARAMETER_MISSING', "Expecting 'path=value' in query.\n");
  const plain = plainPath(path);
  if (plain !== undefined) return plain;
  throw new HttpError('PARAMETER_INVALID', `The path of a file of an agent begins with a slash, unlike '${path}'`);
}

function withPath(call: AgentCall, path: string | undefined): AgentCall {
  if (path === undefined) return call;
  if (call.type === 'READ_FILE') return { type: call.type, read_file: { offset: 0, ...call.read_file, path } };
  return { type: 'LIST_FILES', list_files: { path } };
}

function full(exceeded: Exceeded, { id }: Agent): Response {
  if (exceeded === 'ofUser') {
    return failure(
      'AGENT_PROXY_LIMIT',
      `You have ${limits.ofUser} requests to agents on their way, which is the most at a time`,
      { 'Retry-After': '1' },
    );
  }
  const where =
    exceeded === 'toAgent'
      ? `${limits.toAgent} requests are on their way to agent ${id}`
      : `${limits.inAll} requests are on their way to agents`;
  return failure('AGENT_PROXY_BUSY', `${where}, which is the most at a time`, { 'Retry-After': '1' });
}
