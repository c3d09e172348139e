import { setTimeout as sleep } from 'node:timers/promises';
import type { Hook, HookedTask, TaskEvent } from '@meseta/tasks';
import type { ConsulClient, ConsulService } from './client.ts';
import { type ConsulServiceOptions, consulServices, wantsConsul } from './service.ts';

const tries = 4;
const firstWaitMs = 200;

/** Registers a task's services in Consul once it is healthy, and deregisters them before it ends. */
export class ConsulHook implements Hook {
  readonly name = 'consul';
  readonly #client: Pick<ConsulClient, 'register' | 'deregister'>;
  readonly #options: ConsulServiceOptions;

  constructor(client: Pick<ConsulClient, 'register' | 'deregister'>, options: ConsulServiceOptions) {
    this.#client = client;
    this.#options = options;
  }

  async handle(event: TaskEvent, task: HookedTask, signal: AbortSignal): Promise<undefined> {
    if (!task.info || !wantsConsul(task.info)) return;
    if (event === 'AfterTaskHealthy') await this.#register(consulServices(task.info, this.#options), task, signal);
    if (event === 'BeforeTerminate') await this.#deregister(task, signal);
  }

  /** Registers all services; when one fails, removes those that were registered. */
  async #register(services: readonly ConsulService[], task: HookedTask, signal: AbortSignal): Promise<void> {
    // Remembered before the calls, because a call that is aborted may have registered its service.
    await task.memory.set(
      this.name,
      services.map(({ ID }) => ID),
    );
    try {
      for (const service of services) await this.#client.register(service, signal);
    } catch (error) {
      await this.#deregister(task, AbortSignal.timeout(5000)).catch(() => undefined); // tried again before the end
      throw error;
    }
  }

  async #deregister({ memory }: HookedTask, signal: AbortSignal): Promise<void> {
    const ids = (memory.get(this.name) as readonly string[] | undefined) ?? [];
    for (const id of ids) await this.#deregisterOne(id, signal);
    if (ids.length > 0) await memory.set(this.name, []);
  }

  async #deregisterOne(id: string, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#client.deregister(id, signal);
      } catch (error) {
        if (attempt === tries || signal.aborted) throw error;
        await sleep(firstWaitMs * 2 ** attempt, undefined, { signal });
      }
    }
  }
}
