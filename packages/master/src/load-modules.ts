import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type HookManager, loadModules, type ModuleRegistry } from '@meseta/modules';
import { makeTemporaryDirectory, takeDirectory } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { MasterFlags } from './flags.ts';

/** The modules of a master. */
export interface MasterModules {
  /** Creates others than hooks. */
  readonly registry: ModuleRegistry;
  readonly hooks: HookManager;
  /** Ends all modules. */
  close(): Promise<void>;
}

/**
 * Reads `--modules` and creates the hooks of `--hooks`. Files of modules are in the work directory, or in a temporary one
 * when the master has none.
 *
 * @throws {ModuleError} the master must not start; all that was created is closed.
 * @throws {DirectoryError} {TemporaryDirectoryError} when a directory must not be trusted.
 */
export async function loadMasterModules(flags: MasterFlags, log: Logger, metrics: Metrics): Promise<MasterModules> {
  const { work_dir, hooks: names = [] } = flags;
  const temporary = work_dir === undefined && names.length > 0;
  // Without hooks nothing is made there.
  const base = temporary ? await makeTemporaryDirectory('meseta-master-') : (work_dir ?? '.');
  // With a registry in memory this is the first use of the work directory.
  if (!temporary && names.length > 0) takeDirectory({ flag: '--work_dir', path: base });
  const removeBase = () => (temporary ? rm(base, { recursive: true, force: true }) : undefined);
  try {
    const registry = await loadModules(flags, { runtimeDirectory: join(base, 'modules'), log, metrics });
    const close = async () => {
      await registry.close();
      await removeBase();
    };
    const hooks = await registry.hooks(names).catch(error => close().then(() => Promise.reject(error)));
    return { registry, hooks, close };
  } catch (error) {
    await removeBase();
    throw error;
  }
}
