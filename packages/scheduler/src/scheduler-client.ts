import { HttpClient, refusalOf } from '@meseta/process';
import {
  type FrameworkInfo,
  type MasterInfo,
  RecordDecoder,
  type SchedulerCall,
  SchedulerEvent,
  type TaskStatus,
  type WireId,
} from '@meseta/protocol';
import { type ClientAccess, headersOf } from './credential.ts';
import { readRecords } from './records.ts';

const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };

/**
 * One subscription of a framework to a master: its stream of events, and the calls that belong to it. It ends with its
 * connection. To subscribe again under the same id, call `subscribe` with the id in the FrameworkInfo.
 */
export class SchedulerClient {
  readonly frameworkId: WireId<'framework'>;
  readonly masterInfo: MasterInfo | undefined;
  readonly #http: HttpClient;
  readonly #streamId: string;
  readonly #events: AsyncGenerator<SchedulerEvent>;

  private constructor(
    http: HttpClient,
    streamId: string,
    events: AsyncGenerator<SchedulerEvent>,
    { framework_id, master_info }: NonNullable<SchedulerEvent['subscribed']>,
  ) {
    this.#http = http;
    this.#streamId = streamId;
    this.#events = events;
    this.frameworkId = framework_id.value;
    this.masterInfo = master_info;
  }

  /**
   * Subscribes.
   *
   * @param origin `http://host:port` of the leading master.
   * @param framework its `principal` may be left out: the master then takes that of the credential.
   * @throws {HttpAnswerError} with the master's words when it refuses the call, {SubscriptionError} when it answers ERROR,
   *   {Error} when it ends the stream at once.
   */
  static async subscribe(
    origin: string,
    framework: FrameworkInfo,
    signal?: AbortSignal,
    { credential }: ClientAccess = {},
  ): Promise<SchedulerClient> {
    const authorization = headersOf(credential);
    const http = new HttpClient(origin, authorization && { headers: authorization });
    try {
      const call: SchedulerCall = {
        type: 'SUBSCRIBE',
        ...(framework.id ? { framework_id: framework.id } : {}),
        subscribe: { framework_info: framework },
      };
      const body = JSON.stringify(call);
      const response = await http.request('POST', '/api/v1/scheduler', {
        headers,
        body,
        ...(signal ? { signal } : {}),
      });
      const events = readRecords(response, new RecordDecoder(), SchedulerEvent);
      const { value: first } = await events.next();
      if (first?.error) throw new SubscriptionError(first.error.message);
      if (!first?.subscribed) throw new Error('The stream ended before SUBSCRIBED');
      return new SchedulerClient(http, response.headers['mesos-stream-id'] ?? '', events, first.subscribed);
    } catch (error) {
      await http.close();
      throw error;
    }
  }

  /** Returns the events after SUBSCRIBED. Ends when the master ends the stream, throws when the connection breaks. */
  events(): AsyncIterable<SchedulerEvent> {
    return this.#events;
  }

  /** Makes a call for this framework. @throws {HttpAnswerError} with the master's message when it refuses the call. */
  async call(call: SchedulerCall): Promise<void> {
    const response = await this.#http.request('POST', '/api/v1/scheduler', {
      headers: { ...headers, 'Mesos-Stream-Id': this.#streamId },
      body: JSON.stringify({ framework_id: { value: this.frameworkId }, ...call }),
    });
    const answer = (await response.bytes()).toString();
    if (response.status < 200 || response.status > 299) throw refusalOf(response, answer);
  }

  /** Acknowledges a status update, if it needs an acknowledgement: if it has a `uuid`. */
  async acknowledge({ agent_id, task_id, uuid }: TaskStatus): Promise<void> {
    if (agent_id && uuid) await this.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } });
  }

  /** Closes the connection. The master then starts the framework's failover timer. */
  close(): Promise<void> {
    return this.#http.close();
  }
}

/** The master answered SUBSCRIBE with an ERROR event. */
export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError';
  readonly code = 'SUBSCRIPTION_REFUSED';
}
