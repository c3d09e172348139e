import { Readable } from 'node:stream';
import { type ClientResponse, HttpClient, refusalOf, type Tls } from '@meseta/process';
import {
  type AgentCall,
  type AgentCallLaunchNestedContainerSession,
  AgentProcessIO,
  AgentResponse,
  type ContainerID,
  encodeRecord,
  fromJson,
  parseJson,
  RecordDecoder,
} from '@meseta/protocol';
import { type ClientAccess, headersOf } from './credential.ts';
import { readRecords } from './records.ts';

/** How long an answer may be that is read whole, in bytes: a faulty agent must not take the memory of who asks it. */
const longestAnswer = 64 * 1024;
/** How long a record of output may be, in bytes. Agents send what they read from a pipe at once. */
const longestRecord = 1024 * 1024;

const json = 'application/json';
const recordio = 'application/recordio';

/** How an agent is reached, where that differs from what a command line needs. */
export interface AgentStreamsOptions extends ClientAccess {
  /** Headers of each request that say who sends it, made when it is sent. Default: those of the credential. */
  readonly authorization?: () => Readonly<Record<string, string>>;
  /** Default: what the environment of this process says. */
  readonly tls?: Tls | undefined;
  /** How long output may pause, in milliseconds: agents send heartbeats. Default: for ever. */
  readonly idleMs?: number;
}

/** The streams of an agent's operator API: input and output of containers. Works with Apache Mesos's agents, too. */
export class AgentStreams {
  readonly #http: HttpClient;
  readonly #authorization: () => Readonly<Record<string, string>>;

  /** @param origin of the agent, `http://ip:port`. */
  constructor(origin: string, { credential, authorization, tls, idleMs = 0 }: AgentStreamsOptions = {}) {
    const own = headersOf(credential) ?? {};
    this.#authorization = authorization ?? (() => own);
    // The answer to input comes at its end.
    this.#http = new HttpClient(origin, { headersMs: 0, bodyIdleMs: idleMs, tls });
  }

  /**
   * Launches a command in a container. It ends with this stream.
   *
   * @throws {HttpAnswerError} it was refused; {HttpConnectionError}; the signal's reason.
   */
  launchSession(
    launch_nested_container_session: AgentCallLaunchNestedContainerSession,
    signal: AbortSignal,
  ): Promise<AsyncIterable<AgentProcessIO>> {
    return this.#output({ type: 'LAUNCH_NESTED_CONTAINER_SESSION', launch_nested_container_session }, signal);
  }

  /** Attaches to the output of a container. Throws as {@link launchSession}. */
  attachOutput(container_id: ContainerID, signal: AbortSignal): Promise<AsyncIterable<AgentProcessIO>> {
    return this.#output({ type: 'ATTACH_CONTAINER_OUTPUT', attach_container_output: { container_id } }, signal);
  }

  async #output(call: AgentCall, signal: AbortSignal): Promise<AsyncIterable<AgentProcessIO>> {
    const headers = { ...this.#authorization(), 'Content-Type': json, Accept: recordio, 'Message-Accept': json };
    const response = await this.#http.request('POST', '/api/v1', { headers, body: JSON.stringify(call), signal });
    if (response.status !== 200) throw await refused(response);
    return readRecords(response, new RecordDecoder(longestRecord), AgentProcessIO);
  }

  /**
   * Sends input to a container. Resolves when it is all sent, or the container's output has ended. Throws as
   * {@link launchSession}.
   */
  async attachInput(
    container_id: ContainerID,
    input: AsyncIterable<AgentProcessIO>,
    signal: AbortSignal,
  ): Promise<void> {
    const types = { 'Content-Type': recordio, 'Message-Content-Type': json, Accept: json };
    const headers = { ...this.#authorization(), ...types };
    const body = Readable.from(records(container_id, input), { objectMode: true, highWaterMark: 1 });
    const response = await this.#http.request('POST', '/api/v1', { headers, body, signal });
    if (response.status !== 200) throw await refused(response);
    response.cancel();
  }

  /**
   * Waits for the end of a container. Returns its status as wait(2) has it; undefined when that is not known. Throws as
   * {@link launchSession}.
   */
  async wait(container_id: ContainerID, signal: AbortSignal): Promise<number | undefined> {
    const headers = { ...this.#authorization(), 'Content-Type': json, Accept: json };
    const body = JSON.stringify({ type: 'WAIT_CONTAINER', wait_container: { container_id } } satisfies AgentCall);
    const response = await this.#http.request('POST', '/api/v1', { headers, body, signal });
    if (response.status !== 200) throw await refused(response);
    return fromJson(AgentResponse, parseJson(await readWhole(response))).wait_container?.exit_status;
  }

  /** Closes all connections. */
  close(): Promise<void> {
    return this.#http.close();
  }
}

async function refused(response: ClientResponse): Promise<Error> {
  return refusalOf(response, (await readWhole(response)).toString());
}

/** Reads an answer, and no more than it may have. */
async function readWhole(response: ClientResponse): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response.body) {
    pieces.push(piece);
    length += piece.length;
    if (length >= longestAnswer) break;
  }
  response.cancel();
  return Buffer.concat(pieces).subarray(0, longestAnswer);
}

async function* records(container_id: ContainerID, input: AsyncIterable<AgentProcessIO>): AsyncGenerator<Buffer> {
  yield record({ type: 'CONTAINER_ID', container_id });
  for await (const process_io of input) yield record({ type: 'PROCESS_IO', process_io });
}

function record(attach_container_input: AgentCall['attach_container_input']): Buffer {
  return encodeRecord(JSON.stringify({ type: 'ATTACH_CONTAINER_INPUT', attach_container_input }));
}
