/** A master and agents, each a process, on directories of their own. */

import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { FrameworkInfo } from '@meseta/protocol';
import { eventually, thisMachine } from '@meseta/system/testing';
import { Daemon, type Flags, freePort } from './daemon.ts';
import { Framework } from './framework.ts';
import { processesOf } from './processes.ts';
import { removeDirectory } from './temporary-directory.ts';

/** Flags of a master that takes an agent that is stopped for unreachable within seconds, and not one that is slow. */
export const soonUnreachable: Flags = { agent_ping_timeout: '1secs', max_agent_ping_timeouts: 5 };

export interface ClusterOptions {
  readonly master?: Flags;
  /** One element per agent. */
  readonly agents?: readonly Flags[];
  /** Variables of the daemons' environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Headers of the test's own requests, such as Authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Words before the command of each agent, such as those of a tracer that leaves the agent its pid. */
  readonly agentsBy?: readonly string[];
}

export class Cluster {
  readonly directory: string;
  readonly master: Daemon;
  readonly agents: Daemon[] = [];
  readonly #frameworks: Framework[] = [];
  readonly #env: ClusterOptions['env'];
  readonly #agentsBy: readonly string[];
  readonly #headers: Readonly<Record<string, string>>;

  /** Ended and removed with everything it ran when the test is over. */
  static async start(t: TestContext, options: ClusterOptions = {}): Promise<Cluster> {
    const directory = mkdtempSync(path.join(tmpdir(), 'cluster-'));
    t.after(() => removeDirectory(directory));
    const master = await Daemon.start({
      kind: 'master',
      name: 'master',
      directory,
      ...(options.env && { env: options.env }),
      flags: {
        work_dir: path.join(directory, 'master'),
        allocation_interval: '50ms',
        ...options.master,
      },
    });
    const cluster = new Cluster(directory, master, options);
    t.after(() => Promise.all(cluster.#frameworks.map(framework => framework.close())));
    await Promise.all((options.agents ?? [{}]).map(flags => cluster.addAgent(flags)));
    return cluster;
  }

  private constructor(directory: string, master: Daemon, { env, headers = {}, agentsBy = [] }: ClusterOptions) {
    this.#env = env;
    this.#agentsBy = agentsBy;
    this.#headers = headers;
    this.directory = directory;
    this.master = master;
  }

  get agent(): Daemon {
    return this.agents[0] as Daemon;
  }

  /** An agent of the master's. Resolves when it is registered, unless told not to wait. */
  async addAgent(flags: Flags = {}): Promise<Daemon> {
    const port = await freePort();
    const name = `agent-${this.agents.length + 1}`;
    const workDirectory = String(flags.work_dir ?? path.join(this.directory, name));
    const agent = new Daemon(
      {
        kind: 'agent',
        name,
        directory: this.directory,
        place: { ...thisMachine, enter: [...thisMachine.enter, ...this.#agentsBy] },
        ...(this.#env && { env: this.#env }),
        flags: {
          work_dir: workDirectory,
          runtime_dir: path.join(this.directory, `${name}-run`),
          master: this.master.address,
          resources: 'cpus:4;mem:4096;disk:4096;ports:[31000-31099]',
          registration_backoff_factor: '50ms',
          executor_reregistration_timeout: '15secs',
          ...flags,
        },
      },
      port,
    );
    this.agents.push(agent);
    await agent.start();
    await this.registered(agent);
    // The master knows the agent before the agent knows its id: one that is killed in between registers as another one.
    const latest = path.join(workDirectory, 'meta/slaves/latest');
    await eventually(`the id of ${name} on disk`, () => existsSync(latest));
    return agent;
  }

  /** A framework that is subscribed, and closed after the test. */
  async framework(info: Partial<FrameworkInfo> = {}): Promise<Framework> {
    const framework = new Framework(this.master.origin, info, this.#headers);
    this.#frameworks.push(framework);
    return framework.start();
  }

  /** Waits until the master lists the agent as active; gives its id. */
  async registered(agent: Daemon): Promise<string> {
    let id = '';
    await eventually(`registration of agent ${agent.port}`, async () => {
      if (!agent.running) throw new Error(`The agent ended (${await agent.ended}):\n${agent.log}`);
      const found = (await this.slaves()).find(({ pid, active }) => pid.endsWith(`:${agent.port}`) && active);
      id = found?.id ?? '';
      return found !== undefined;
    });
    return id;
  }

  async slaves(): Promise<{ id: string; pid: string; active: boolean; used_resources: Record<string, unknown> }[]> {
    return (await this.get('/slaves')).slaves;
  }

  /** JSON of one of the master's endpoints; throws while it does not answer. */
  // biome-ignore lint/suspicious/noExplicitAny: views are looked at by the test, not typed here
  async get(url: string): Promise<any> {
    const { status, text } = await this.master.ask(url, this.#headers);
    if (status !== 200) throw new Error(`${url}: ${status} ${text}`);
    return JSON.parse(text);
  }

  /** Commands of processes that belong to it, daemons excepted. */
  leftovers(): string[] {
    const daemons = new Set([this.master, ...this.agents].filter(({ running }) => running).map(({ pid }) => pid));
    return processesOf(this.directory)
      .filter(({ pid }) => !daemons.has(pid))
      .map(({ command }) => command);
  }
}
