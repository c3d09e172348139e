import type { AgentTable, ExecutorUse } from './agents.ts';
import type { FrameworkTable } from './frameworks.ts';
import { HeldByHolder } from './held.ts';
import { addQuantities, noQuantities, type Quantities } from './quantities.ts';
import { isActive, type TaskTable } from './tasks.ts';

/** What tasks and executors hold: of all, of each agent and of each framework, kept up to date in their tables. */
export class ResourceUse {
  readonly onAgents: HeldByHolder;
  readonly byFrameworks: HeldByHolder;
  readonly #all = noQuantities();
  /** By agent; agents without executors that hold something are left out. */
  readonly #executors = new Map<string, readonly ExecutorUse[]>();
  /** What the task that is counted holds: an object for each would be garbage, two thousand times a second. */
  readonly #counted = noQuantities();

  constructor(agents: AgentTable, frameworks: FrameworkTable) {
    this.onAgents = new HeldByHolder(agents);
    this.byFrameworks = new HeldByHolder(frameworks);
  }

  /** Returns what all of them hold. */
  sum(): Quantities {
    return { ...this.#all };
  }

  /** Counts a task with a factor of 1, or no longer with -1, if it holds resources. */
  countTask({ columns }: TaskTable, row: number, factor: 1 | -1): void {
    if (!isActive(columns.group.valueOf(row), columns.state.valueOf(row))) return;
    const held = this.#counted;
    held.cpus = columns.cpus.valueOf(row);
    held.mem = columns.mem.valueOf(row);
    held.disk = columns.disk.valueOf(row);
    held.gpus = columns.gpus.valueOf(row);
    addQuantities(this.#all, held, factor);
    this.onAgents.add(columns.agent.valueOf(row), held, factor);
    this.byFrameworks.add(columns.framework.valueOf(row), held, factor);
  }

  /** Counts what the executors on an agent hold, in place of what they held. */
  countExecutors(agentId: string, use: readonly ExecutorUse[]): void {
    this.#addExecutors(agentId, this.#executors.get(agentId) ?? [], -1);
    this.#addExecutors(agentId, use, 1);
    if (use.length > 0) this.#executors.set(agentId, use);
    else this.#executors.delete(agentId);
  }

  #addExecutors(agentId: string, use: readonly ExecutorUse[], factor: 1 | -1): void {
    for (const { framework, held } of use) {
      addQuantities(this.#all, held, factor);
      this.onAgents.add(agentId, held, factor, 'executors');
      this.byFrameworks.add(framework, held, factor, 'executors');
    }
  }
}
