import assert from 'node:assert/strict';
import { type ContainerID, RegisterSlaveMessage, ReregisterSlaveMessage } from '@meseta/protocol';
import { isAlive, readProcess } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { AgentCalls } from './agent-calls.ts';
import { type Bench, kill, spawnAgent } from './test-agent.ts';

/** Agents as processes, one after the other. */
export class AgentProcesses {
  readonly at: Bench;
  #process: ReturnType<typeof spawnAgent>;

  constructor(at: Bench) {
    this.at = at;
    this.#process = spawnAgent(at);
    at.onEnd(async () => {
      try {
        await (await this.calls()).endAll();
      } finally {
        await kill(this.#process, 'SIGTERM');
      }
    });
  }

  /** Calls of the agent that runs now, once it is registered. */
  async calls(): Promise<AgentCalls> {
    const { master } = this.at;
    const names = [RegisterSlaveMessage.fullName, ReregisterSlaveMessage.fullName];
    await eventually(
      () => 'the registration of the agent',
      () => master.received.some(({ name }) => names.includes(name)),
    );
    const calls = new AgentCalls(`http://${master.agent.split('@')[1]}`);
    await eventually('the id of the agent', async () => {
      const { reply } = await calls.call({ type: 'GET_AGENT' });
      return reply?.get_agent?.agent_info?.id !== undefined;
    });
    return calls;
  }

  /** Kills the agent with -9. */
  async kill(): Promise<void> {
    await kill(this.#process, 'SIGKILL');
    this.at.master.received.length = 0;
  }

  /** Starts the next agent. @returns as `calls`. */
  async startNext(): Promise<AgentCalls> {
    this.#process = spawnAgent(this.at);
    return this.calls();
  }
}

/** Launches a container that sleeps. @returns its process. */
export async function launchSleeping(agents: AgentProcesses, id: ContainerID): Promise<number> {
  const calls = await agents.calls();
  assert.equal((await calls.launch(id, 'exec sleep 600')).status, 200);
  const all = { show_nested: true, show_standalone: true };
  const { reply } = await calls.call({ type: 'GET_CONTAINERS', get_containers: all });
  const found = reply?.get_containers?.containers?.find(({ container_id }) => container_id.value === id.value);
  const pid = found?.container_status?.executor_pid;
  assert.ok(pid !== undefined && pid > 0);
  return pid;
}

/** Waits for the end of a process. */
export async function gone(pid: number): Promise<void> {
  await eventually(
    () => `the end of process ${pid}`,
    () => {
      const found = readProcess(pid);
      return !found || !isAlive(found);
    },
  );
}
