/** An agent with a task, for tests of sessions in it. */
import type { TestContext } from 'node:test';
import type { AgentCall, CommandInfo, ContainerID, ContainerInfo, TaskInfo } from '@meseta/protocol';
import type { RunningAgent } from '../running-agent.ts';
import { type Encoding, InputClient, OutputClient } from './session-client.ts';
import { type Bench, bench, startTestAgent } from './test-agent.ts';

let sessions = 0;

/** See the top of this file. */
export class SessionBench {
  readonly at: Bench;
  /** The container of the task. */
  readonly container: ContainerID;
  port: number;
  readonly #outputs: OutputClient[] = [];

  private constructor(at: Bench, port: number, container: ContainerID) {
    this.at = at;
    this.port = port;
    this.container = container;
    at.onEnd(async () => {
      for (const each of this.#outputs) each.destroy();
    });
  }

  /** Starts an agent in this process, and a task `task`. */
  static async open(
    t: TestContext,
    flags: (at: Bench) => readonly string[] = () => [],
    command = 'sleep 600',
    task: Partial<TaskInfo> = {},
  ): Promise<SessionBench & { readonly agent: RunningAgent }> {
    const at = await bench(t);
    const agent = await startTestAgent(at, ...flags(at));
    at.onEnd(() => agent.shutdown());
    const started = await SessionBench.withTask(at, agent.port, command, task);
    return Object.assign(started, { agent });
  }

  /** Runs the task on an agent that is registered. */
  static async withTask(at: Bench, port: number, value: string, task: Partial<TaskInfo> = {}): Promise<SessionBench> {
    at.master.run({ id: 'task', command: { value }, ...task });
    const { status } = await at.master.until('task', 'TASK_RUNNING');
    return new SessionBench(at, port, status.container_status?.container_id ?? { value: '' });
  }

  /** An id of a session in the task. */
  id(): ContainerID {
    return { value: `session-${++sessions}`, parent: this.container };
  }

  /** Launches a session. */
  launch(
    command: CommandInfo | string,
    more: { id?: ContainerID; container?: ContainerInfo; encoding?: Encoding; reads?: boolean } = {},
  ): OutputClient & { readonly id: ContainerID } {
    const { id = this.id(), container, encoding, reads } = more;
    const launch_nested_container_session = {
      container_id: id,
      command: typeof command === 'string' ? { value: command } : command,
      ...(container && { container }),
    };
    const call: AgentCall = { type: 'LAUNCH_NESTED_CONTAINER_SESSION', launch_nested_container_session };
    const client = new OutputClient(this.port, call, encoding, reads);
    this.#outputs.push(client);
    return Object.assign(client, { id });
  }

  /** Attaches to the output of a container; by default to that of the task. */
  output(container_id = this.container, reads = true): OutputClient {
    const call: AgentCall = { type: 'ATTACH_CONTAINER_OUTPUT', attach_container_output: { container_id } };
    const client = new OutputClient(this.port, call, {}, reads);
    this.#outputs.push(client);
    return client;
  }

  /** Attaches to the input of a container. */
  input(id = this.container): InputClient {
    const client = new InputClient(this.port, id);
    this.at.onEnd(async () => client.destroy());
    return client;
  }

  /** Returns the wait status of a container that ends. */
  async wait(container_id: ContainerID): Promise<number | undefined> {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type: 'WAIT_CONTAINER', wait_container: { container_id } }),
    });
    if (!response.ok) throw new Error(await response.text());
    return ((await response.json()) as { wait_container: { exit_status?: number } }).wait_container.exit_status;
  }
}
