import { resolve } from 'node:path';
import { checkContainerLogger, checkIsolation } from '@meseta/containers';
import { loadModules, type ModuleRegistry } from '@meseta/modules';
import type { Clock } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { AgentFlags } from '../flags.ts';

/** What modules need of the agent. */
interface ModuleParts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/**
 * Reads `--modules`, and checks `--isolation` and `--container_logger`. Runs no module and makes no file, so a mistake in
 * these flags is reported before the agent uses its directories.
 *
 * @throws {ModuleError} {IsolationError} {LoggerSettingsError} the agent must not start.
 */
export async function readModules(flags: AgentFlags, parts: ModuleParts): Promise<ModuleRegistry> {
  const modules = await loadModules(flags, { runtimeDirectory: resolve(flags.runtime_dir), ...parts });
  // The oldest way to ask for an external containerizer, for which isolators do not matter.
  if (!flags.isolation.includes('external')) checkIsolation(flags, modules);
  checkContainerLogger(flags, modules);
  return modules;
}
