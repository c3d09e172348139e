import { type ClientRequest, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import {
  decode,
  type ExecutorInfo,
  encode,
  type FrameworkInfo,
  type Offer,
  type OfferOperation,
  RecordDecoder,
  type Resource,
  SchedulerCall,
  SchedulerEvent,
  type TaskInfo,
  type TaskStatus,
} from '@meseta/protocol';
import { userName } from '@meseta/system';

const PROTOBUF = 'application/x-protobuf';

/**
 * A framework that costs as little as it can, so that what is measured is the master: protobuf, calls one after the
 * other down one connection without waiting for answers (as Mesos's own scheduler library does).
 */
export class BenchFramework {
  readonly id: string;
  /** Each status, before it is acknowledged. */
  onStatus: (status: TaskStatus) => void = () => undefined;
  /** Offers nobody took yet. */
  readonly offers: Offer[] = [];
  onOffers: () => void = () => undefined;
  readonly #host: string;
  readonly #streamId: string;
  /** A line of the head of each call, or nothing. */
  readonly #authorization: string;
  readonly #subscription: ClientRequest;
  #calls: Socket;
  #refused: string | undefined;

  private constructor(
    address: string,
    id: string,
    streamId: string,
    subscription: ClientRequest,
    authorization: string | undefined,
  ) {
    this.id = id;
    this.#host = address;
    this.#streamId = streamId;
    this.#authorization = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`;
    this.#subscription = subscription;
    this.#calls = this.#connect();
  }

  #connect(): Socket {
    const [host = '', port] = this.#host.split(':');
    const calls = connect({ host, port: Number(port), noDelay: true });
    calls.on('error', () => undefined);
    calls.on('data', answer => {
      const text = answer.toString('latin1');
      if (/HTTP\/1\.1 (?!202)/.test(text)) this.#refused = text;
    });
    return calls;
  }

  /**
   * @param address `127.0.0.1:5050`, of the master.
   * @param authorization how each call says who sends it, `Basic …`; default: not at all.
   */
  static subscribe(
    address: string,
    info: Partial<FrameworkInfo> = {},
    authorization?: string,
  ): Promise<BenchFramework> {
    const framework_info: FrameworkInfo = {
      user: userName(),
      name: 'bench',
      capabilities: [{ type: 'PARTITION_AWARE' }, { type: 'MULTI_ROLE' }, { type: 'RESERVATION_REFINEMENT' }],
      roles: ['bench'],
      failover_timeout: 3600,
      ...info,
    };
    const headers = {
      ...{ 'Content-Type': PROTOBUF, Accept: PROTOBUF },
      ...(authorization !== undefined && { Authorization: authorization }),
    };
    return new Promise((resolve, reject) => {
      const url = `http://${address}/api/v1/scheduler`;
      const subscription = request(url, { method: 'POST', headers, agent: false }, response => {
        const decoder = new RecordDecoder();
        let framework: BenchFramework | undefined;
        response.on('data', (piece: Buffer) => {
          for (const record of decoder.push(piece)) {
            const event = decode(SchedulerEvent, record);
            if (framework) framework.#receive(event);
            else if (!event.subscribed) return reject(new Error(`not subscribed: ${JSON.stringify(event)}`));
            else {
              const streamId = String(response.headers['mesos-stream-id']);
              const id = event.subscribed.framework_id.value;
              framework = new BenchFramework(address, id, streamId, subscription, authorization);
              resolve(framework);
            }
          }
        });
        response.on('error', () => undefined);
      });
      subscription.on('error', reject);
      const again = info.id && { framework_id: info.id };
      subscription.end(encode(SchedulerCall, { ...again, type: 'SUBSCRIBE', subscribe: { framework_info } }));
    });
  }

  /** Makes a call. @throws {Error} when an earlier one was refused. */
  call(call: SchedulerCall): void {
    if (this.#refused !== undefined) throw new Error(`the master refused a call: ${this.#refused}`);
    const body = encode(SchedulerCall, { framework_id: { value: this.id }, ...call });
    const head =
      `POST /api/v1/scheduler HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Type: ${PROTOBUF}\r\n` +
      `Mesos-Stream-Id: ${this.#streamId}\r\n${this.#authorization}Content-Length: ${body.length}\r\n\r\n`;
    if (this.#calls.destroyed) this.#calls = this.#connect(); // the master has closed what was idle for minutes
    if (this.#calls.writableCorked === 0) {
      this.#calls.cork();
      setImmediate(() => this.#calls.uncork());
    }
    this.#calls.write(head, 'latin1');
    this.#calls.write(body);
  }

  /** Launches on offers of one agent and lets the rest of them go. @param pods tasks, each in a pod of its own. */
  launch(
    offers: readonly Offer[],
    tasks: readonly Omit<TaskInfo, 'agent_id'>[],
    pods: readonly Omit<TaskInfo, 'agent_id'>[] = [],
  ): void {
    this.#accept(offers, agent_id => [
      ...(tasks.length > 0
        ? [{ type: 'LAUNCH' as const, launch: { task_infos: tasks.map(task => ({ ...task, agent_id })) } }]
        : []),
      ...pods.map((task): OfferOperation => {
        const executor: ExecutorInfo = {
          type: 'DEFAULT',
          executor_id: { value: `pod-${task.task_id.value}` },
          framework_id: { value: this.id },
          resources: scalars({ cpus: taskCpus, mem: 32, disk: 1 }),
        };
        return { type: 'LAUNCH_GROUP', launch_group: { executor, task_group: { tasks: [{ ...task, agent_id }] } } };
      }),
    ]);
  }

  #accept(offers: readonly Offer[], operations: (agent: Offer['agent_id']) => OfferOperation[]): void {
    const [first] = offers;
    if (!first) throw new Error('no offer to launch on');
    this.call({
      type: 'ACCEPT',
      accept: {
        offer_ids: offers.map(({ id }) => id),
        operations: operations(first.agent_id),
        filters: { refuse_seconds: 0 },
      },
    });
  }

  /** Gives an offer back, to be offered again at once. */
  decline({ id }: Offer): void {
    this.call({ type: 'DECLINE', decline: { offer_ids: [id], filters: { refuse_seconds: 0 } } });
  }

  /** Takes all offers there are, as soon as they have so much of cpus. */
  async offered(cpus: number): Promise<Offer[]> {
    while (this.offers.reduce((sum, offer) => sum + cpusOf(offer), 0) < cpus) {
      await new Promise<void>(resolve => {
        this.onOffers = resolve;
      });
      this.onOffers = () => undefined;
    }
    return this.offers.splice(0);
  }

  close(): void {
    this.#subscription.destroy();
    this.#calls.destroy();
  }

  #receive({ offers, update, rescind }: SchedulerEvent): void {
    if (offers) {
      this.offers.push(...(offers.offers ?? []));
      this.onOffers();
    } else if (update) {
      this.onStatus(update.status);
      const { agent_id, task_id, uuid } = update.status;
      if (agent_id && uuid) this.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } });
    } else if (rescind) {
      const index = this.offers.findIndex(({ id }) => id.value === rescind.offer_id.value);
      if (index >= 0) this.offers.splice(index, 1);
    }
  }
}

/** Cores. */
export function cpusOf({ resources = [] }: Offer): number {
  return resources.reduce((sum, { name, scalar }) => (name === 'cpus' ? sum + (scalar?.value ?? 0) : sum), 0);
}

/** What each task takes. */
export const taskCpus = 0.01;

/** A task that runs a line of shell. */
export function shellTask(name: string, value: string): Omit<TaskInfo, 'agent_id'> {
  return { ...commandTask(name, ''), command: { shell: true, value } };
}

/** A task that runs one program, without a shell. */
export function commandTask(name: string, program: string, ...args: string[]): Omit<TaskInfo, 'agent_id'> {
  return {
    name,
    task_id: { value: name },
    resources: scalars({ cpus: taskCpus, mem: 1 }),
    command: { shell: false, value: program, arguments: [program, ...args] },
  };
}

function scalars(amounts: Readonly<Record<string, number>>): Resource[] {
  return Object.entries(amounts).map(([name, value]) => ({ name, type: 'SCALAR', scalar: { value } }));
}
