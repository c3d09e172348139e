/** A client of sessions for tests: raw HTTP, each request on a connection of its own. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type AgentCall, AgentProcessIO, decode, encodeRecord, fromJson, RecordDecoder } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';

/** Parts of a request that differ from JSON. */
export interface Encoding {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** An answer that is a stream of messages, as they arrive. */
export class OutputClient {
  readonly messages: AgentProcessIO[] = [];
  readonly #request: ClientRequest;
  #response: IncomingMessage | undefined;
  #text = '';
  /** The output has ended as it should. */
  complete = false;
  closed = false;

  /** @param reads false: it reads nothing until `resume`. */
  constructor(port: number, call: AgentCall, { headers, body }: Encoding = {}, reads = true) {
    const types = { 'Content-Type': 'application/json', Accept: 'application/recordio', ...headers };
    this.#request = request({ port, method: 'POST', path: '/api/v1', headers: types, agent: false });
    this.#request.on('error', () => undefined);
    this.#request.on('close', () => {
      this.closed = true;
    });
    this.#request.on('response', response => {
      this.#response = response;
      const decoder = new RecordDecoder();
      const isStream = response.statusCode === 200;
      response.on('data', (piece: Buffer) => {
        if (!isStream) this.#text += piece.toString();
        else for (const record of decoder.push(piece)) this.messages.push(this.#decode(response, record));
      });
      response.on('end', () => {
        this.complete = response.complete;
      });
      response.on('error', () => undefined);
      if (!reads) response.pause();
    });
    this.#request.end(body ?? JSON.stringify(call));
  }

  #decode({ headers }: IncomingMessage, record: Buffer): AgentProcessIO {
    const type = headers['message-content-type'] ?? headers['content-type'];
    return type === 'application/x-protobuf'
      ? decode(AgentProcessIO, record)
      : fromJson(AgentProcessIO, JSON.parse(record.toString()));
  }

  /** Waits for the status. */
  async status(): Promise<number> {
    const { statusCode = 0 } = await eventually(
      () => 'a response',
      () => this.#response,
    );
    return statusCode;
  }

  get headers(): IncomingMessage['headers'] {
    return this.#response?.headers ?? {};
  }

  /** The text of an answer that is an error, when it is complete. */
  async refusal(): Promise<{ readonly status: number; readonly text: string }> {
    const status = await this.status();
    await this.ended();
    return { status, text: this.#text };
  }

  /** The bytes of one of its streams. */
  bytes(stream: 'STDOUT' | 'STDERR' = 'STDOUT'): Buffer {
    const data = this.messages.flatMap(({ data }) => (data?.type === stream ? [data.data ?? ''] : []));
    return Buffer.concat(data.map(each => Buffer.from(each, 'base64')));
  }

  /** Waits for output. */
  async until(pattern: RegExp, stream: 'STDOUT' | 'STDERR' = 'STDOUT'): Promise<string> {
    return eventually(
      () => `${pattern} in ${JSON.stringify(this.bytes(stream).toString())}`,
      () => {
        const text = this.bytes(stream).toString();
        return pattern.test(text) ? text : undefined;
      },
    );
  }

  /** Waits for the end of the answer. */
  async ended(): Promise<void> {
    await eventually(
      () => 'the end of the answer',
      () => this.closed,
    );
  }

  /** Begins to read, of one that does not. */
  resume(): void {
    this.#response?.resume();
  }

  /** Breaks the connection. */
  destroy(): void {
    this.#request.destroy();
  }
}

/** A request that is a stream of records. */
export class InputClient {
  readonly #request: ClientRequest;
  #answer: { status: number; text: string } | undefined;
  readonly #id: unknown;

  /** Sends the first record. */
  constructor(port: number, container_id: unknown) {
    this.#id = container_id;
    const headers = { 'Content-Type': 'application/recordio', 'Message-Content-Type': 'application/json' };
    this.#request = request({ port, method: 'POST', path: '/api/v1', headers, agent: false });
    this.#request.on('error', () => undefined);
    this.#request.on('response', response => {
      let text = '';
      response.on('data', piece => {
        text += piece;
      });
      response.on('end', () => {
        this.#answer = { status: response.statusCode ?? 0, text };
      });
    });
    void this.record({ type: 'CONTAINER_ID', container_id: this.#id });
  }

  /** Sends a record. Resolves when it has left. */
  record(attach_container_input: unknown): Promise<void> {
    const record = encodeRecord(JSON.stringify({ type: 'ATTACH_CONTAINER_INPUT', attach_container_input }));
    return new Promise(resolve => this.#request.write(record, () => resolve()));
  }

  /** Sends input; without any, its end. */
  data(data: Buffer | string = ''): Promise<void> {
    const base64 = Buffer.from(data).toString('base64');
    return this.record({ type: 'PROCESS_IO', process_io: { type: 'DATA', data: { type: 'STDIN', data: base64 } } });
  }

  control(control: unknown): Promise<void> {
    return this.record({ type: 'PROCESS_IO', process_io: { type: 'CONTROL', control } });
  }

  resize(rows: number, columns: number): Promise<void> {
    return this.control({ type: 'TTY_INFO', tty_info: { window_size: { rows, columns } } });
  }

  /** Ends the request. */
  end(): void {
    this.#request.end();
  }

  /** Breaks the connection. */
  destroy(): void {
    this.#request.destroy();
  }

  /** Waits for the answer. */
  answer(): Promise<{ readonly status: number; readonly text: string }> {
    return eventually(
      () => 'an answer',
      () => this.#answer,
    );
  }
}
