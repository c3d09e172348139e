/** Harm done to an agent at a step of its choice: see `preload.ts`, which is loaded into the agent. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '@meseta/system/testing';
import type { Daemon } from '../daemon.ts';
import type { Plan } from './plan.ts';

const preload = fileURLToPath(new URL('./preload.ts', import.meta.url));

/** The plans for an agent, one after the other. */
export class Faults {
  readonly #directory: string;

  /** @param directory of its own, which is made. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory);
  }

  /** What the agent's environment needs. */
  get env(): Record<string, string> {
    return { NODE_OPTIONS: `--import=${preload}`, FAULTS_DIRECTORY: this.#directory };
  }

  #file(name: string): string {
    return path.join(this.#directory, name);
  }

  /** Plans for the agent that is started next. */
  plan(plan: Plan): void {
    for (const name of ['reached', 'steps', 'armed']) rmSync(this.#file(name), { force: true });
    writeFileSync(this.#file('plan.new'), JSON.stringify(plan));
    renameSync(this.#file('plan.new'), this.#file('plan'));
  }

  /** Plans for an agent that runs. */
  async arm(agent: Daemon, plan: Plan): Promise<void> {
    await this.#tell(agent, plan);
    assert.ok(existsSync(this.#file('armed')), 'the agent has ended');
  }

  /** Plans nothing any more, for an agent that runs or the next one. One that was just killed by its plan stays so. */
  async disarm(agent: Daemon): Promise<void> {
    rmSync(this.#file('plan'), { force: true });
    if (!agent.running) return;
    const reached = this.reached;
    await this.#tell(agent, { step: 0 });
    writeFileSync(this.#file('reached'), reached);
    rmSync(this.#file('plan'));
  }

  async #tell(agent: Daemon, plan: Plan): Promise<void> {
    this.plan(plan);
    process.kill(agent.pid, 'SIGUSR2');
    await eventually('the agent to have its plan', () => existsSync(this.#file('armed')) || !agent.running);
  }

  /** The step at which something was done; empty: it was not reached. */
  get reached(): string {
    return this.#read('reached');
  }

  /** All steps since the agent was armed with a plan that only counts. */
  get steps(): string[] {
    return this.#read('steps').split('\n').filter(Boolean);
  }

  #read(name: string): string {
    return existsSync(this.#file(name)) ? readFileSync(this.#file(name), 'utf8') : '';
  }
}
