import { type EventStream, JSON_TYPE, type MessageType } from '@meseta/process';
import { ExecutorEvent, encode, encodeRecord, type KillPolicy, type TaskInfo, type WireId } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { ExecutorConnection } from '../state/executor.ts';

/** Mesos's DEFAULT_EXECUTOR_HEARTBEAT_INTERVAL. */
const heartbeatMs = 30 * 60 * 1000;

/** An executor that speaks the v1 API: events go out on the stream of its SUBSCRIBE. */
export class HttpExecutorConnection implements ExecutorConnection {
  readonly kind = 'http';
  readonly #stream: EventStream;
  readonly #type: MessageType;
  #cancelHeartbeat: () => void = () => undefined;

  /** @param type of the events, as the executor accepts them. */
  constructor(stream: EventStream, type: MessageType, clock: Clock) {
    this.#stream = stream;
    this.#type = type;
    this.#beat(clock);
    stream.onClose(() => this.#cancelHeartbeat());
  }

  get closed(): boolean {
    return this.#stream.closed !== undefined;
  }

  send(event: ExecutorEvent): void {
    this.#stream.send(encodeRecord(this.#type === JSON_TYPE ? JSON.stringify(event) : encode(ExecutorEvent, event)));
  }

  launch(task: TaskInfo): void {
    this.send({ type: 'LAUNCH', launch: { task } });
  }

  launchGroup(tasks: readonly TaskInfo[]): void {
    this.send({ type: 'LAUNCH_GROUP', launch_group: { task_group: { tasks: [...tasks] } } });
  }

  kill(taskId: WireId<'task'>, killPolicy: KillPolicy | undefined): void {
    const kill = { task_id: { value: taskId }, ...(killPolicy ? { kill_policy: killPolicy } : {}) };
    this.send({ type: 'KILL', kill });
  }

  acknowledge(taskId: WireId<'task'>, uuid: string): void {
    this.send({ type: 'ACKNOWLEDGED', acknowledged: { task_id: { value: taskId }, uuid } });
  }

  message(data: string): void {
    this.send({ type: 'MESSAGE', message: { data } });
  }

  shutdown(): void {
    this.send({ type: 'SHUTDOWN' });
  }

  close(): void {
    this.#stream.close();
  }

  #beat(clock: Clock): void {
    this.#cancelHeartbeat = clock.after(heartbeatMs, () => {
      if (this.closed) return;
      this.send({ type: 'HEARTBEAT' });
      this.#beat(clock);
    });
  }
}
