import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { ExecutorCall } from '@meseta/protocol';
import type { ExecutorTls } from '../../config/agent-environment.ts';
import type { Configuration } from '../../config/configuration.ts';

/** The agent answered a call with an error status. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code = 'CALL';
  readonly status: number;

  constructor(type: string, status: number, text: string) {
    super(`The agent answered ${type} with ${status}${text ? `: ${text}` : ''}`);
    this.status = status;
  }
}

/**
 * Makes the executor's HTTP calls to its agent. It uses plain node:http, which starts faster and takes less memory than
 * a client library.
 */
export class AgentHttp {
  readonly #options: RequestOptions;
  readonly #timeoutMs: number;
  readonly #ids: Pick<ExecutorCall, 'executor_id' | 'framework_id'>;
  readonly #secure: boolean;
  /** For the agent's Unix socket, in place of address and TLS. */
  readonly #overSocket: RequestOptions | undefined;
  /** The names of which the agent's certificate must have one; undefined when the certificate is not verified. */
  #names: Promise<readonly string[]> | undefined;

  /** @throws when a file of certificate authorities cannot be read. */
  constructor({ agent, settings }: Configuration) {
    const { endpoint, tls, token, executorId, frameworkId, socket } = agent;
    this.#timeoutMs = settings.HTTP_TIMEOUT;
    this.#secure = tls !== undefined;
    if (tls?.verify) this.#names = namesOf(endpoint.host);
    this.#ids = { executor_id: { value: executorId }, framework_id: { value: frameworkId } };
    // There, the agent serves its API under its full path alone.
    const path = settings.API_PATH.startsWith('/api/') ? `/${socket?.actor}${settings.API_PATH}` : settings.API_PATH;
    this.#overSocket = socket && { socketPath: socket.path, host: 'localhost', port: undefined, path };
    this.#options = {
      ...{ host: endpoint.host, port: endpoint.port, path: settings.API_PATH, method: 'POST', agent: false },
      headers: {
        ...{ Accept: 'application/json', 'Content-Type': 'application/json', 'User-Agent': 'meseta-executor' },
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      ...(tls && { rejectUnauthorized: tls.verify }),
      ...(tls && authoritiesOf(tls)),
      ...(tls?.own && ownCertificate(tls.own)),
    };
  }

  /**
   * Sends SUBSCRIBE.
   *
   * @returns the answer, a stream of events.
   * @throws {CallError} and network errors.
   */
  async subscribe(subscribe: ExecutorCall['subscribe'], signal: AbortSignal): Promise<IncomingMessage> {
    const response = await this.#post({ ...this.#ids, type: 'SUBSCRIBE', ...(subscribe && { subscribe }) }, signal);
    if (response.statusCode === 200) return response;
    throw new CallError('SUBSCRIBE', response.statusCode ?? 0, await body(response));
  }

  /** Sends a call. @throws {CallError} when the agent does not accept it, and network errors. */
  async call(call: Omit<ExecutorCall, 'executor_id' | 'framework_id'>, signal: AbortSignal): Promise<void> {
    const response = await this.#post(
      { ...this.#ids, ...call },
      AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]),
    );
    const text = await body(response);
    const { statusCode = 0 } = response;
    if (statusCode < 200 || statusCode > 299) throw new CallError(call.type ?? '', statusCode, text);
  }

  /**
   * Posts a call, over the agent's Unix socket where there is one: an agent that was restarted without it, or whose socket
   * this user may not use, is reached at its port.
   *
   * @returns the answer with its body unread.
   * @throws when no answer arrives within the time limit.
   */
  async #post(call: ExecutorCall, signal: AbortSignal): Promise<IncomingMessage> {
    const data = Buffer.from(JSON.stringify(call));
    const headers = { ...this.#options.headers, 'Content-Length': data.length };
    const options = { ...this.#options, headers, signal };
    if (this.#overSocket) {
      try {
        return await this.#send(process.getBuiltinModule('node:http'), { ...options, ...this.#overSocket }, data);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).syscall !== 'connect') throw error;
      }
    }
    const identity = this.#names && { checkServerIdentity: identityCheck(await this.#names) };
    const client = process.getBuiltinModule(this.#secure ? 'node:https' : 'node:http');
    return this.#send(client, { ...options, ...identity }, data);
  }

  async #send(
    client: { readonly request: (options: RequestOptions) => ClientRequest },
    options: RequestOptions,
    data: Buffer,
  ): Promise<IncomingMessage> {
    const request = client.request(options);
    const late = () => request.destroy(new Error(`no answer after ${this.#timeoutMs / 1000} s`));
    const timer = setTimeout(late, this.#timeoutMs);
    try {
      request.end(data);
      const [response] = await once(request, 'response');
      request.on('error', () => undefined); // from here on, errors are those of the response
      return response as IncomingMessage;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Reads the trusted certificates; nothing where those of the system are. */
function authoritiesOf({ caFile, caDirectory }: ExecutorTls): RequestOptions {
  const named = caDirectory === undefined ? [] : readdirSync(caDirectory).filter(name => authorityFile.test(name));
  const files = [...(caFile === undefined ? [] : [caFile]), ...named.map(name => join(caDirectory ?? '', name))];
  return files.length === 0 ? {} : { ca: files.map(file => readFileSync(file, 'utf8')) };
}

/** As `openssl rehash` names them, or by their ending. */
const authorityFile = /^[0-9a-f]{8}\.\d+$|\.(?:pem|crt|cer)$/;

/** Reads key and certificate; without those that this user may not read, which are the agent's own as a rule. */
function ownCertificate({ keyFile, certFile }: { keyFile: string; certFile: string }): RequestOptions {
  try {
    return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'ENOENT') return {}; // an agent that requires them says so
    throw error;
  }
}

/**
 * Returns the names that the agent's certificate may have: the host of its address and, for an IP address, its host
 * name, as in Mesos.
 */
async function namesOf(host: string): Promise<readonly string[]> {
  if (!isIP(host)) return [host];
  const { lookupService } = process.getBuiltinModule('node:dns/promises');
  return lookupService(host, 0).then(
    ({ hostname }) => [host, hostname],
    () => [host], // the address has no name
  );
}

/** Makes a check that accepts a certificate with at least one of the names. */
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
