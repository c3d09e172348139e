/** A cluster under attack, and what has to stay true of it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './cluster.ts';
import type { Daemon } from './daemon.ts';
import { Framework } from './framework.ts';

/** Memory a process has had at most, in bytes. */
export const peakMemory = (pid: number) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

/** A framework that behaves; it ends one task after the other. */
class Service {
  readonly framework: Framework;
  #running = true;
  #loop: Promise<void> | undefined;
  #launched = 0;

  constructor(origin: string) {
    this.framework = new Framework(origin, { name: 'service' });
  }

  async start(): Promise<this> {
    await this.framework.start();
    this.#loop = this.#work();
    return this;
  }

  async #work(): Promise<void> {
    while (this.#running) {
      const offer = await this.framework.findRoom();
      if (offer)
        await this.framework.launch(offer, [{ task_id: { value: `service-${this.#launched++}` } }]).catch(() => {});
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  get finished(): number {
    return this.framework.updates.filter(({ state }) => state === 'TASK_FINISHED').length;
  }

  /** Waits until tasks launched from now on have finished. */
  async isServed(): Promise<void> {
    const before = this.finished;
    await eventually('tasks of the framework that behaves', () => this.finished >= before + 5);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#loop;
    await this.framework.close();
  }
}

/** Views are JSON whatever was sent. */
export async function checkViews(daemons: readonly Daemon[]): Promise<void> {
  for (const daemon of daemons) {
    for (const path of [
      '/state',
      '/metrics/snapshot',
      '/flags',
      ...(daemon.kind === 'master' ? ['/slaves', '/roles', '/tasks', '/frameworks'] : ['/containers']),
    ]) {
      const answer = await fetch(daemon.origin + path);
      assert.equal(answer.status, 200, path);
      const bytes = Buffer.from(await answer.arrayBuffer());
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    }
  }
}

/** Logs of handlers that threw what they did not expect. */
export function surprises({ log }: Daemon): string[] {
  return log
    .split('\n')
    .filter(line => /TypeError|RangeError|ReferenceError|unhandled|uncaught|Handling .* failed|Handler of/i.test(line));
}

/** A cluster that serves a framework; `check` waits until it is served again, and looks at views and logs. */
export async function scene(t: TestContext) {
  const cluster = await Cluster.start(t);
  const service = new Service(cluster.master.origin);
  t.after(() => service.stop());
  await service.start();
  const daemons = [cluster.master, cluster.agent];
  const pids = daemons.map(({ pid }) => pid);
  const check = async () => {
    await service.isServed();
    await checkViews(daemons);
    assert.deepEqual(
      daemons.map(({ running, pid }) => running && pid),
      pids,
    );
    assert.deepEqual(daemons.flatMap(surprises), []);
  };
  return { cluster, service, check, daemons };
}
