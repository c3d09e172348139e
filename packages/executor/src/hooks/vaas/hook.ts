import type { TaskInfo } from '@meseta/protocol';
import type { TaskEvent } from '../../supervision/task-event.ts';
import type { Hook, HookedTask } from '../hook.ts';
import { keysOf, labelOf, portsOf } from '../task-labels.ts';
import type { VaasClient } from './client.ts';

export interface VaasHookOptions {
  /** Symbol of the data centre we are in (`CLOUD_DC`). */
  readonly dc: string | undefined;
  /** Where the task is reached. */
  readonly address: string;
  /** The task's environment, as far as the executor knows it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const label = 'director';

/** Whether a task wants to be in VaaS. */
export const wantsVaas = (task: TaskInfo): boolean => !!labelOf(task, label);

/** Registers a task as backend of its director in VaaS once it is healthy, and removes it before it ends. */
export class VaasHook implements Hook {
  readonly name = 'vaas';
  readonly #client: VaasClient;
  readonly #options: VaasHookOptions;

  constructor(client: VaasClient, options: VaasHookOptions) {
    this.#client = client;
    this.#options = options;
  }

  async handle(event: TaskEvent, { info, memory }: HookedTask, signal: AbortSignal): Promise<undefined> {
    if (!info || !wantsVaas(info)) return;
    if (event === 'AfterTaskHealthy') {
      await memory.set(this.name, await this.#register(info, labelOf(info, label) ?? '', signal));
    }
    const id = memory.get(this.name) as number | undefined;
    if (event === 'BeforeTerminate' && id !== undefined) await this.#client.deleteBackend(id, signal);
  }

  /** @returns the id of the backend. */
  async #register(task: TaskInfo, director: string, signal: AbortSignal): Promise<number> {
    const { dc, address, environment } = this.#options;
    if (!dc) throw new Error('CLOUD_DC is not set: it names the data centre in VaaS');
    const ports = portsOf(task);
    const port = ports.find(candidate => labelOf(candidate, `frontend-sync:${director}`) !== undefined) ?? ports[0];
    if (!port) throw new Error(`task ${task.task_id.value} has the label '${label}' but no ports`);
    const weight = weightOf(task, environment);
    return this.#client.addBackend(
      {
        address,
        director: await this.#client.findDirector(director, signal),
        dc: await this.#client.findDc(dc, signal),
        port: port.number,
        inherit_time_profile: true,
        ...(weight !== undefined && { weight }),
        ...(labelOf(task, 'canary') && { tags: ['canary'] }),
      },
      signal,
    );
  }
}

/** Label key `weight:N` valued `tag`; VAAS_INITIAL_WEIGHT of the task's environment wins. */
function weightOf(task: TaskInfo, environment: VaasHookOptions['environment']): number | undefined {
  const variables = [task.command, task.executor?.command].flatMap(command => command?.environment?.variables ?? []);
  const variable =
    variables.find(({ name }) => name === 'VAAS_INITIAL_WEIGHT')?.value ?? environment.VAAS_INITIAL_WEIGHT;
  const labelled = keysOf(task, 'tag')
    .find(key => key.startsWith('weight:'))
    ?.slice('weight:'.length);
  const text = [variable, labelled].find(candidate => candidate !== undefined && /^\d+$/.test(candidate));
  return text === undefined ? undefined : Number(text);
}
