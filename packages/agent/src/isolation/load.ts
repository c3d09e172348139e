import { type HookManager, loadModules, type ModuleRegistry } from '@meseta/modules';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { AgentFlags } from '../flags.ts';

/** Hooks of an agent, and the modules that it may have isolators from. */
export interface LoadedModules {
  readonly hooks: HookManager;
  readonly modules: ModuleRegistry;
  /** Ends what modules run. Idempotent. */
  close(): Promise<void>;
}

/**
 * Reads `--modules` and creates the hooks of `--hooks`.
 *
 * @throws {ModuleError} the agent must not start; all that was created is closed.
 */
export async function loadAgentModules(flags: AgentFlags, log: Logger, metrics: Metrics): Promise<LoadedModules> {
  const modules = await loadModules(flags, { runtimeDirectory: flags.runtime_dir, log, metrics });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= modules.close();
    return closed;
  };
  try {
    return { hooks: await modules.hooks(flags.hooks ?? []), modules, close };
  } catch (error) {
    await close();
    throw error;
  }
}
