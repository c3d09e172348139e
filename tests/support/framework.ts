/** A framework on the v1 scheduler API that comes back whatever happens to it or to the master. */

import { Agent, type ClientRequest, request } from 'node:http';
import {
  type FrameworkInfo,
  isTerminal as isTerminalState,
  type Offer,
  type OfferOperation,
  RecordDecoder,
  type SchedulerCall,
  type SchedulerEvent,
  type TaskInfo,
  type TaskState,
  type TaskStatus,
} from '@meseta/protocol';
import { userName } from '@meseta/system';
import { eventually } from '@meseta/system/testing';

/** Also of a task that the master does not know. */
export const isTerminal = (state: TaskState | undefined) =>
  state !== undefined && (isTerminalState(state) || state === 'TASK_UNKNOWN');

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A task that runs a shell's command line. */
export const shellTask = (id: string, value: string, more: Partial<TaskInfo> = {}): Partial<TaskInfo> => ({
  task_id: { value: id },
  command: { shell: true, value },
  ...more,
});

export class Framework {
  readonly origin: string;
  readonly info: FrameworkInfo;
  readonly events: SchedulerEvent[] = [];
  /** In the order they came. */
  readonly updates: TaskStatus[] = [];
  readonly offers = new Map<string, Offer>();
  /** Asked for each update that wants one. */
  acknowledges: (status: TaskStatus) => boolean = () => true;
  /** Whether it subscribes again when its stream ends. */
  comesBack = true;
  #agent = new Agent({ keepAlive: true });
  #stream: ClientRequest | undefined;
  #streamId = '';
  #closed = false;
  #loop: Promise<void> | undefined;

  readonly #headers: Readonly<Record<string, string>>;

