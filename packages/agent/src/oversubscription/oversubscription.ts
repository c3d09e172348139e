/**
 * Oversubscription: asks the resource estimator again and again what can be offered although it is allocated, and tells
 * the master; asks the QoS controller which executors are to be ended, and ends them.
 *
 * @see Mesos src/slave/slave.cpp, Slave::forwardOversubscribed and Slave::qosCorrections
 */
import type { QoSController, ResourceEstimator } from '@meseta/modules';
import { type ResourceUsage, UpdateSlaveMessage } from '@meseta/protocol';
import { Resources, resourcesProblem } from '@meseta/resources';
import { delay } from '@meseta/system';
import { type AgentContext, isRegistered } from '../context.ts';
import { rateLimited } from '../endpoints/statistics.ts';
import { oversubscribedMessage } from '../registration/messages.ts';
import { allocatedResources } from '../views/allocated.ts';
import { readUsage } from '../views/containers.ts';
import { correct } from './correct.ts';

const estimateFailed = 'Failed to estimate what can be oversubscribed: the last estimate stays';
const correctionFailed = 'Failed to get corrections from the QoS controller';

/** The modules of `--resource_estimator` and `--qos_controller`; undefined: nothing is oversubscribed, or corrected. */
export interface OversubscriptionModules {
  readonly estimator: ResourceEstimator | undefined;
  readonly controller: QoSController | undefined;
}

/** See the file's head. */
export class Oversubscription {
  readonly #context: AgentContext;
  readonly #modules: OversubscriptionModules;
  readonly #usage: () => Promise<ResourceUsage>;
  readonly #stop = new AbortController();

  constructor(context: AgentContext, modules: OversubscriptionModules) {
    this.#context = context;
    this.#modules = modules;
    // Without a pause between corrections, this is what keeps a controller from reading usage all the time.
    this.#usage = rateLimited(() => readUsage(context), context.clock);
  }

  /** Begins to ask the modules. Called once, when the agent has recovered. */
  start(): void {
    const { flags } = this.#context;
    const { estimator, controller } = this.#modules;
    if (estimator) {
      void this.#repeat(flags.oversubscribed_resources_interval, estimateFailed, () => this.#estimate(estimator));
    }
    if (controller) {
      void this.#repeat(flags.qos_correction_interval_min, correctionFailed, () => this.#correct(controller));
    }
  }

  /** Ends that. Answers that come later have no effect. */
  stop(): void {
    this.#stop.abort();
  }

  async #repeat(intervalMs: number, failed: string, work: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#context;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        if (!signal.aborted) log.warning(failed, { error });
      }
      // An empty pause would let a module that answers at once block the event loop.
      await delay(clock, Math.max(intervalMs, 1), signal);
    }
  }

  async #estimate(estimator: ResourceEstimator): Promise<void> {
    const context = this.#context;
    const { agent, log, messages } = context;
    const answer = await estimator.oversubscribable(await this.#usage());
    if (this.#stop.signal.aborted) return;
    const fixed = answer.find(({ revocable }) => revocable === undefined);
    const problem = fixed ? `'${fixed.name}' is not revocable` : resourcesProblem(answer);
    if (problem !== undefined) throw new Error(`the resource estimator answered with invalid resources: ${problem}`);
    // Tasks on the way to the agent are not included; the allocator counts them as used.
    const total = allocatedResources(agent).revocable().add(Resources.of(answer).unallocate());
    const isNew = agent.oversubscribed === undefined ? !total.isEmpty : !total.equals(agent.oversubscribed);
    agent.oversubscribed = total;
    if (!isNew || agent.state !== 'RUNNING' || !isRegistered(context)) return;
    log.info('Reporting resources for oversubscription', { resources: String(total) });
    messages.sendToMaster(UpdateSlaveMessage, oversubscribedMessage(context, total));
  }

  async #correct(controller: QoSController): Promise<void> {
    const context = this.#context;
    const corrections = await controller.corrections(await this.#usage());
    if (this.#stop.signal.aborted || !isRegistered(context) || context.agent.state === 'TERMINATING') return;
    for (const correction of corrections) correct(context, correction);
  }
}
