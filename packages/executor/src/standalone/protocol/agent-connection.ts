/**
 * Implements the executor's side of the v1 executor API: keeps a subscription, and keeps updates until they are
 * acknowledged.
 */
import type { IncomingMessage } from 'node:http';
import { boundedJson, type ExecutorEvent, RecordDecoder, type TaskInfo, type TaskStatus } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { AgentHttp } from './agent-http.ts';
import { backoffMs } from './backoff.ts';
import { deadlineMs, type Liveness, newLiveness, onEvent } from './liveness.ts';
import { Pending } from './pending.ts';

/** The calls, events and time limits of a connection to the agent. */
export interface AgentConnectionOptions {
  readonly http: Pick<AgentHttp, 'subscribe' | 'call'>;
  readonly clock: Clock;
  readonly recoveryTimeoutMs: number;
  readonly backoffMaxMs: number;
  readonly bufferSize: number;
  /** Receives all events in order, except HEARTBEAT, ACKNOWLEDGED and ERROR, which the connection handles itself. */
  onEvent(event: ExecutorEvent): void;
  /** Called when the agent has accepted an update. */
  onSent?(): void;
  onProblem(message: string, error?: unknown): void;
}

/**
 * How a connection ended. `closed`: by a call of `close`. `never`: no subscription succeeded within the recovery
 * timeout. `lost`: there was a subscription, but no further one within the recovery timeout. `refused`: all of them
 * were answered with ERROR for that long.
 */
export type ConnectionEnd = 'closed' | 'never' | 'lost' | 'refused';

/** The agent sent ERROR. Mesos asks executors to give up such a subscription and to subscribe again. */
class AgentRefusal extends Error {
  override readonly name = 'AgentRefusal';
  readonly code = 'AGENT_ERROR';
}

/** Subscribes with the agent, reconnects when the connection breaks, and sends updates in order. */
export class AgentConnection {
  readonly #options: AgentConnectionOptions;
  readonly #pending: Pending;
  readonly #closed = new AbortController();
  #liveness: Liveness | undefined;
  #subscribed = false;
  /** The time since when all subscriptions have been answered with ERROR. */
  #refusedSinceMs: number | undefined;
  #sending = false;
  #running = false;
  #onChange: (() => void)[] = [];

  constructor(options: AgentConnectionOptions) {
    this.#options = options;
    this.#pending = new Pending(options.bufferSize);
  }

  /** Keeps a task until its first update is acknowledged: SUBSCRIBE reports it as unacknowledged. */
  addTask(task: TaskInfo): void {
    this.#pending.addTask(task);
  }

