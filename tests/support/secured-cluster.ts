/** Two masters and an agent with everything on that keeps strangers out: certificates, credentials, tokens, rules. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { Authority, tlsVariables } from '@meseta/process/testing';
import { ZooKeeper } from '@meseta/storage/testing';
import { userName } from '@meseta/system';
import { eventually, freePort } from '@meseta/system/testing';
import { Daemon, type Flags } from './daemon.ts';
import { type Finished, Meseta } from './meseta.ts';
import { endProcesses } from './processes.ts';

/** Principals and their secrets, by which a test looks for them in what others may read. */
export const secrets = {
  ops: 'secret-of-ops-4fd1',
  web: 'secret-of-web-9be2',
  guest: 'secret-of-guest-77c0',
  agents: 'secret-of-agents-1a3c',
  zookeeper: 'secret-of-zookeeper-c55e',
  key: 'key-of-tokens-0123456789abcdef0123456789abcdef',
} as const;

/** A principal of the people and frameworks of the cluster. */
export type Principal = 'ops' | 'web' | 'guest';

const any = { type: 'ANY' };
const only = (...values: string[]) => ({ values });

/** What agents and operators may do, and `web` with its own role; `guest` is known, and may do nothing. */
function rules(user: string): object {
  const all = (key: string) => [{ principals: only('ops'), [key]: any }];
  const ofUser = [{ principals: only('ops', 'web'), users: only(user) }];
  return {
    permissive: false,
    register_agents: [{ principals: only('agents'), agents: any }],
    register_frameworks: [
      { principals: only('web'), roles: only('web') },
      { principals: only('ops'), roles: any },
    ],
    run_tasks: ofUser,
    teardown_frameworks: [
      { principals: only('ops'), framework_principals: any },
      { principals: only('web'), framework_principals: only('web') },
    ],
    update_weights: all('roles'),
    update_quotas: all('roles'),
    get_quotas: all('roles'),
    view_roles: all('roles'),
    drain_agents: all('agents'),
    deactivate_agents: all('agents'),
    reactivate_agents: all('agents'),
    get_endpoints: all('paths'),
    view_flags: all('flags'),
    view_frameworks: ofUser,
    view_tasks: ofUser,
    view_executors: ofUser,
    view_containers: ofUser,
    access_sandboxes: ofUser,
    launch_nested_container_sessions_as_user: [{ principals: only('ops', 'web'), users: any }],
    launch_nested_container_sessions_under_parent_with_user: ofUser,
    wait_nested_containers: ofUser,
    kill_nested_containers: ofUser,
    remove_nested_containers: ofUser,
    attach_containers_input: ofUser,
    attach_containers_output: ofUser,
  };
}

export class SecuredCluster {
  readonly directory: string;
  readonly authority: Authority;
  readonly zookeeper: ZooKeeper;
  readonly masters: Daemon[] = [];
  readonly #env: Readonly<Record<string, string>>;

  /** Resolves when a master leads, and an agent is registered with it. */
  static async start(t: TestContext): Promise<SecuredCluster> {
    const zookeeper = await ZooKeeper.start();
    const directory = mkdtempSync(path.join(tmpdir(), 'secured-'));
    t.after(async () => {
      await endProcesses(directory);
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
      await zookeeper.close();
    });
    const cluster = new SecuredCluster(directory, zookeeper);
    for (const name of ['master-1', 'master-2']) await cluster.#addMaster(name);
    return cluster;
  }

