/** Tells when a cluster has become so large that its master should hold more memory to answer sooner. */
import type { Cluster, ClusterObserver } from './cluster.ts';

/** From so many agents, or tasks, a cluster is large. */
const large = { agents: 1000, tasks: 10_000 };

/** Observes a cluster until it is large. It stays large: a heap that is used less becomes smaller by itself. */
export class LargeCluster implements ClusterObserver {
  readonly #cluster: Cluster;
  readonly #onLarge: () => void;
  #tasks = 0;
  #isLarge = false;

  /** @param onLarge called once. */
  constructor(cluster: Cluster, onLarge: () => void) {
    this.#cluster = cluster;
    this.#onLarge = onLarge;
  }

  agentAdded(): void {
    this.countAgents();
  }

  /** Call it when the registry was read: its agents are about to come back, all at once. */
  countAgents(): void {
    const { agents, recoveredAgents } = this.#cluster;
    if (agents.size + recoveredAgents.size >= large.agents) this.#become();
  }

  taskAdded(): void {
    this.#tasks++;
    if (this.#tasks >= large.tasks) this.#become();
  }

  taskRemoved(): void {
    this.#tasks--;
  }

  #become(): void {
    if (this.#isLarge) return;
    this.#isLarge = true;
    this.#onLarge();
  }
}