  /** @param headers of all its requests, such as Authorization. */
  constructor(origin: string, info: Partial<FrameworkInfo> = {}, headers: Readonly<Record<string, string>> = {}) {
    this.origin = origin;
    this.#headers = headers;
    this.info = {
      user: userName(),
      name: 'test',
      roles: ['*'],
      failover_timeout: 600,
      checkpoint: true,
      capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }, { type: 'TASK_KILLING_STATE' }],
      ...info,
    };
  }

  /** Subscribes, and again whenever the stream ends, until it is closed. */
  async start(): Promise<this> {
    this.#loop = this.#stayConnected();
    await this.connected();
    return this;
  }

  /** Resolves once subscribed. */
  async connected(): Promise<void> {
    await eventually('subscription', () => this.#streamId !== '');
  }

  get isConnected(): boolean {
    return this.#streamId !== '';
  }

  /** Subscribes as it is; gives the first event. */
  async subscribeOnce(): Promise<SchedulerEvent> {
    const from = this.events.length;
    await this.#subscription();
    const [first] = this.events.slice(from);
    if (first === undefined) throw new Error('No event came');
    return first;
  }

  /** Of its subscription; calls have to name it. */
  get streamId(): string {
    return this.#streamId;
  }

  /** As if its process were killed: its connections break. */
  disconnect(): void {
    this.#stream?.destroy();
    this.#agent.destroy();
    this.#agent = new Agent({ keepAlive: true });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.disconnect();
    await this.#loop;
    this.#agent.destroy();
  }

  async teardown(): Promise<void> {
    await this.call({ type: 'TEARDOWN' });
    await this.close();
  }

  /** Makes a call; rejects when there is no answer. */
  call(call: SchedulerCall): Promise<Answer> {
    const body = JSON.stringify({ ...(this.info.id ? { framework_id: this.info.id } : {}), ...call });
    return new Promise((resolve, reject) => {
      const sent = this.#request(this.#agent, body, { 'Mesos-Stream-Id': this.#streamId });
      sent.on('error', reject).on('response', response => {
        let text = '';
        response.setEncoding('utf8').on('data', piece => {
          text += piece;
        });
        response.on('error', reject).on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
    });
  }

  accept(offers: readonly Offer[], operations: OfferOperation[]): Promise<Answer> {
    for (const { id } of offers) this.offers.delete(id.value);
    const offer_ids = offers.map(({ id }) => id);
    return this.call({ type: 'ACCEPT', accept: { offer_ids, operations, filters: { refuse_seconds: 0 } } });
  }

  /** An offer that has come and is not used; waits for one. */
  async offer(fits: (offer: Offer) => boolean): Promise<Offer> {
    return eventually('offer', () => this.offers.values().find(fits));
  }

  /** Waits for an offer that is large enough for tasks of `taskOn`. */
  async roomyOffer(tasks = 1): Promise<Offer> {
    return eventually('a large enough offer', () => this.findRoom(tasks));
  }

  /** Such an offer, if there is one now. Smaller ones are given back: what they hold comes again in one offer. */
  async findRoom(tasks = 1): Promise<Offer | undefined> {
    const found = this.offers.values().find(offer => hasRoom(offer, tasks));
    if (found === undefined && this.offers.size > 0) await this.accept([...this.offers.values()], []);
    return found;
  }

  /** Launches tasks on an offer, whatever comes of it; gives their ids. */
  async launch(offer: Offer, tasks: readonly Partial<TaskInfo>[]): Promise<Answer> {
    const task_infos = tasks.map(task => taskOn(offer, task));
    return this.accept([offer], [{ type: 'LAUNCH', launch: { task_infos } }]);
  }

  /** Launches tasks on the next offer that has room for them, whatever comes of it. */
  async run(...tasks: Partial<TaskInfo>[]): Promise<void> {
    await this.launch(await this.roomyOffer(tasks.length), tasks);
  }

  /** Launches a group on a default executor, on the next offer that has room for it. */
  async runGroup(executor: string, ...tasks: Partial<TaskInfo>[]): Promise<void> {
    const offer = await this.roomyOffer(tasks.length + 1);
    const launch_group = {
      executor: {
        type: 'DEFAULT' as const,
        executor_id: { value: executor },
        framework_id: offer.framework_id,
        resources: scalars(offer, { cpus: 0.1, mem: 32, disk: 32 }),
      },
      task_group: { tasks: tasks.map(task => taskOn(offer, task)) },
    };
    await this.accept([offer], [{ type: 'LAUNCH_GROUP', launch_group }]);
  }

  statesOf(taskId: string): TaskState[] {
    return this.statusesOf(taskId).map(({ state }) => state);
  }

  statusesOf(taskId: string): TaskStatus[] {
    return this.updates.filter(({ task_id }) => task_id.value === taskId);
  }

  /** Waits for a state of a task. */
  async reaches(taskId: string, ...states: TaskState[]): Promise<TaskStatus> {
    return eventually(`${states} of ${taskId}`, () =>
      this.statusesOf(taskId).find(({ state }) => states.includes(state)),
    );
  }

  /** The first terminal status of a task, waited for. */
  async end(taskId: string): Promise<TaskStatus> {
    return eventually(`the end of ${taskId}`, () => this.statusesOf(taskId).find(({ state }) => isTerminal(state)));
  }

  async #stayConnected(): Promise<void> {
    while (!this.#closed) {
      await this.#subscription();
      this.#streamId = '';
      this.offers.clear();
      if (!this.comesBack) return;
      if (!this.#closed) await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  /** One subscription; resolves when it is over. */
  #subscription(): Promise<void> {
    return new Promise(resolve => {
      const decoder = new RecordDecoder();
      const body = JSON.stringify({
        type: 'SUBSCRIBE',
        ...(this.info.id ? { framework_id: this.info.id } : {}),
        subscribe: { framework_info: this.info },
      });
      const agent = new Agent();
      this.#stream = this.#request(agent, body);
      this.#stream.on('close', resolve).on('error', () => resolve());
      this.#stream.on('response', response => {
        const streamId = String(response.headers['mesos-stream-id'] ?? '');
        response.on('error', () => resolve()).on('close', resolve);
        if (response.statusCode !== 200) return response.resume();
        return response.on('data', (piece: Buffer) => {
          for (const record of decoder.push(piece)) this.#on(JSON.parse(record.toString()), streamId);
        });
      });
    });
  }

  #on(event: SchedulerEvent, streamId: string): void {
    this.events.push(event);
    if (event.subscribed) {
      this.info.id = event.subscribed.framework_id;
      this.#streamId = streamId;
    }
    for (const offer of event.offers?.offers ?? []) this.offers.set(offer.id.value, offer);
    if (event.rescind) this.offers.delete(event.rescind.offer_id.value);
    if (event.update) this.#onUpdate(event.update.status);
  }

  #onUpdate(status: TaskStatus): void {
    this.updates.push(status);
    if (status.uuid === undefined || status.agent_id === undefined || !this.acknowledges(status)) return;
    const { agent_id, task_id, uuid } = status;
    this.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } }).catch(() => {}); // repeated by the agent
  }

  #request(agent: Agent, body: string, headers: Record<string, string> = {}): ClientRequest {
    const sent = request(`${this.origin}/api/v1/scheduler`, {
      method: 'POST',
      agent,
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        'Content-Length': Buffer.byteLength(body),
        ...this.#headers,
        ...headers,
      },
    });
    sent.end(body);
    return sent;
  }
}

/** A task that fits any offer; named `task_id` or by its command. */
export function taskOn(offer: Offer, task: Partial<TaskInfo>): TaskInfo {
  const id = task.task_id?.value ?? 'task';
  return {
    name: id,
    task_id: { value: id },
    agent_id: offer.agent_id,
    resources: scalars(offer, taskSize),
    ...(task.executor ? {} : { command: { shell: true, value: 'true' } }),
    ...task,
  };
}

function hasRoom({ resources = [] }: Offer, tasks: number): boolean {
  return Object.entries(taskSize).every(([name, value]) =>
    resources.some(resource => resource.name === name && (resource.scalar?.value ?? 0) >= value * tasks),
  );
}

const taskSize = { cpus: 0.1, mem: 32 };

/** Part of what is offered, with the reservations it has. */
export function scalars(offer: Offer, amounts: Readonly<Record<string, number>>): NonNullable<TaskInfo['resources']> {
  return Object.entries(amounts).map(([name, value]) => {
    const offered = offer.resources?.find(resource => resource.name === name && (resource.scalar?.value ?? 0) >= value);
    if (offered === undefined)
      throw new Error(`The offer has no ${value} of ${name}: ${JSON.stringify(offer.resources)}`);
    return { ...offered, scalar: { value } };
  });
}