  private constructor(directory: string, zookeeper: ZooKeeper) {
    this.directory = directory;
    this.zookeeper = zookeeper;
    mkdirSync(path.join(directory, 'secrets'), { mode: 0o700 });
    this.authority = new Authority(directory);
    this.#env = tlsVariables(this.authority.issue('node'), this.authority.caFile, {
      REQUIRE_CLIENT_CERT: 'true',
      HOSTNAME_VALIDATION_SCHEME: 'openssl',
    });
    const { ops, web, guest, agents, key } = secrets;
    const known = Object.entries({ ops, web, guest, agents }).map(([principal, secret]) => ({ principal, secret }));
    this.file('credentials', { credentials: known });
    for (const each of known) this.file(each.principal, each);
    this.file('wrong', { principal: 'ops', secret: `${ops}-no-longer` });
    this.file('wrong-agents', { principal: 'agents', secret: `${agents}-no-longer` });
    this.file('key', key);
    this.file('acls', rules(userName()));
    // Who only reads who leads needs no password.
    this.file('zk', `zk://${zookeeper.hosts}/mesos`);
    this.file('zk-masters', `zk://mesos:${secrets.zookeeper}@${zookeeper.hosts}/mesos`);
  }

  /** Writes a file that only this user can read. @returns its path. */
  file(name: string, content: object | string): string {
    const file = this.at(name);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
    return file;
  }

  /** The path of a file of secrets. */
  at(name: string): string {
    return path.join(this.directory, 'secrets', name);
  }

  /** Flags of masters and agents. */
  get #guards(): Flags {
    return {
      authenticate_http_readonly: true,
      authenticate_http_readwrite: true,
      acls: `file://${this.at('acls')}`,
      zk_session_timeout: '3secs',
    };
  }

  async #addMaster(name: string): Promise<void> {
    const master = new Daemon(
      {
        ...{ kind: 'master', name, directory: this.directory, env: this.#env },
        flags: {
          ...this.#guards,
          work_dir: path.join(this.directory, name),
          zk: `file://${this.at('zk-masters')}`,
          quorum: 2,
          allocation_interval: '50ms',
          credentials: this.at('credentials'),
          authenticate_agents: true,
          authenticate_frameworks: true,
          authenticate_http_frameworks: true,
          http_framework_authenticators: 'basic',
          rate_limits: JSON.stringify({ limits: [{ principal: 'web', qps: 100, capacity: 1000 }] }),
        },
      },
      await freePort(),
    );
    this.masters.push(master);
    await this.startAgain(master);
  }

  /** Starts a master, and waits until it answers, as the leader or not. */
  async startAgain(master: Daemon): Promise<void> {
    master.spawn();
    await eventually('a healthy master', async () => {
      if (!master.running) throw new Error(`A master ended (${await master.ended}):\n${master.log}`);
      return (await master.ask('/health').catch(() => undefined))?.status === 200;
    });
  }

  /** Starts an agent, which need not register. @param flags in place of its own. */
  async addAgent(name: string, flags: Flags = {}, env: Readonly<Record<string, string>> = {}): Promise<Daemon> {
    const agent = new Daemon(
      {
        ...{ kind: 'agent', name, directory: this.directory, env: { ...this.#env, ...env } },
        flags: {
          ...this.#guards,
          work_dir: path.join(this.directory, name),
          runtime_dir: path.join(this.directory, `${name}-run`),
          master: `file://${this.at('zk')}`,
          credential: this.at('agents'),
          http_credentials: this.at('credentials'),
          authenticate_http_executors: true,
          jwt_secret_key: this.at('key'),
          resources: 'cpus:4;mem:4096;disk:4096;ports:[31000-31099]',
          registration_backoff_factor: '50ms',
          authentication_backoff_factor: '50ms',
          ...flags,
        },
      },
      await freePort(),
    );
    agent.spawn();
    return agent;
  }

  /** The master that leads; waits for one. @param other which it must not be. */
  leader(other?: Daemon): Promise<Daemon> {
    return eventually('a leading master', async () => {
      for (const master of this.masters) {
        if (master === other || !master.running) continue;
        const answer = await master.ask('/state-summary', { Authorization: this.#basic('ops') }).catch(() => undefined);
        if (answer?.status === 200) return master;
      }
      return undefined;
    });
  }

  /** Waits until the leading master lists an agent as active. */
  registered(master: Daemon): Promise<unknown> {
    return eventually('the agent to be registered', async () => {
      const answer = await master.ask('/slaves', { Authorization: this.#basic('ops') }).catch(() => undefined);
      if (answer?.status !== 200) return false;
      return JSON.parse(answer.text).slaves.some(({ active }: { active: boolean }) => active);
    });
  }

  #basic(principal: Principal): string {
    return `Basic ${Buffer.from(`${principal}:${secrets[principal]}`).toString('base64')}`;
  }

  /** The answer of a daemon to a principal. */
  ask(daemon: Daemon, principal: Principal | undefined, url: string): ReturnType<Daemon['ask']> {
    return daemon.ask(url, principal && { Authorization: this.#basic(principal) });
  }

  /** What a user of the command line has in the environment: the address, a certificate, a credential. */
  userEnv(credential = 'ops'): Record<string, string> {
    const { certFile, keyFile } = this.authority.issue(`user-${credential}`);
    return {
      MESETA_MASTER: `file://${this.at('zk')}`,
      MESETA_CREDENTIAL: this.at(credential),
      ...tlsVariables({ certFile, keyFile }, this.authority.caFile, { HOSTNAME_VALIDATION_SCHEME: 'openssl' }),
    };
  }

  /** Runs the command line as a principal. */
  as(credential: string, ...argv: string[]): Promise<Finished> {
    return new Meseta(argv, { env: this.userEnv(credential) }).finished;
  }
}
