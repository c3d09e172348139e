import type { FrameworkInfo } from '@meseta/protocol';
import { userName } from '@meseta/system';
import { sharing } from './descriptors.ts';
import type { AgentsProcess } from './processes/agents.ts';
import type { Child, Cleanups } from './processes/child.ts';
import type { MasterProcess } from './processes/master.ts';

/** A master and thousands of simulated agents, each side a process. */
export class ManyAgents {
  readonly agents: Child<AgentsProcess>;
  readonly #cleanups: Cleanups;
  readonly #directory: string;
  readonly #flags: readonly string[];
  master: Child<MasterProcess>;
  address = '';

  private constructor(cleanups: Cleanups, flags: readonly string[]) {
    this.#cleanups = cleanups;
    this.#flags = flags;
    this.#directory = cleanups.directory();
    this.agents = cleanups.child<AgentsProcess>('agents.ts');
    this.master = this.#startMaster(0);
  }

  /**
   * The agents listen and are not registered.
   *
   * @param flags of the master, where the defaults will not do.
   * @param perAddress how many agents share an address and its connections.
   */
  static async start(
    cleanups: Cleanups,
    count: number,
    flags: readonly string[] = [],
    perAddress = 1,
  ): Promise<ManyAgents> {
    const cluster = new ManyAgents(cleanups, flags);
    cluster.address = await cluster.master.ask('address');
    await cluster.agents.ask('start', { count, perAddress, master: cluster.address });
    return cluster;
  }

  /** Kills the master at once; the next one is on the same port and registry. @returns when it leads. */
  async replaceMaster(): Promise<void> {
    await this.master.end('kill');
    this.master = this.#startMaster(Number(this.address.split(':')[1]));
    await this.master.ask('address');
  }

  #startMaster(port: number): Child<MasterProcess> {
    const argv = [`--port=${port}`, `--work_dir=${this.#directory}/master`, ...this.#flags];
    return this.#cleanups.child<MasterProcess>('master.ts', argv);
  }
}

/** The framework whose tasks agents say they run. */
export function knownFramework(): FrameworkInfo & { id: { value: string } } {
  return {
    id: { value: 'bench-framework' },
    user: userName(),
    name: 'bench',
    roles: ['bench'],
    capabilities: [{ type: 'PARTITION_AWARE' }, { type: 'MULTI_ROLE' }, { type: 'RESERVATION_REFINEMENT' }],
    failover_timeout: 3600,
  };
}

/** How many of so many agents must share an address. Each listens and has a connection each way; the half is for the rest. */
export const agentsPerAddress = (count: number) => sharing(count, 3.5);

/** A note, which also tells when agents share addresses. */
export function noteOnSharing(note: string, count: number): string {
  const number = agentsPerAddress(count);
  return number === 1 ? note : `${note}; ${number} agents share an address: the descriptor limit is too low`;
}
