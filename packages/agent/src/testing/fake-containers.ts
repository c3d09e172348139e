/** Agents whose containers are fakes and whose long waits pass when the test says so. */
import { type ContainerKey, containerKey } from '@meseta/containers';
import { type FakeBehaviour, type FakeContainer, FakeContainerizer, FakeMachine } from '@meseta/containers/testing';
import { parseFlags } from '@meseta/flags';
import type { ContainerConfig } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { agentFlags } from '../flags.ts';
import { startAgent } from '../main.ts';
import type { RunningAgent } from '../running-agent.ts';
import { HeldClock } from './held-clock.ts';
import { agentArguments, type Bench } from './test-agent.ts';

/** A machine with fake containers, for one agent after the other. */
export class FakeContainers {
  readonly clock = new HeldClock();
  /** How containers behave that are launched from now on, by the id of their command task or custom executor. */
  readonly behaviours: Record<string, FakeBehaviour> = {};
  readonly #machine = new FakeMachine();
  readonly #names = new Map<ContainerKey, string>();
  #containerizer = this.containerizer();

  /** Starts an agent on what an earlier one left, and waits until it is registered. It is stopped after the test. */
  async startAgent(at: Bench, ...more: string[]): Promise<RunningAgent> {
    this.#containerizer = this.containerizer();
    const { flags } = parseFlags(agentFlags, agentArguments(at, more));
    const { clock } = this;
    const agent = await startAgent({ flags, log: at.log, clock, containerizer: this.#containerizer });
    at.onEnd(() => this.stop(agent));
    await agent.registered;
    return agent;
  }

  /** Stops an agent whose long waits pass at once. Idempotent. */
  async stop(agent: RunningAgent): Promise<void> {
    const stopped = agent.stop().then(() => true);
    await eventually('the end of the agent', () => {
      this.clock.advance(1000);
      return Promise.race([stopped, new Promise<false>(resolve => void setImmediate(resolve, false))]);
    });
  }

  /** A containerizer on this machine. */
  containerizer(): FakeContainerizer {
    return new FakeContainerizer(this.#machine, ({ config }, id) => {
      const name = nameOf(config);
      this.#names.set(containerKey(id), name);
      return this.behaviours[name] ?? {};
    });
  }

  /** What the latest agent's containerizer was asked and did of a container, in order; repetitions left out. */
  operations(name: string): string[] {
    const { operations } = this.#containerizer;
    const own = operations.filter(({ container }) => container && this.#names.get(container) === name);
    return [...new Set(own.map(each => each.name))];
  }

  /** Names of the containers that are there. */
  get names(): string[] {
    return [...this.#machine.containers.keys()].map(key => this.#names.get(key) ?? '').sort();
  }

  /** Waits for a container. */
  async container(name: string): Promise<FakeContainer> {
    const find = () => [...this.#machine.containers].find(([key]) => this.#names.get(key) === name);
    const [, container] = await eventually(() => `container ${name}; there are ${this.names}`, find);
    return container;
  }

  /** Takes a container away, as if nothing had ever run. */
  async lose(name: string): Promise<void> {
    const { id } = await this.container(name);
    this.#machine.containers.delete(containerKey(id));
  }
}

function nameOf({ task_info, executor_info }: ContainerConfig): string {
  return task_info?.task_id.value ?? executor_info?.executor_id.value ?? '';
}
