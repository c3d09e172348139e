/** A master for tests: takes agents in and otherwise does what the test says. */

import { formatPid, HttpServer, Libprocess, type Pid, parsePid, Router } from '@meseta/process';
import {
  decode,
  type ExecutorInfo,
  ExecutorToFrameworkMessage,
  ExitedExecutorMessage,
  encode,
  type FrameworkInfo,
  type KillPolicy,
  KillTaskMessage,
  type MessageType,
  PongSlaveMessage,
  RegisterSlaveMessage,
  ReregisterSlaveMessage,
  type Resource,
  RunTaskGroupMessage,
  RunTaskMessage,
  SlaveRegisteredMessage,
  SlaveReregisteredMessage,
  type StatusUpdate,
  StatusUpdateAcknowledgementMessage,
  StatusUpdateMessage,
  type TaskInfo,
  UpdateOperationStatusMessage,
  UpdateSlaveMessage,
} from '@meseta/protocol';
import { userName } from '@meseta/system';
import { eventually, freePort } from '@meseta/system/testing';

const actor = 'master';
/** The id that the scripted master gives to the agent. */
export const agentId = 'test-S0';
/** The id of the framework in tests. */
export const frameworkId = 'test-0000';

/** A master that follows a script and records the messages it gets. */
export class ScriptedMaster {
  #server: HttpServer;
  #transport: Libprocess;
  /** Every message received, oldest first. */
  readonly received: { readonly name: string; readonly message: unknown }[] = [];
  readonly updates: StatusUpdate[] = [];
  /** Take agents in that have no id yet. */
  registers = true;
  /** Take agents in that have an id. */
  reregisters = true;
  /** Acknowledge updates as they come. */
  acknowledges = true;
  #agent: Pid | undefined;
  framework: FrameworkInfo = {
    user: userName(),
    name: 'test',
    id: { value: frameworkId },
    checkpoint: true,
    roles: ['*'],
    capabilities: [{ type: 'PARTITION_AWARE' }, { type: 'TASK_KILLING_STATE' }, { type: 'MULTI_ROLE' }],
  };

  private constructor(server: HttpServer, transport: Libprocess) {
    this.#server = server;
    this.#transport = transport;
    this.#installAll();
  }

