/** A v1 scheduler for tests: one SUBSCRIBE stream, and the calls that go with it. */
import assert from 'node:assert/strict';
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { TestContext } from 'node:test';
import {
  type FrameworkInfo,
  type Offer,
  RecordDecoder,
  type SchedulerCall,
  type SchedulerCallSubscribe,
  type SchedulerEvent,
} from '@meseta/protocol';

const DEADLINE_MS = 60_000;
const JSON_HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json' };

/** A whole HTTP response. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Posts a call, or any other body, to the scheduler endpoint. */
export function post(
  address: string,
  body: string | Buffer | SchedulerCall,
  headers: Record<string, string> = JSON_HEADERS,
  method = 'POST',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = start(address, headers, method, response => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(pieces).toString(),
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });
}

function start(
  address: string,
  headers: Record<string, string>,
  method: string,
  onResponse: (response: IncomingMessage) => void,
): ClientRequest {
  return request(`http://${address}/api/v1/scheduler`, { method, headers, agent: false }, onResponse);
}

/** A framework's subscription in a test. */
export class TestScheduler {
  readonly #address: string;
  readonly #request: ClientRequest;
  #read = 0;
  #woken: () => void = () => undefined;
  readonly events: SchedulerEvent[] = [];
  streamId = '';
  frameworkId = '';
  ended = false;

  private constructor(address: string, request: ClientRequest) {
    this.#address = address;
    this.#request = request;
  }

  /** Subscribes; the stream is closed after the test. Resolves with the head of the answer. */
  static async subscribe(
    t: TestContext,
    address: string,
    info: Partial<FrameworkInfo> = {},
    options: Partial<SchedulerCallSubscribe> = {},
  ): Promise<TestScheduler> {
    const framework_info: FrameworkInfo = {
      user: 'nobody',
      name: 'test',
      capabilities: [{ type: 'PARTITION_AWARE' }, { type: 'MULTI_ROLE' }, { type: 'RESERVATION_REFINEMENT' }],
      roles: ['*'],
      ...info,
    };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const outgoing = start(address, JSON_HEADERS, 'POST', response => {
      scheduler.streamId = String(response.headers['mesos-stream-id']);
      const decoder = new RecordDecoder();
      response.on('data', (piece: Buffer) => {
        for (const record of decoder.push(piece)) scheduler.#receive(JSON.parse(record.toString()));
      });
      response.on('error', () => undefined);
      response.on('close', () => {
        scheduler.ended = true;
        scheduler.#woken();
      });
      resolve();
    });
    const scheduler = new TestScheduler(address, outgoing);
    outgoing.on('error', reject);
    t.after(() => scheduler.close());
    const call: SchedulerCall = { type: 'SUBSCRIBE', subscribe: { framework_info, ...options } };
    outgoing.end(JSON.stringify(info.id ? { ...call, framework_id: info.id } : call));
    await promise;
    return scheduler;
  }

  /** Subscribes and waits for SUBSCRIBED. */
  static async start(...parameters: Parameters<typeof TestScheduler.subscribe>): Promise<TestScheduler> {
    const scheduler = await TestScheduler.subscribe(...parameters);
    const { subscribed } = await scheduler.next('SUBSCRIBED');
    scheduler.frameworkId = subscribed?.framework_id.value ?? '';
    return scheduler;
  }

  /** The next event of a type that was not returned before; those before it are passed over. */
  async next(type: SchedulerEvent['type']): Promise<SchedulerEvent> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      while (this.#read < this.events.length) {
        const event = this.events[this.#read++];
        if (event && event.type === type) return event;
      }
      assert.ok(!this.ended, `stream ended before ${type}`);
      assert.ok(Date.now() < deadline, `no ${type} in time`);
      await this.#more(deadline - Date.now());
    }
  }

  async nextStatus() {
    const { update } = await this.next('UPDATE');
    assert.ok(update);
    return update.status;
  }

  async nextOffer(): Promise<Offer> {
    const { offers } = await this.next('OFFERS');
    const [offer] = offers?.offers ?? [];
    assert.ok(offer);
    return offer;
  }

  /** Resolves when the master has ended the stream. */
  async end(): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    while (!this.ended) {
      assert.ok(Date.now() < deadline, 'stream not ended in time');
      await this.#more(deadline - Date.now());
    }
  }

  call(call: SchedulerCall): Promise<Answer> {
    const headers = { ...JSON_HEADERS, 'Mesos-Stream-Id': this.streamId };
    return post(this.#address, { framework_id: { value: this.frameworkId }, ...call }, headers);
  }

  close(): void {
    this.#request.destroy();
  }

  #receive(event: SchedulerEvent): void {
    this.events.push(event);
    this.#woken();
  }

  #more(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms);
      this.#woken = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
