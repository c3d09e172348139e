import type { ContainerizerFlags } from '../../containerizer-flags.ts';
import type { Isolator } from './isolator.ts';
import type { IsolatorParts } from './isolator-parts.ts';
import { type IsolatorEntry, isolatorTable } from './table.ts';

/** The isolators of `--modules`. */
export interface IsolatorModules {
  /** The names of all modules of all kinds. */
  readonly names: readonly string[];
  /** Tells whether a module has the name. Creates nothing. @throws when that module is no isolator. */
  hasIsolator(name: string): boolean;
  /**
   * Returns the isolator of that name; undefined when no module has the name. A rejection keeps the agent from
   * starting.
   */
  isolator(name: string): Promise<Isolator | undefined>;
}

/**
 * A name in `--isolation` cannot be used, so the agent does not start.
 *
 * - `ISOLATOR_UNKNOWN`: no isolator and no module has the name, or the isolator is not built yet
 * - `ISOLATOR_DUPLICATE`: the name is given twice, or with another one that does the same
 * - `ISOLATOR_LAUNCHER`: it needs the linux launcher, and that needs root
 */
export class IsolationError extends Error {
  override readonly name = 'IsolationError';
  readonly code: 'ISOLATOR_UNKNOWN' | 'ISOLATOR_DUPLICATE' | 'ISOLATOR_LAUNCHER';

  constructor(code: IsolationError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

type KnownModules = Pick<IsolatorModules, 'names' | 'hasIsolator'>;

/**
 * Checks `--isolation`, and that this process may use the launcher that the isolators need. Creates nothing, so an agent
 * can check it before it uses its directories.
 *
 * @throws {IsolationError} and errors of `hasIsolator`.
 */
export function checkIsolation(flags: Pick<ContainerizerFlags, 'isolation' | 'launcher'>, modules: KnownModules): void {
  checkNames(flags.isolation, modules, isolatorTable);
  launcherFor(flags);
}

function checkNames(names: readonly string[], modules: KnownModules, table: readonly IsolatorEntry[]): void {
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index) throw duplicate(name);
    if (!modules.hasIsolator(name) && !isBuilt(name, table)) throw unknown(name, modules, table);
  }
}

/**
 * Creates the isolators that `--isolation` names.
 *
 * @param names the flag's value. A module takes precedence over an isolator of the same name.
 * @param table default: that of all isolators.
 * @returns the isolators in the order in which they prepare a container: first those of the table in its order, then
 * modules in the order of `names`, as in Mesos.
 * @throws {IsolationError} and errors of creating an isolator. Then those that were created are closed.
 */
export async function makeIsolators(
  names: readonly string[],
  modules: IsolatorModules,
  parts: IsolatorParts,
  table: readonly IsolatorEntry[] = isolatorTable,
): Promise<readonly Isolator[]> {
  checkNames(names, modules, table);
  const rows = new Set<string>();
  const made: Isolator[] = [];
  const ofModules: Isolator[] = [];
  try {
    for (const name of names) {
      const ofModule = await modules.isolator(name);
      if (ofModule) ofModules.push(ofModule);
      else for (const row of rowsOf(name, table)) for (const each of [row.name, ...(row.implies ?? [])]) rows.add(each);
    }
    refuseExcluded(rows, table);
    for (const { name, make } of table) {
      const isolator = rows.has(name) ? await make?.(parts) : undefined;
      if (isolator) made.push(isolator);
    }
    return [...made, ...ofModules];
  } catch (error) {
    await Promise.all([...made, ...ofModules].map(isolator => isolator.close?.()));
    throw error;
  }
}

/**
 * Returns the names of Mesos's isolators in a value of `--isolation` that are not built yet, separated by commas;
 * undefined when there are none. Names that Mesos does not have are not included: they may be those of modules.
 */
export function unbuiltIsolators(isolation: string): string | undefined {
  const unbuilt = isolation.split(',').filter(name => rowsOf(name, isolatorTable).some(({ make }) => !make));
  return unbuilt.length > 0 ? unbuilt.join(',') : undefined;
}

/**
 * Returns the launcher that an agent has: linux when `--launcher` says so or an isolator needs it.
 *
 * @throws {IsolationError} this process is not root, and the linux launcher needs that.
 */
export function launcherFor(
  { isolation, launcher }: Pick<ContainerizerFlags, 'isolation' | 'launcher'>,
  isRoot = process.geteuid?.() === 0,
): 'posix' | 'linux' {
  const needing = isolation.filter(name => rowsOf(name, isolatorTable).some(row => row.launcher === 'linux'));
  const because = needing.length > 0 ? `The isolator ${needing.join(', ')} (--isolation)` : '--launcher=linux';
  if (launcher !== 'linux' && needing.length === 0) return 'posix';
  if (!isRoot) {
    const what = `${because} needs root: namespaces and cgroups are made for each container`;
    throw new IsolationError('ISOLATOR_LAUNCHER', `${what}. Start the agent as root, or leave it out`);
  }
  return 'linux';
}

/**
 * Tells what keeps an agent without modules from having these isolators; undefined when nothing does.
 *
 * @param names the value of `--isolation`.
 */
export function isolationProblem(names: readonly string[]): string | undefined {
  try {
    checkIsolation({ isolation: names, launcher: 'posix' }, { names: [], hasIsolator: () => false });
    return undefined;
  } catch (error) {
    if (error instanceof IsolationError) return error.message;
    throw error;
  }
}

/** Returns the rows of a name: one, several for an old name, none for an unknown name. */
function rowsOf(name: string, table: readonly IsolatorEntry[]): readonly IsolatorEntry[] {
  const names = table.find(entry => entry.name === name)?.standsFor ?? [name];
  return table.filter(entry => names.includes(entry.name));
}

function isBuilt(name: string, table: readonly IsolatorEntry[]): boolean {
  const rows = rowsOf(name, table);
  return rows.length > 0 && rows.every(({ make }) => make !== undefined);
}

function refuseExcluded(rows: ReadonlySet<string>, table: readonly IsolatorEntry[]): void {
  for (const { name, excludes } of table) {
    if (excludes === undefined || !rows.has(name) || !rows.has(excludes)) continue;
    throw new IsolationError(
      'ISOLATOR_DUPLICATE',
      `Isolators '${name}' and '${excludes}' exclude each other in --isolation`,
    );
  }
}

function duplicate(name: string): IsolationError {
  return new IsolationError('ISOLATOR_DUPLICATE', `Isolator '${name}' is given twice in --isolation`);
}

function unknown(name: string, modules: KnownModules, table: readonly IsolatorEntry[]): IsolationError {
  const builtIn = table.map(entry => entry.name).filter(each => isBuilt(each, table));
  const known = modules.names.length > 0 ? `; --modules has ${modules.names.join(', ')}` : '';
  return new IsolationError(
    'ISOLATOR_UNKNOWN',
    `Unknown or unsupported isolator '${name}' in --isolation: built in are ${builtIn.join(', ')}${known}`,
  );
}
