import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import type { ExecutorCall } from '@meseta/protocol';
import type { Configuration } from '../../config/configuration.ts';

/** A call that the agent refused. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code = 'CALL';
  readonly status: number;

  constructor(type: string, status: number, text: string) {
    super(`The agent answered ${type} with ${status}${text ? `: ${text}` : ''}`);
    this.status = status;
  }
}

/** The executor's HTTP calls to its agent. Plain node:http, which costs a process next to nothing. */
export class AgentHttp {
  readonly #options: RequestOptions;
  readonly #timeoutMs: number;
  readonly #ids: Pick<ExecutorCall, 'executor_id' | 'framework_id'>;
  readonly #secure: boolean;
  /** What the agent's certificate may be for; undefined where it is not verified. */
  #names: Promise<readonly string[]> | undefined;

  /** @throws when the file of authorities cannot be read. */
  constructor({ agent, settings }: Configuration) {
    const { endpoint, tls, token, executorId, frameworkId } = agent;
    this.#timeoutMs = settings.HTTP_TIMEOUT;
    this.#secure = tls !== undefined;
    if (tls?.verify) this.#names = namesOf(endpoint.host);
    this.#ids = { executor_id: { value: executorId }, framework_id: { value: frameworkId } };
    this.#options = {
      ...{ host: endpoint.host, port: endpoint.port, path: settings.API_PATH, method: 'POST', agent: false },
      headers: {
        ...{ Accept: 'application/json', 'Content-Type': 'application/json', 'User-Agent': 'meseta-executor' },
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      ...(tls && { rejectUnauthorized: tls.verify }),
      ...(tls?.caFile && { ca: readFileSync(tls.caFile, 'utf8') }),
    };
  }

  /** @returns the answer's stream of events. @throws {CallError} and network errors. */
  async subscribe(subscribe: ExecutorCall['subscribe'], signal: AbortSignal): Promise<IncomingMessage> {
    const response = await this.#post({ ...this.#ids, type: 'SUBSCRIBE', ...(subscribe && { subscribe }) }, signal);
    if (response.statusCode === 200) return response;
    throw new CallError('SUBSCRIBE', response.statusCode ?? 0, await body(response));
  }

  /** @throws {CallError} unless it was accepted, and network errors. */
  async call(call: Omit<ExecutorCall, 'executor_id' | 'framework_id'>, signal: AbortSignal): Promise<void> {
    const response = await this.#post(
      { ...this.#ids, ...call },
      AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]),
    );
    const text = await body(response);
    const { statusCode = 0 } = response;
    if (statusCode < 200 || statusCode > 299) throw new CallError(call.type ?? '', statusCode, text);
  }

  /** Resolves with the head of the answer, which has to come in time. */
  async #post(call: ExecutorCall, signal: AbortSignal): Promise<IncomingMessage> {
    const { request: send } = this.#secure
      ? process.getBuiltinModule('node:https')
      : process.getBuiltinModule('node:http');
    const data = Buffer.from(JSON.stringify(call));
    const headers = { ...this.#options.headers, 'Content-Length': data.length };
    const identity = this.#names && { checkServerIdentity: identityCheck(await this.#names) };
    const request = send({ ...this.#options, ...identity, headers, signal });
    const late = () => request.destroy(new Error(`no answer after ${this.#timeoutMs / 1000} s`));
    const timer = setTimeout(late, this.#timeoutMs);
    try {
      request.end(data);
      const [response] = await once(request, 'response');
      request.on('error', () => undefined); // from here on the response tells
      return response as IncomingMessage;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Agents are known by address, certificates by name: the name that the address has counts as well, as in Mesos. */
async function namesOf(host: string): Promise<readonly string[]> {
  if (!isIP(host)) return [host];
  const { lookupService } = process.getBuiltinModule('node:dns/promises');
  return lookupService(host, 0).then(
    ({ hostname }) => [host, hostname],
    () => [host], // it has none
  );
}

/** One of the names has to be in the certificate. */
function identityCheck(names: readonly string[]): RequestOptions['checkServerIdentity'] {
  const { checkServerIdentity } = process.getBuiltinModule('node:tls');
  return (_, certificate) => {
    const problems = names.map(name => checkServerIdentity(name, certificate));
    return problems.includes(undefined) ? undefined : problems[0];
  };
}

async function body(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8').slice(0, 500);
}
