import type { TaskInfo } from '@meseta/protocol';
import type { Hook, HookedTask, HookMemory, TaskEvent } from '@meseta/tasks';
import { keysOf, labelOf, portsOf } from '../task-labels.ts';
import type { VaasBackend, VaasClient } from './client.ts';

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
  /** Registrations, also those under way whose task is being ended already. */
  readonly #adding = new WeakMap<HookMemory, Promise<number>>();

  constructor(client: VaasClient, options: VaasHookOptions) {
    this.#client = client;
    this.#options = options;
  }

  async handle(event: TaskEvent, { info, memory }: HookedTask, signal: AbortSignal): Promise<undefined> {
    if (!info || !wantsVaas(info)) return;
    if (event === 'AfterTaskHealthy') {
      const adding = this.#client.addBackend(await this.#backendOf(info, labelOf(info, label) ?? '', signal));
      this.#adding.set(memory, adding);
      await memory.set(this.name, await unlessAborted(adding, signal));
    }
    if (event !== 'BeforeTerminate') return;
    const adding = this.#adding.get(memory)?.catch(() => undefined); // told already
    const id = (memory.get(this.name) as number | undefined) ?? (adding && (await unlessAborted(adding, signal)));
    if (id !== undefined) await this.#client.deleteBackend(id, signal);
  }

  async #backendOf(task: TaskInfo, director: string, signal: AbortSignal): Promise<VaasBackend> {
    const { dc, address, environment } = this.#options;
    if (!dc) throw new Error('CLOUD_DC is not set: it names the data centre in VaaS');
    const ports = portsOf(task);
    const port = ports.find(candidate => labelOf(candidate, `frontend-sync:${director}`) !== undefined) ?? ports[0];
    if (!port) throw new Error(`task ${task.task_id.value} has the label '${label}' but no ports`);
    const weight = weightOf(task, environment);
    return {
      address,
      director: await this.#client.findDirector(director, signal),
      dc: await this.#client.findDc(dc, signal),
      port: port.number,
      inherit_time_profile: true,
      ...(weight !== undefined && { weight }),
      ...(labelOf(task, 'canary') && { tags: ['canary'] }),
    };
  }
}

/** Waits for something that goes on when nobody waits any more. @throws the signal's reason. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
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
