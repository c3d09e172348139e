/** The steps of the scenarios with thousands of agents. */
import { Prober } from './answers.ts';
import type { LoopDelay } from './event-loop.ts';
import type { BenchFramework } from './framework.ts';
import type { ManyAgents } from './many-agents.ts';

/** What a step of a scenario took, and what it was like for those who ask the master something meanwhile. */
export interface Step {
  /** Of the step: milliseconds, or things a second. */
  readonly value: number;
  /** Processor time of the master, in milliseconds. */
  readonly cpuMs: number;
  /** The longest wait for /health, milliseconds. */
  readonly answer: number;
  readonly loop: LoopDelay;
}

/** Does a step, and watches the master meanwhile. */
export async function step({ master, address }: ManyAgents, work: () => Promise<number>): Promise<Step> {
  const prober = new Prober(address);
  const cpuBefore = await master.ask('cpuMs');
  await master.ask('watchLoop');
  const value = await work();
  const loop = (await master.ask('loopDelay')) ?? { p99Ms: 0, maxMs: 0 };
  const cpuMs = (await master.ask('cpuMs')) - cpuBefore;
  return { value, cpuMs, loop, answer: await prober.stop() };
}

/** Resolves when the framework has an offer of each agent. */
export async function offersOfAll(framework: BenchFramework, agents: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  framework.onOffers = () => framework.offers.length >= agents && resolve();
  framework.onOffers();
  await promise;
  framework.onOffers = () => undefined;
}
