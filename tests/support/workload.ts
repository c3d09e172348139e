/** Short tasks that write down when they start, launched without pause; and what must hold when they are over. */

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TaskState } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import type { Cluster } from './cluster.ts';
import { Framework, isTerminal } from './framework.ts';
import type { Random } from './random.ts';
import { checkHistory, isEnd } from './task-history.ts';

/** Goes on until the framework kills it. */
const idle = 'exec sleep 1000';

/** What tasks do after they have written their id down, and how they end when nobody kills them. */
const kinds: readonly { command: string; ends: TaskState; message: string }[] = [
  { command: 'exit 0', ends: 'TASK_FINISHED', message: 'Command exited with status 0' },
  { command: 'exit 3', ends: 'TASK_FAILED', message: 'Command exited with status 3' },
  { command: 'sleep 0.1', ends: 'TASK_FINISHED', message: 'Command exited with status 0' },
  { command: 'sleep 0.7; exit 143', ends: 'TASK_FAILED', message: 'Command exited with status 143' },
  { command: 'sleep 0.3; kill -9 $$', ends: 'TASK_FAILED', message: 'Command terminated with signal Killed' },
  { command: 'sleep 2 & sleep 0.2', ends: 'TASK_FINISHED', message: 'Command exited with status 0' },
  { command: idle, ends: 'TASK_KILLED', message: 'Command terminated with signal Terminated' },
];

export class Workload {
  readonly framework: Framework;
  readonly #cluster: Cluster;
  readonly #random: Random;
  readonly #startsFile: string;
  /** The kind of each task whose launch the master may have seen. */
  readonly #tasks = new Map<string, (typeof kinds)[number]>();
  #launching: Promise<void> | undefined;
  #stopped = false;
  #closed = false;

  constructor(cluster: Cluster, random: Random) {
    this.#cluster = cluster;
    this.#random = random;
    this.#startsFile = path.join(cluster.directory, 'starts');
    appendFileSync(this.#startsFile, '');
    this.framework = new Framework(cluster.master.origin);
  }

  async start(): Promise<this> {
    await this.framework.start();
    this.#launching = this.#launch();
    return this;
  }

  /** Ends the framework's part. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#closed = true;
    await this.#launching;
    await this.framework.close();
  }

  get launched(): number {
    return this.#tasks.size;
  }

  /** Lets half of the offers be used up by one to four tasks each, as long as the test wants. */
  async #launch(): Promise<void> {
    while (!this.#stopped) {
      const [offer] = this.framework.offers.values();
      if (offer && this.framework.isConnected) {
        const tasks = Array.from({ length: 1 + this.#random.below(4) }, () => this.#task());
        await this.framework.launch(offer, tasks).catch(() => {}); // reconciled in the end
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  #task() {
    const kind = this.#random.pick(kinds);
    const id = `t${this.#tasks.size}`;
    this.#tasks.set(id, kind);
    if (kind.command === idle) void this.#killWhenItRuns(id);
    return {
      task_id: { value: id },
      command: { shell: true, value: `echo ${id} >> ${this.#startsFile}; ${kind.command}` },
    };
  }

  /** Asks until it is over: a request may be lost with a daemon. */
  async #killWhenItRuns(id: string): Promise<void> {
    const { framework } = this;
    const states = () => framework.statesOf(id);
    while (!this.#closed && !states().some(isTerminal)) {
      const kill = { task_id: { value: id } };
      if (states().includes('TASK_RUNNING')) await framework.call({ type: 'KILL', kill }).catch(() => {});
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }

  #unfinished(): string[] {
    const done = new Set(this.framework.updates.filter(isEnd).map(({ task_id }) => task_id.value));
    return [...this.#tasks.keys()].filter(id => !done.has(id));
  }

  /** Stops launching and waits for the end of every task, asking the master for those it may never have seen. */
  async finish(): Promise<void> {
    this.#stopped = true;
    await this.#launching;
    let asked = 0;
    await eventually(
      () => `end of ${this.#unfinished().map(id => `${id} (${this.framework.statesOf(id)})`)}`,
      async () => {
        const unfinished = this.#unfinished();
        if (unfinished.length === 0) return true;
        if (this.framework.isConnected && Date.now() > asked + 1000) {
          asked = Date.now();
          const tasks = unfinished.map(id => ({ task_id: { value: id } }));
          await this.framework.call({ type: 'RECONCILE', reconcile: { tasks } }).catch(() => {});
        }
        return false;
      },
    );
  }

  /**
   * Checks that nothing was lost, doubled or left.
   *
   * @param options.interfered tasks may have been killed from outside, and then end otherwise than by themselves.
   */
  async check(options: { readonly interfered?: boolean } = {}): Promise<void> {
    const starts = readFileSync(this.#startsFile, 'utf8').trim().split('\n');
    for (const [id, kind] of this.#tasks) {
      const runs = starts.filter(each => each === id).length;
      this.#checkTask(id, kind, runs, options.interfered ?? false);
    }
    await this.#checkResources();
    await eventually(
      () => `end of ${this.#cluster.leftovers()}`,
      () => this.#cluster.leftovers().every(command => /^meseta-spawner/.test(command)),
    );
  }

  #checkTask(id: string, kind: (typeof kinds)[number], runs: number, interfered: boolean): void {
    const { end, story } = checkHistory(`${id} (${kind.command})`, this.framework.statusesOf(id), runs);
    if (runs === 1 && !interfered) {
      assert.equal(end?.state, kind.ends, story);
      assert.equal(end?.message, kind.message, story);
    }
    if (runs === 0 && !interfered) assert.notEqual(end?.state, 'TASK_FINISHED', story);
  }

  /** Everything is offered again. */
  async #checkResources(): Promise<void> {
    const { framework } = this;
    await eventually(
      () => `an offer of everything; there are ${JSON.stringify([...framework.offers.values()])}`,
      () => {
        const amounts = framework.offers
          .values()
          .flatMap(({ resources = [] }) => resources)
          .filter(({ name }) => name === 'cpus')
          .map(({ scalar }) => scalar?.value ?? 0);
        const total = [...amounts].reduce((sum, value) => sum + value, 0);
        return Math.abs(total - 4 * this.#cluster.agents.length) < 1e-6;
      },
    );
    for (const { used_resources } of await this.#cluster.slaves()) assert.equal(used_resources.cpus, 0);
  }
}
