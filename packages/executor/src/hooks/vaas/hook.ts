import type { TaskInfo } from '@meseta/protocol';
import type { Hook, HookedTask, HookMemory, TaskEvent } from '@meseta/tasks';
import { keysOf, labelOf, portsOf } from '../task-labels.ts';
import type { VaasBackend, VaasClient } from './client.ts';

/** What a task's backend depends on besides the task. */
export interface VaasHookOptions {
  /** The symbol of this machine's data centre (`CLOUD_DC`). */
  readonly dc: string | undefined;
  /** The address at which VaaS reaches the task. */
  readonly address: string;
  /** The environment that the executor passes to the task. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const label = 'director';

/** Tells whether a task has the label that asks for registration in VaaS. */
export const wantsVaas = (task: TaskInfo): boolean => !!labelOf(task, label);

/** Registers a task as a backend of its director in VaaS when it is healthy, and removes it before it ends. */
export class VaasHook implements Hook {
  readonly name = 'vaas';
  readonly #client: VaasClient;
  readonly #options: VaasHookOptions;
  /** Registrations, finished or under way. One may be under way while its task is being ended. */
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
    const adding = this.#adding.get(memory)?.catch(() => undefined); // the failure was reported when it happened
    const id = (memory.get(this.name) as number | undefined) ?? (adding && (await unlessAborted(adding, signal)));
    if (id !== undefined) await this.#client.deleteBackend(id, signal);
  }

  async #backendOf(task: TaskInfo, director: string, signal: AbortSignal): Promise<VaasBackend> {
    const { dc, address, environment } = this.#options;
    if (!dc) throw new Error('CLOUD_DC is not set: set it to the symbol of the data centre in VaaS');
    const ports = portsOf(task);
    const port = ports.find(candidate => labelOf(candidate, `frontend-sync:${director}`) !== undefined) ?? ports[0];
    if (!port) throw new Error(`task ${task.task_id.value} has the label '${label}' but no port to register`);
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

/** Waits for work, which goes on when the signal is aborted. @throws the signal's reason. */
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

/**
 * Returns the weight of a backend: VAAS_INITIAL_WEIGHT of the task's environment, else N of a label `weight:N` with the
 * value `tag`.
 */
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
