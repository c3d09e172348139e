/** Calls of the agent's operator API, as clients make them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentCall, AgentResponse, CommandInfo, ContainerID } from '@meseta/protocol';

/** What an agent answered. */
export interface Answered {
  readonly status: number;
  readonly text: string;
  /** Undefined when the answer is no JSON. */
  readonly reply: AgentResponse | undefined;
}

/** Makes calls of the agent at a port of this machine. */
export class AgentCalls {
  readonly origin: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param origin `http://127.0.0.1:<port>`. @param headers of all calls, such as Authorization. */
  constructor(origin: string, headers: Readonly<Record<string, string>> = {}) {
    this.origin = origin;
    this.#headers = headers;
  }

  /** Makes a call, also while the agent is recovering: then it is made again. */
  async call(call: AgentCall, signal?: AbortSignal): Promise<Answered> {
    for (;;) {
      const response = await fetch(`${this.origin}/api/v1`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...this.#headers },
        body: JSON.stringify(call),
        ...(signal && { signal }),
      });
      const text = await response.text();
      if (response.status === 503) {
        await sleep(10);
        continue;
      }
      return { status: response.status, text, reply: text.startsWith('{') ? JSON.parse(text) : undefined };
    }
  }

  /** Launches a shell command. */
  launch(
    container_id: ContainerID,
    value: string,
    more: Partial<AgentCall['launch_container']> & { command?: CommandInfo } = {},
  ) {
    const { command, ...rest } = more;
    return this.call({
      type: 'LAUNCH_CONTAINER',
      launch_container: { container_id, command: { value, ...command }, ...rest },
    });
  }

  wait(container_id: ContainerID, signal?: AbortSignal) {
    return this.call({ type: 'WAIT_CONTAINER', wait_container: { container_id } }, signal);
  }

  kill(container_id: ContainerID, signal?: number) {
    const kill_container = { container_id, ...(signal !== undefined && { signal }) };
    return this.call({ type: 'KILL_CONTAINER', kill_container });
  }

  remove(container_id: ContainerID) {
    return this.call({ type: 'REMOVE_CONTAINER', remove_container: { container_id } });
  }

  /** Ends all stand-alone containers: they would outlive the agent. */
  async endAll(): Promise<void> {
    const { reply } = await this.call({ type: 'GET_CONTAINERS', get_containers: { show_standalone: true } });
    const alone = (reply?.get_containers?.containers ?? []).filter(({ executor_id }) => executor_id === undefined);
    for (const { container_id } of alone) {
      await this.kill(container_id);
      await this.wait(container_id);
    }
  }

  /** Waits for the end of a container. @returns its wait status. @throws when it is not known. */
  async exitStatus(container_id: ContainerID): Promise<number | undefined> {
    const { status, text, reply } = await this.wait(container_id);
    if (status !== 200) throw new Error(`WAIT_CONTAINER was answered with ${status}: ${text}`);
    return reply?.wait_container?.exit_status;
  }
}