  /** Sends an update, at once or after the next subscription. @param status has a `uuid`. */
  update(status: TaskStatus): void {
    const forgotten = this.#pending.addUpdate(status);
    if (forgotten)
      this.#options.onProblem(
        `Too many updates wait for the agent: dropped ${forgotten.state} of task ${forgotten.task_id.value}`,
      );
    this.#send();
  }

  /**
   * Resolves when all updates are acknowledged, or after the timeout.
   *
   * @param patient the time in which `run` tries to reach the agent does not count.
   * @returns true when all are acknowledged.
   */
  async flush(timeoutMs: number, patient: boolean): Promise<boolean> {
    const { clock } = this.#options;
    for (let leftMs = timeoutMs; leftMs > 0 && !this.#pending.isEmpty; ) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onChange.push(resolve);
      const counts = !(patient && this.#running && !this.#subscribed);
      const sinceMs = clock.steady();
      const cancel = counts ? clock.after(leftMs, resolve) : () => undefined;
      await promise;
      cancel();
      if (counts) leftMs -= clock.steady() - sinceMs;
    }
    return this.#pending.isEmpty;
  }

  #changed(): void {
    for (const resolve of this.#onChange.splice(0)) resolve();
  }

  close(): void {
    this.#closed.abort();
  }

  /** Subscribes, and subscribes again whenever the connection breaks. @returns why it stopped. */
  async run(): Promise<ConnectionEnd> {
    this.#running = true;
    try {
      return await this.#stayConnected();
    } finally {
      this.#running = false;
      this.#changed();
    }
  }

  async #stayConnected(): Promise<ConnectionEnd> {
    const { clock, recoveryTimeoutMs, backoffMaxMs } = this.#options;
    const closed = this.#closed.signal;
    let ever = false;
    let lostMs = clock.steady();
    for (let failures = 0; !closed.aborted; ) {
      try {
        await this.#subscribe(() => {
          ever = true;
          if (this.#refusedSinceMs === undefined) failures = 0;
        });
        if (closed.aborted) break;
        this.#options.onProblem('The agent closed the connection');
      } catch (error) {
        if (closed.aborted) break;
        this.#options.onProblem(describe(error, this.#subscribed), error);
        if (error instanceof AgentRefusal) this.#refusedSinceMs ??= clock.steady();
      }
      if (this.#subscribed) lostMs = this.#refusedSinceMs ?? clock.steady();
      this.#subscribed = false;
      this.#changed();
      failures++;
      const waitMs = Math.min(
        backoffMs(failures, backoffMaxMs, clock.random()),
        lostMs + recoveryTimeoutMs - clock.steady(),
      );
      if (waitMs <= 0) return !ever ? 'never' : this.#refusedSinceMs === undefined ? 'lost' : 'refused';
      await this.#wait(waitMs);
    }
    return 'closed';
  }

  /** Subscribes once and reads events until the subscription ends. */
  async #subscribe(onSubscribed: () => void): Promise<void> {
    const { http, clock } = this.#options;
    const silent = new AbortController();
    const signal = AbortSignal.any([this.#closed.signal, silent.signal]);
    const snapshot = this.#pending.snapshot;
    const response = await http.subscribe(snapshot, signal);
    this.#subscribed = true;
    this.#changed();
    onSubscribed();
    for (const { status } of snapshot.unacknowledged_updates) this.#pending.markSent(status.uuid ?? '');
    this.#liveness = newLiveness(clock.steady(), this.#liveness?.intervalMs);
    let cancel = () => {};
    const watch = () => {
      cancel();
      const atMs = this.#liveness && deadlineMs(this.#liveness);
      if (atMs === undefined) return;
      cancel = clock.after(atMs - clock.steady(), () => {
        silent.abort();
        response.destroy(new Error('the agent has missed several heartbeats'));
      });
    };
    try {
      watch();
      this.#send();
      for await (const event of readEvents(response)) {
        this.#liveness = onEvent(this.#liveness, event.type === 'HEARTBEAT', clock.steady());
        watch();
        this.#receive(event);
      }
    } finally {
      cancel();
      response.destroy();
    }
  }

  #receive(event: ExecutorEvent): void {
    if (event.type === 'ERROR') throw new AgentRefusal(event.error?.message ?? 'no reason given');
    if (event.type !== 'SUBSCRIBED') this.#refusedSinceMs = undefined;
    if (event.type === 'HEARTBEAT') return;
    if (event.type !== 'ACKNOWLEDGED') return this.#options.onEvent(event);
    const { task_id, uuid = '' } = event.acknowledged ?? {};
    this.#pending.acknowledge(task_id?.value ?? '', uuid);
    if (this.#pending.isEmpty) this.#changed();
  }

  /** Sends the waiting updates one after another, because the agent must get them in order. */
  #send(): void {
    if (!this.#sending) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    const { clock, backoffMaxMs } = this.#options;
    const closed = this.#closed.signal;
    let failures = 0;
    for (let status = this.#pending.next; status && this.#subscribed; status = this.#pending.next) {
      const problem = await this.#sendOne(status);
      if (closed.aborted) break;
      if (problem === undefined) {
        failures = 0;
        continue;
      }
      this.#options.onProblem(`${status.state} of task ${status.task_id.value} could not be sent`, problem);
      await this.#wait(backoffMs(++failures, backoffMaxMs, clock.random()));
    }
    this.#sending = false; // in the same tick as the last look, so that no update is left behind
  }

  async #sendOne(status: TaskStatus): Promise<unknown> {
    try {
      await this.#options.http.call({ type: 'UPDATE', update: { status } }, this.#closed.signal);
      this.#pending.markSent(status.uuid ?? '');
      this.#options.onSent?.();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  async #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(ms, resolve);
    this.#closed.signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    cancel();
  }
}

function describe(error: unknown, subscribed: boolean): string {
  if (error instanceof AgentRefusal) return 'The agent refused the subscription, subscribing again';
  return subscribed ? 'Lost the connection to the agent' : 'Cannot subscribe';
}

async function* readEvents(response: IncomingMessage): AsyncGenerator<ExecutorEvent> {
  const decoder = new RecordDecoder();
  for await (const piece of response) {
    for (const record of decoder.push(piece as Buffer)) yield boundedJson(record.toString('utf8')) as ExecutorEvent;
  }
}
