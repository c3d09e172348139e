/** A cluster of two machines, and `meseta` as its operator runs it. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { FrameworkInfo } from '@meseta/protocol';
import { Cluster } from './cluster.ts';
import type { Flags } from './daemon.ts';
import { type Framework, shellTask } from './framework.ts';
import { type Finished, Meseta } from './meseta.ts';

/** What `sceneOf` makes. */
export interface Scene {
  readonly cluster: Cluster;
  /** Runs a command to its end. */
  on(...argv: string[]): Promise<Finished>;
  /** Runs a command that must succeed. @returns what it prints. */
  ok(...argv: string[]): Promise<string>;
  /** The same, of JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: looked at by the test, not typed here
  json(...argv: string[]): Promise<any>;
}

/** A cluster with the agents web1 and web2, which are on machines of their own as far as maintenance knows. */
export async function sceneOf(t: TestContext, master: Flags = {}): Promise<Scene> {
  const agents = ['web1', 'web2'].map(name => ({ hostname: `${name}.example.org` }));
  const cluster = await Cluster.start(t, { master, agents });
  const env = { MESETA_MASTER: cluster.master.address };
  const on = (...argv: string[]) => new Meseta(argv, { env }).finished;
  const ok = async (...argv: string[]) => {
    const { code, stdout, stderr } = await on(...argv);
    assert.equal(code, 0, `meseta ${argv.join(' ')}: ${stderr}`);
    return stdout;
  };
  return { cluster, on, ok, json: async (...argv) => JSON.parse(await ok(...argv, '--json')) };
}

/** A framework with a task on the agent of the host. */
export async function running(
  cluster: Cluster,
  host: string,
  id: string,
  info: Partial<FrameworkInfo> = {},
): Promise<Framework> {
  const framework = await cluster.framework(info);
  const offer = await framework.offer(({ hostname }) => hostname === `${host}.example.org`);
  await framework.launch(offer, [shellTask(id, 'exec sleep 1000')]);
  await framework.reaches(id, 'TASK_RUNNING');
  return framework;
}
