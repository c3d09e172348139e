import { HttpClient } from '@meseta/process';
import {
  type AgentCall,
  AgentResponse,
  fromJson,
  type MasterCall,
  MasterEvent,
  MasterResponse,
  type MessageType,
  RecordDecoder,
} from '@meseta/protocol';
import { type ClientAccess, headersOf } from './credential.ts';
import { readRecords } from './records.ts';

/** Calls the v1 operator API of one daemon, in JSON, and its plain endpoints. */
class OperatorClient<Call, Response> {
  readonly origin: string;
  readonly http: HttpClient;
  readonly #response: MessageType<Response>;

  constructor(origin: string, response: MessageType<Response>, { credential }: ClientAccess = {}) {
    const headers = headersOf(credential);
    this.origin = origin;
    this.http = new HttpClient(origin, headers && { headers });
    this.#response = response;
  }

  /**
   * Makes a call.
   *
   * @returns the response; undefined when the daemon answers without one.
   * @throws {HttpAnswerError} of @meseta/process with the daemon's message when it refuses the call.
   */
  async call(call: Call): Promise<Response | undefined> {
    const answer = await this.http.post('/api/v1', call);
    return answer === undefined ? undefined : fromJson(this.#response, answer);
  }

  /** Closes all connections, streams included. */
  close(): Promise<void> {
    return this.http.close();
  }
}

/** Makes operator calls to a master. */
export class MasterClient extends OperatorClient<MasterCall, MasterResponse> {
  constructor(origin: string, access?: ClientAccess) {
    super(origin, MasterResponse, access);
  }

  /** Subscribes to the master's event stream, which begins with SUBSCRIBED and ends with the connection. */
  async *subscribe(signal?: AbortSignal): AsyncGenerator<MasterEvent> {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
    const body = JSON.stringify({ type: 'SUBSCRIBE' } satisfies MasterCall);
    const response = await this.http.request('POST', '/api/v1', { headers, body, ...(signal ? { signal } : {}) });
    yield* readRecords(response, new RecordDecoder(), MasterEvent);
  }
}

/** Makes operator calls to an agent. */
export class AgentClient extends OperatorClient<AgentCall, AgentResponse> {
  /** @param origin of the agent, or its address below a master's that passes requests on: `http://master:5050/agents/<id>`. */
  constructor(origin: string, access?: ClientAccess) {
    super(origin, AgentResponse, access);
  }
}
