import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskInfo } from '@meseta/protocol';
import type { TaskEvent } from '../../supervision/task-event.ts';
import type { Hook } from '../hook.ts';
import type { ConsulClient } from './client.ts';
import { type ConsulServiceOptions, consulServices, wantsConsul } from './service.ts';

const tries = 4;
const firstWaitMs = 200;

/** Registers a task's services in Consul once it is healthy, and deregisters them before it ends. */
export class ConsulHook implements Hook {
  readonly name = 'consul';
  readonly #client: Pick<ConsulClient, 'register' | 'deregister'>;
  readonly #options: ConsulServiceOptions;
  /** Service ids by task. */
  readonly #registered = new Map<string, string[]>();

  constructor(client: Pick<ConsulClient, 'register' | 'deregister'>, options: ConsulServiceOptions) {
    this.#client = client;
    this.#options = options;
  }

  async handle(event: TaskEvent, task: TaskInfo | null, signal: AbortSignal): Promise<undefined> {
    if (!task || !wantsConsul(task)) return;
    if (event === 'AfterTaskHealthy') await this.#register(task, signal);
    if (event === 'BeforeTerminate') await this.#deregister(task.task_id.value, signal);
  }

  /** All or nothing. */
  async #register(task: TaskInfo, signal: AbortSignal): Promise<void> {
    const taskId = task.task_id.value;
    const ids: string[] = [];
    this.#registered.set(taskId, ids);
    try {
      for (const service of consulServices(task, this.#options)) {
        ids.push(service.ID); // before the call: one that is cut short may have registered all the same
        await this.#client.register(service, signal);
      }
    } catch (error) {
      await this.#deregister(taskId, AbortSignal.timeout(5000)).catch(() => undefined); // tried again before the end
      throw error;
    }
  }

  async #deregister(taskId: string, signal: AbortSignal): Promise<void> {
    const ids = this.#registered.get(taskId) ?? [];
    for (const id of ids.slice()) {
      await this.#deregisterOne(id, signal);
      ids.splice(ids.indexOf(id), 1);
    }
    this.#registered.delete(taskId);
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
