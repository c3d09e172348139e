import { type Isolator, IsolatorChain } from '@meseta/containers/isolators';
import type { Logger, Metrics } from '@meseta/daemon';
import { type HookManager, loadModules, ModuleError } from '@meseta/modules';
import type { AgentFlags } from '../flags.ts';
import { builtInIsolators } from './names.ts';

/** Hooks and isolators of an agent. */
export interface LoadedModules {
  readonly hooks: HookManager;
  readonly isolators: IsolatorChain;
  /** Ends what modules run. Idempotent. */
  close(): Promise<void>;
}

/**
 * Makes what `--modules`, `--hooks` and `--isolation` name.
 *
 * @throws {ModuleError} the agent must not start; nothing is left of what was made.
 */
export async function loadAgentModules(flags: AgentFlags, log: Logger, metrics: Metrics): Promise<LoadedModules> {
  const modules = await loadModules(flags, { runtimeDirectory: flags.runtime_dir, log, metrics });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= modules.close();
    return closed;
  };
  try {
    const hooks = await modules.hooks(flags.hooks ?? []);
    const isolators: Isolator[] = [];
    for (const [index, name] of flags.isolation.entries()) {
      if (flags.isolation.indexOf(name) < index) throw twice(name);
      const isolator = await modules.isolator(name);
      if (isolator !== undefined) isolators.push(isolator);
      else if (!builtInIsolators.includes(name)) throw unknown(name, modules.names);
    }
    return { hooks, isolators: new IsolatorChain(isolators, log), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function twice(name: string): ModuleError {
  return new ModuleError('MODULE_DUPLICATE', `Isolator '${name}' is given twice in --isolation`);
}

function unknown(name: string, modules: readonly string[]): ModuleError {
  const known = modules.length > 0 ? `; --modules has ${modules.join(', ')}` : '';
  return new ModuleError(
    'MODULE_UNKNOWN',
    `Unknown or unsupported isolator '${name}' in --isolation: built in are ${builtInIsolators.join(', ')}${known}`,
  );
}
