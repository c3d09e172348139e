import type { TestContext } from 'node:test';
import type { TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import type { RunningAgent } from '../running-agent.ts';
import type { Executor } from '../state/executor.ts';
import type { ScriptedMaster } from './scripted-master.ts';
import { bench, startTestAgent } from './test-agent.ts';

/** Returns a task that runs a command line of the shell. */
export const shell = (id: string, value: string, more: Partial<TaskInfo> = {}) => ({ id, command: { value }, ...more });

/** An agent in this process, to run task groups on. */
export class PodBench {
  readonly master: ScriptedMaster;
  readonly agent: RunningAgent;
  readonly until = eventually;

  private constructor(master: ScriptedMaster, agent: RunningAgent) {
    this.master = master;
    this.agent = agent;
  }

  /** Starts the agent, with more flags. It ends with the test. */
  static async start(t: TestContext, ...flags: string[]): Promise<PodBench> {
    const at = await bench(t);
    const agent = await startTestAgent(at, ...flags);
    at.onEnd(() => agent.shutdown());
    return new PodBench(at.master, agent);
  }

  /** An executor that has not ended. */
  readonly executor = (id: string): Executor => {
    const found = [...this.agent.context.agent.executors()].find(executor => executor.id === id);
    if (!found) throw new Error(`There is no executor ${id}`);
    return found;
  };

  /** Waits until the agent has no framework, no container, and no status to be acknowledged. */
  readonly untilNothingIsLeft = async (): Promise<void> => {
    const { agent, containerizer, statusUpdates } = this.agent.context;
    const left = () => [agent.frameworks.size, [...containerizer.containers()].length, statusUpdates.size];
    await eventually(
      () => `nothing to be left; frameworks, containers and statuses: ${left()}`,
      () => left().every(count => count === 0),
    );
  };
}
