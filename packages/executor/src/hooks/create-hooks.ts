/**
 * Creates the hooks of a configuration, in the order in which they run. A hook's code is loaded when the first task
 * needs it.
 */
import { resolve } from 'node:path';
import type { TaskInfo } from '@meseta/protocol';
import type { Hook, HookedTask, TaskHooks } from '@meseta/tasks';
import { HookManager } from '@meseta/tasks';
import { type Environment, hookEnvironment } from '../config/configuration.ts';
import type { HookSettings } from '../config/hook-settings.ts';
import { labelOf } from './task-labels.ts';

/** What hooks need of the program that runs them. */
export interface HooksHost {
  /** The environment of hooks, with the variables of Consul's clients. */
  readonly environment: Environment;
  /**
   * The sandbox, where the program runs one task or task group. Undefined where it runs many tasks, each in its own
   * sandbox: then the process of a hook module handles one event and ends.
   */
  readonly sandbox?: string;
  /** Receives a line that a hook printed. @param task undefined while modules are loaded. */
  onOutput(hook: string, line: string, task?: HookedTask): void;
  /** Receives errors that do not stop a task. */
  onProblem(error: Error, task: HookedTask): void;
}

/**
 * Creates the hooks.
 *
 * @throws when a hook module does not load, or two hooks have the same name; the message names the module.
 */
export async function createHooks(settings: HookSettings, host: HooksHost): Promise<TaskHooks> {
  const hooks: Hook[] = [];
  try {
    for (const path of settings.HOOKS) hooks.push(await loadModule(path, settings, host, hooks));
  } catch (error) {
    await Promise.all(hooks.map(hook => hook.close?.()));
    throw error;
  }
  const { EXEC_HOOK_COMMAND: command, WEBHOOK_URL: webhook } = settings;
  if (command !== undefined)
    hooks.push(
      lazily(
        'exec',
        () => true,
        () => execHook(command, host),
      ),
    );
  if (webhook !== undefined) {
    const load = async () => new (await import('./webhook.ts')).Webhook(webhook, settings.WEBHOOK_TOKEN);
    hooks.push(lazily('webhook', () => true, load));
  }
  if (settings.VAAS_HOOK_ENABLED)
    hooks.push(
      lazily(
        'vaas',
        task => labelled(task, 'director'),
        () => vaasHook(settings, host),
      ),
    );
  if (settings.CONSUL_HOOK_ENABLED)
    hooks.push(
      lazily(
        'consul',
        task => labelled(task, 'consul'),
        () => consulHook(settings, host),
      ),
    );
  return new HookManager(hooks, { timeoutMs: settings.HOOK_TIMEOUT, onProblem: host.onProblem });
}

/** Makes a hook that is loaded when the first task that wants it arrives. */
function lazily(name: string, wants: (task: TaskInfo | null) => boolean, load: () => Promise<Hook>): Hook {
  let hook: Promise<Hook> | undefined;
  return {
    name,
    wants,
    async handle(event, task, signal) {
      hook ??= load();
      return (await hook).handle(event, task, signal);
    },
  };
}

const labelled = (task: TaskInfo | null, key: string): boolean => task !== null && labelOf(task, key) !== undefined;

async function loadModule(
  path: string,
  settings: HookSettings,
  host: HooksHost,
  others: readonly Hook[],
): Promise<Hook> {
  const { PassingModule, UserModule } = await import('./user-module.ts');
  const problem = (text: string, cause?: unknown) => new Error(`Hook module '${path}': ${text}`, { cause });
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Error(`it has not loaded after ${settings.HOOK_TIMEOUT / 1000} s`)),
    settings.HOOK_TIMEOUT,
  );
  const options = {
    path: resolve(host.sandbox ?? '/', path),
    environment: hookEnvironment(host.environment),
    sandbox: host.sandbox ?? '/',
    onOutput: (line: string) => host.onOutput(path, line),
  };
  const loaded = await UserModule.load(options, late.signal)
    .catch((error: unknown) => {
      throw problem((error as Error).message, error);
    })
    .finally(() => clearTimeout(timer));
  const taken = [...others.map(({ name }) => name), 'exec', 'webhook', 'vaas', 'consul'];
  const refused = taken.includes(loaded.name);
  if (!refused && host.sandbox !== undefined) return loaded;
  await loaded.close();
  if (!refused) return new PassingModule(loaded.name, options.path, (line, task) => host.onOutput(path, line, task));
  throw problem(`there is another hook named '${loaded.name}'`);
}

async function execHook(command: string, host: HooksHost): Promise<Hook> {
  const { ExecHook } = await import('./exec.ts');
  return new ExecHook({ command, onOutput: (line, task) => host.onOutput('exec', line, task) });
}

async function vaasHook(settings: HookSettings, { environment }: HooksHost): Promise<Hook> {
  const { VaasClient } = await import('./vaas/client.ts');
  const { VaasHook } = await import('./vaas/hook.ts');
  const { hostAddress } = await import('./host-address.ts');
  const {
    VAAS_HOST: host,
    VAAS_USERNAME: username = '',
    VAAS_TOKEN: key = '',
    VAAS_ASYNC_TIMEOUT: timeoutMs,
  } = settings;
  if (!host) throw new Error('VAAS_HOST is not set');
  const client = new VaasClient({ host, username, key, timeoutMs });
  return new VaasHook(client, { dc: environment.CLOUD_DC, address: hostAddress(environment), environment });
}

async function consulHook(settings: HookSettings, { environment }: HooksHost): Promise<Hook> {
  const { ConsulClient } = await import('./consul/client.ts');
  const { ConsulHook } = await import('./consul/hook.ts');
  const { hostAddress } = await import('./host-address.ts');
  return new ConsulHook(new ConsulClient(environment, settings.CONSUL_TOKEN), {
    globalTag: settings.CONSUL_GLOBAL_TAG,
    initialStatus: settings.INITIAL_HEALTH_CHECK_STATUS,
    address: hostAddress(environment),
    checkAddress: environment.CLOUD_PUBLIC_IP || '127.0.0.1',
  });
}