  #installAll(): void {
    this.#take(RegisterSlaveMessage, (_, from) => {
      this.#agent = from;
      if (this.registers) this.register();
    });
    this.#take(ReregisterSlaveMessage, (_, from) => {
      this.#agent = from;
      if (this.reregisters) this.send(SlaveReregisteredMessage, { agent_id: { value: agentId } });
    });
    this.#take(StatusUpdateMessage, ({ update }) => {
      this.updates.push(update);
      if (this.acknowledges) this.acknowledge(update);
    });
    this.#take(UpdateSlaveMessage, () => undefined);
    this.#transport.install('slave-observer(1)', PongSlaveMessage.fullName, () => {
      this.received.push({ name: PongSlaveMessage.fullName, message: {} });
    });
    this.#take(ExitedExecutorMessage, () => undefined);
    this.#take(ExecutorToFrameworkMessage, () => undefined);
    this.#take(UpdateOperationStatusMessage, () => undefined);
  }

  static async start(): Promise<ScriptedMaster> {
    const server = await listen(await freePort()); // it stays free while the master starts again
    return new ScriptedMaster(server, new Libprocess(server, { report: () => undefined }));
  }

  /** Stops with all connections, and starts again at the same address without knowing any agent. */
  async restart(): Promise<void> {
    const { port } = this.#server.address;
    await this.close();
    this.#agent = undefined;
    this.#server = await listen(port);
    this.#transport = new Libprocess(this.#server, { report: () => undefined });
    this.#installAll();
  }

  get address(): string {
    return `127.0.0.1:${this.#server.address.port}`;
  }

  get agent(): string {
    if (!this.#agent) throw new Error('No agent registered');
    return formatPid(this.#agent);
  }

  send<T>(type: MessageType<T>, message: T): void {
    this.sendAs(actor, type, message);
  }

  /** Sends in the name of another actor of the master's process. */
  sendAs<T>(from: string, type: MessageType<T>, message: T): void {
    this.#transport.send(parsePid(this.agent) as Pid, from, type.fullName, encode(type, message));
  }

  /** Gives the agent its id. */
  register(): void {
    this.send(SlaveRegisteredMessage, {
      agent_id: { value: agentId },
      connection: { total_ping_timeout_seconds: 60 },
    });
  }

  acknowledge({ framework_id, status, uuid = '' }: StatusUpdate): void {
    this.send(StatusUpdateAcknowledgementMessage, {
      agent_id: { value: agentId },
      framework_id,
      task_id: status.task_id,
      uuid,
    });
  }

  run(task: Partial<TaskInfo> & { readonly id: string }, pid = ''): void {
    const { id, ...rest } = task;
    this.send(RunTaskMessage, {
      framework: this.framework,
      pid,
      task: {
        name: id,
        task_id: { value: id },
        agent_id: { value: agentId },
        resources: scalars({ cpus: 0.1, mem: 32 }),
        ...rest,
      },
    });
  }

  /** Runs tasks as a group; `launch`: on an executor that is to be launched. */
  runGroup(
    tasks: readonly (Partial<TaskInfo> & { readonly id: string })[],
    { executor = 'pod', launch = true, info = {} }: GroupOptions = {},
  ): void {
    const task = ({ id, ...rest }: Partial<TaskInfo> & { readonly id: string }): TaskInfo => ({
      name: id,
      task_id: { value: id },
      agent_id: { value: agentId },
      resources: scalars({ cpus: 0.1, mem: 32 }),
      ...rest,
    });
    this.send(RunTaskGroupMessage, {
      framework: this.framework,
      executor: {
        type: 'DEFAULT',
        executor_id: { value: executor },
        framework_id: { value: frameworkId },
        resources: scalars({ cpus: 0.1, mem: 32, disk: 32 }),
        ...info,
      },
      task_group: { tasks: tasks.map(task) },
      launch_executor: launch,
    });
  }

  /** Kills a task. */
  kill(id: string, kill_policy?: KillPolicy): void {
    const ids = { framework_id: { value: frameworkId }, task_id: { value: id } };
    this.send(KillTaskMessage, { ...ids, ...(kill_policy && { kill_policy }) });
  }

  /** Runs a shell command as a task. */
  command(id: string, value: string, rest: Partial<TaskInfo> = {}): void {
    this.run({ id, command: { value }, ...rest });
  }

  /** Returns the states of a task in order, without repetitions. */
  states(id: string): string[] {
    return this.statuses(id).map(({ status }) => status.state);
  }

  /** Updates of a task, repetitions left out. */
  statuses(id: string): StatusUpdate[] {
    const seen = new Set<string>();
    return this.updates.filter(({ status, uuid = '' }) => {
      if (status.task_id.value !== id || seen.has(uuid)) return false;
      seen.add(uuid);
      return true;
    });
  }

  /** Waits for a state of a task. */
  async until(id: string, state: string): Promise<StatusUpdate> {
    const all = () => this.updates.filter(({ status }) => status.task_id.value === id);
    const messages = () => all().map(({ status }) => [status.state, status.message]);
    const find = () => all().find(({ status }) => status.state === state);
    return eventually(() => `${state} of ${id}; there is ${JSON.stringify(messages())}`, find);
  }

  /** Waits for an agent's first message. */
  async untilAgent(): Promise<void> {
    const seen = () => this.#agent !== undefined;
    await eventually(() => 'an agent', seen);
  }

  /** Waits for the n-th message of a name. */
  async untilReceived<T>(type: MessageType<T>, count = 1): Promise<T> {
    const find = () => this.received.filter(({ name }) => name === type.fullName)[count - 1];
    return (await eventually(() => `${type.fullName} number ${count}`, find)).message as T;
  }

  async close(): Promise<void> {
    this.#transport.close();
    await this.#server.close(0);
  }

  #take<T>(type: MessageType<T>, handle: (message: T, from: Pid) => void): void {
    this.#transport.install(actor, type.fullName, (from, body) => {
      const message = decode(type, body);
      this.received.push({ name: type.fullName, message });
      handle(message, from);
    });
  }
}

/** The executor of a group. */
export interface GroupOptions {
  readonly executor?: string;
  readonly launch?: boolean;
  /** Fields of its description, in place of the usual ones. */
  readonly info?: Partial<ExecutorInfo>;
}

/** Returns scalar resources that are allocated to the role `*`. */
export function scalars(amounts: Readonly<Record<string, number>>): Resource[] {
  return Object.entries(amounts).map(([name, value]) => ({
    ...{ name, type: 'SCALAR', scalar: { value }, allocation_info: { role: '*' } },
  }));
}

async function listen(port: number): Promise<HttpServer> {
  const server = new HttpServer({ handler: new Router().handle, report: () => undefined });
  await server.listen('127.0.0.1', port);
  return server;
}
