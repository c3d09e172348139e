/** Masters that elect a leader in a real ZooKeeper ensemble, with an agent. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { ZooKeeper, type ZooKeeperOptions } from '@meseta/storage/testing';
import { eventually, freePort } from '@meseta/system/testing';
import { Daemon, type Flags } from './daemon.ts';
import { endProcesses } from './processes.ts';

/** Long enough for a busy machine, short for a test. ZooKeeper grants 2 to 20 ticks. */
const sessionTimeout = '3secs';

export interface ElectionSceneOptions extends ZooKeeperOptions {
  readonly masters?: number;
  /** `user:password@`. */
  readonly credentials?: string;
  readonly masterFlags?: Flags;
}

export class ElectionScene {
  readonly directory: string;
  readonly zookeeper: ZooKeeper;
  readonly masters: Daemon[] = [];
  readonly #credentials: string;

  static async start(t: TestContext, options: ElectionSceneOptions = {}): Promise<ElectionScene> {
    const { masters = 3, credentials = '', masterFlags = {}, ...ensemble } = options;
    const zookeeper = await ZooKeeper.start({ servers: 3, tickMs: 200, ...ensemble });
    const directory = mkdtempSync(path.join(tmpdir(), 'election-'));
    t.after(async () => {
      await endProcesses(directory);
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
      await zookeeper.close();
    });
    const scene = new ElectionScene(directory, zookeeper, credentials);
    for (let index = 1; index <= masters; index++) await scene.addMaster(`master-${index}`, masterFlags);
    return scene;
  }

  private constructor(directory: string, zookeeper: ZooKeeper, credentials: string) {
    this.directory = directory;
    this.zookeeper = zookeeper;
    this.#credentials = credentials;
  }

  /** `zk://…/mesos`. */
  get address(): string {
    return `zk://${this.#credentials}${this.zookeeper.hosts}/mesos`;
  }

  /** A master that is healthy, whether it leads or not. */
  async addMaster(name: string, flags: Flags = {}): Promise<Daemon> {
    const master = new Daemon(
      {
        ...{ kind: 'master', name, directory: this.directory },
        flags: {
          work_dir: path.join(this.directory, name),
          zk: this.address,
          zk_session_timeout: sessionTimeout,
          quorum: 2,
          allocation_interval: '50ms',
          ...flags,
        },
      },
      await freePort(),
    );
    master.spawn();
    this.masters.push(master);
    await healthy(master);
    return master;
  }

  async startAgain(master: Daemon): Promise<void> {
    master.spawn();
    await healthy(master);
  }

  addAgent(flags: Flags = {}): Promise<Daemon> {
    return Daemon.start({
      ...{ kind: 'agent', name: 'agent', directory: this.directory },
      flags: {
        work_dir: path.join(this.directory, 'agent'),
        runtime_dir: path.join(this.directory, 'agent-run'),
        master: this.address,
        zk_session_timeout: sessionTimeout,
        resources: 'cpus:4;mem:4096;disk:4096;ports:[31000-31099]',
        registration_backoff_factor: '50ms',
        ...flags,
      },
    });
  }

  /** The master that leads, when exactly one does and serves; waits for that. @param others which it must not be. */
  leader(...others: readonly Daemon[]): Promise<Daemon> {
    return eventually('one leading master', async () => {
      const leading: Daemon[] = [];
      for (const master of this.masters) if (master.running && (await leads(master))) leading.push(master);
      const [first, ...more] = leading;
      if (more.length > 0) {
        // They were asked one after the other: the lead may have gone from the first to the next meanwhile.
        if (first?.running && (await leads(first))) {
          throw new Error(`${leading.map(({ port }) => port).join(' and ')} lead`);
        }
        return undefined;
      }
      return first && !others.includes(first) ? first : undefined;
    });
  }

  /** Waits until the master lists the agent as active. @returns its id. */
  registered(master: Daemon): Promise<string> {
    return eventually('the agent to be registered', async () => {
      const answer = await fetch(`${master.origin}/slaves`, { redirect: 'manual' }).catch(() => undefined);
      if (answer?.status !== 200) return undefined;
      const { slaves } = (await answer.json()) as { slaves: { id: string; active: boolean }[] };
      return slaves.find(({ active }) => active)?.id;
    });
  }
}

const healthy = (master: Daemon) =>
  eventually('a healthy master', async () => {
    if (!master.running) throw new Error(`A master ended (${await master.ended}):\n${master.log}`);
    return (await fetch(`${master.origin}/health`).catch(() => undefined))?.status === 200;
  });

/** Whether a master serves as the leader. A stopped one answers nothing. */
export async function leads({ origin }: Daemon): Promise<boolean> {
  const signal = AbortSignal.timeout(1000);
  const answer = await fetch(`${origin}/state-summary`, { redirect: 'manual', signal }).catch(() => undefined);
  return answer?.status === 200;
}
