import { type ClientResponse, HttpClient, refusalOf } from '@meseta/process';
import {
  type FrameworkInfo,
  RecordDecoder,
  type SchedulerCall,
  SchedulerEvent,
  type SchedulerEventSubscribed,
  type WireId,
} from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import { type Credential, headersOf } from '../credential.ts';
import { readRecords } from '../records.ts';
import { ErrorEventError, RedirectError, StreamError } from './errors.ts';

const path = '/api/v1/scheduler';
const json = { 'Content-Type': 'application/json', Accept: 'application/json' };

/** The interval of a master that does not name one, and how many heartbeats may be missing, as in Mesos. */
const defaultHeartbeatSeconds = 15;
const missedHeartbeats = 4;

/** How long the stream of a subscription that is over may take to end. */
const endMs = 5000;

/** How a framework proves who it is: always the same, or asked for before each request, as tokens that expire need. */
export type CredentialSource = Credential | (() => Credential | Promise<Credential>);

/** What is needed to subscribe. */
export interface SubscriptionRequest {
  /** Of the leading master, `http://host:port`. */
  readonly origin: string;
  /** With the id of a framework that continues. */
  readonly framework: FrameworkInfo;
  readonly suppressedRoles: readonly string[];
  readonly credential: CredentialSource | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One subscription of a framework to a master: its stream of events, and the calls that belong to it. */
export class Subscription {
  readonly origin: string;
  readonly frameworkId: WireId<'framework'>;
  readonly #http: HttpClient;
  readonly #credential: CredentialSource | undefined;
  readonly #clock: Clock;
  readonly #streamId: string;
  readonly #events: AsyncGenerator<SchedulerEvent>;
  readonly #silenceMs: number;
  #first: SchedulerEvent | undefined;
  #cancelEnd: () => void = () => undefined;

  private constructor(
    { origin, credential, clock }: SubscriptionRequest,
    http: HttpClient,
    streamId: string,
    events: AsyncGenerator<SchedulerEvent>,
    subscribed: SchedulerEventSubscribed,
  ) {
    this.origin = origin;
    this.frameworkId = subscribed.framework_id.value;
    this.#http = http;
    this.#credential = credential;
    this.#clock = clock;
    this.#streamId = streamId;
    this.#events = events;
    this.#silenceMs = silenceMs(subscribed.heartbeat_interval_seconds);
    this.#first = { type: 'SUBSCRIBED', subscribed };
  }

  /**
   * Subscribes.
   *
   * @throws {HttpAnswerError} with the master's words when it refuses the call; {ErrorEventError} when it answers with an
   *   ERROR event; {RedirectError}; {StreamError}; {HttpConnectionError}; the signal's reason.
   */
  static async open(request: SubscriptionRequest): Promise<Subscription> {
    const { origin, framework, suppressedRoles, credential, clock, signal } = request;
    const http = new HttpClient(origin);
    const call: SchedulerCall = {
      type: 'SUBSCRIBE',
      ...(framework.id && { framework_id: framework.id }),
      subscribe: {
        framework_info: framework,
        ...(suppressedRoles.length > 0 && { suppressed_roles: [...suppressedRoles] }),
      },
    };
    try {
      const body = JSON.stringify(call);
      const response = await http.request('POST', path, { headers: await headersWith(credential), body, signal });
      if (isRedirect(response)) throw redirectOf(origin, response);
      const events = readRecords(response, new RecordDecoder(), SchedulerEvent);
      const first = await nextEvent(events, http, clock, silenceMs(undefined));
      if (first.error) throw new ErrorEventError(first.error.message);
      if (!first.subscribed) throw new StreamError(`The stream begins with ${first.type} in place of SUBSCRIBED`);
      return new Subscription(request, http, response.headers['mesos-stream-id'] ?? '', events, first.subscribed);
    } catch (error) {
      await http.close();
      throw error;
    }
  }

  /**
   * Returns the next event; the first one is SUBSCRIBED. Nothing is read from the stream while no event is awaited, and
   * silence counts only while one is.
   *
   * @throws {StreamError} the stream has ended, or too many heartbeats are missing; {DecodeError} it is malformed;
   *   {HttpConnectionError}. The subscription is of no use then.
   */
  async next(): Promise<SchedulerEvent> {
    const first = this.#first;
    this.#first = undefined;
    return first ?? nextEvent(this.#events, this.#http, this.#clock, this.#silenceMs);
  }

  /**
   * Makes a call for this framework.
   *
   * @throws {HttpAnswerError} with the master's message when it refuses the call; {RedirectError}; {HttpConnectionError}.
   */
  async call(call: SchedulerCall): Promise<void> {
    const response = await this.#http.request('POST', path, {
      headers: { ...(await headersWith(this.#credential)), 'Mesos-Stream-Id': this.#streamId },
      body: JSON.stringify({ framework_id: { value: this.frameworkId }, ...call }),
    });
    const answer = (await response.bytes()).toString();
    if (isRedirect(response)) throw redirectOf(this.origin, response);
    if (response.status < 200 || response.status > 299) throw refusalOf(response, answer);
  }

  /**
   * Expects that the stream ends, because the master has said so in the answer to a call. The reason may still be in the
   * stream, as an ERROR event. When it does not end in time, the connection is closed.
   */
  expectEnd(): void {
    this.#cancelEnd();
    this.#cancelEnd = this.#clock.after(endMs, () => void this.#http.close());
  }

  /** Closes the connection; pending calls and `next` fail. The master then starts the framework's failover timer. */
  close(): Promise<void> {
    this.#cancelEnd();
    return this.#http.close();
  }
}

const silenceMs = (seconds: number | undefined) => (seconds ?? defaultHeartbeatSeconds) * 1000 * missedHeartbeats;

async function nextEvent(
  events: AsyncGenerator<SchedulerEvent>,
  http: HttpClient,
  clock: Clock,
  silenceMs: number,
): Promise<SchedulerEvent> {
  let isSilent = false;
  const cancel = clock.after(silenceMs, () => {
    isSilent = true;
    void http.close();
  });
  try {
    const { value } = await events.next();
    if (value) return value;
    throw new StreamError('The master has ended the stream of events');
  } catch (cause) {
    if (!isSilent) throw cause;
    throw new StreamError(`The master has sent nothing for ${silenceMs / 1000} seconds`, { cause });
  } finally {
    cancel();
  }
}

async function headersWith(source: CredentialSource | undefined): Promise<Record<string, string>> {
  return { ...headersOf(typeof source === 'function' ? await source() : source), ...json };
}

const isRedirect = ({ status }: ClientResponse) => status === 307 || status === 308 || status === 302;

function redirectOf(origin: string, response: ClientResponse): RedirectError {
  response.cancel();
  return new RedirectError(origin, response.headers.location);
}
