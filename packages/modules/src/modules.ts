import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isLoggerName } from '@meseta/containers';
import type { FetchPlugin, Isolator, SecretResolver } from '@meseta/containers/isolators';
import type { AccessControl, HttpAuthenticator } from '@meseta/daemon';
import { fromJson, type MasterInfo, Modules, type ModulesLibrary, type Parameter, parseJson } from '@meseta/protocol';
import type { LeaderDetector, Leadership } from '@meseta/storage';
import { type Clock, systemClock } from '@meseta/system';
import { systemProblem } from '@meseta/system/system-problem';
import type { Logger, Metrics } from '@meseta/telemetry';
import { type CommandConfiguration, commandConfiguration } from './command/configuration.ts';
import { CommandLibrary, commandModuleKind } from './command/library.ts';
import { ModuleError } from './errors.ts';
import { HookManager, type NamedHook } from './hook-manager.ts';
import { type BundledModule, bundledModule, isBundledLibrary } from './oversubscription/bundled.ts';
import type { QoSController, ResourceEstimator } from './oversubscription/oversubscription.ts';
import { ModuleHost } from './user/module-host.ts';
import { type AllocatorModule, userAllocator } from './user/user-allocator.ts';
import { type Authenticatee, userAuthenticatee } from './user/user-authenticatee.ts';
import { type Authenticator, userAuthenticator } from './user/user-authenticator.ts';
import { userAuthorizer } from './user/user-authorizer.ts';
import type { ElectionReport } from './user/user-contender.ts';
import { userDetector } from './user/user-detector.ts';
import { userElection } from './user/user-election.ts';
import { checkSchemes, UserFetcher } from './user/user-fetcher.ts';
import { userHook } from './user/user-hook.ts';
import { userHttpAuthenticator } from './user/user-http-authenticator.ts';
import { UserIsolator } from './user/user-isolator.ts';
import type { ModuleKind } from './user/user-module.ts';
import { userController, userEstimator } from './user/user-oversubscription.ts';
import { userSecretResolver } from './user/user-secret-resolver.ts';

/** The flags of both daemons that concern modules. */
export interface ModuleFlags {
  /** Value of `--modules`, parsed. */
  readonly modules?: unknown;
  /** Value of `--modules_dir`. */
  readonly modules_dir?: string | undefined;
}

/** What modules need of the daemon. */
export interface ModuleOptions {
  /** The daemon's `--runtime_dir`; of a master, a directory in its `--work_dir`. Made when needed. */
  readonly runtimeDirectory: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The time of isolators. Default: that of the machine. */
  readonly clock?: Clock;
}

/** A module of `--modules` that is not created yet. */
type Entry =
  | { readonly type: 'command'; readonly kind: 'hook' | 'isolator'; readonly configuration: CommandConfiguration }
  | { readonly type: 'bundled'; readonly bundled: BundledModule }
  | { readonly type: 'logger'; readonly parameters: readonly Parameter[] }
  | { readonly type: 'user'; readonly file: string; readonly parameters: readonly Parameter[] };

/**
 * Reads `--modules` or `--modules_dir`, and checks all that can be checked without running modules.
 *
 * @throws {ModuleError} when the daemon must not start.
 */
export async function loadModules(flags: ModuleFlags, options: ModuleOptions): Promise<ModuleRegistry> {
  const entries = new Map<string, Entry>();
  for (const library of await librariesOf(flags)) {
    for (const { name = '', parameters = [] } of library.modules ?? []) {
      if (name === '') throw new ModuleError('MODULES_INVALID', `A module of ${titleOf(library)} has no name`);
      if (entries.has(name)) throw new ModuleError('MODULE_DUPLICATE', `Module '${name}' is given twice in --modules`);
      const warn = (message: string) => options.log.warning(message);
      entries.set(name, await entryOf(library, name, parameters, { log: options.log, warn }));
    }
    const isBuiltIn = isBundled(library) || isBundledLibrary(library) || hasLoggersOnly(library);
    if (!isBuiltIn) await userFile(library); // checked even when none of its modules is used
  }
  return new ModuleRegistry(entries, options);
}

/**
 * The modules of a daemon. Hooks and isolators are created when they are asked for, by the names in the other flags.
 */
export class ModuleRegistry {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #commands: CommandLibrary;
  readonly #hosts: ModuleHost[] = [];
  readonly #isolators = new Map<string, Promise<Isolator | undefined>>();
  #closed: Promise<unknown> | undefined;

  constructor(entries: ReadonlyMap<string, Entry>, options: ModuleOptions) {
    this.#entries = entries;
    this.#log = options.log;
    this.#metrics = options.metrics;
    this.#clock = options.clock ?? systemClock;
    this.#commands = new CommandLibrary({ ...options, clock: this.#clock });
  }

  /** The names of all modules of both kinds. */
  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /**
   * Creates the hooks of `--hooks`, in that order.
   *
   * @throws {ModuleError} for unknown and repeated names, and for modules that cannot be created.
   */
  async hooks(names: readonly string[]): Promise<HookManager> {
    const hooks: NamedHook[] = [];
    for (const name of names) {
      if (hooks.some(hook => hook.name === name)) {
        throw new ModuleError('MODULE_DUPLICATE', `Hook module '${name}' is given twice in --hooks`);
      }
      hooks.push({ name, hook: await this.#hook(name) });
    }
    return new HookManager(hooks, this.#log);
  }

  /**
   * Tells whether a module has that name in `--isolation`. Creates nothing.
   *
   * @throws {ModuleError} when it is known that the module is not an isolator.
   */
  hasIsolator(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.type === 'user') return entry !== undefined;
    const kind = kindOf(entry);
    if (kind === 'isolator') return true;
    throw new ModuleError('MODULE_UNKNOWN', `Module '${name}' in --isolation is a ${kind}, not an isolator`);
  }

  /**
   * Creates the isolator module of that name in `--isolation`. Returns undefined when no module has the name: it may be
   * that of a built-in isolator.
   *
   * @throws {ModuleError} when the module is not an isolator, or cannot be created.
   */
  isolator(name: string): Promise<Isolator | undefined> {
    const made = this.#isolators.get(name) ?? this.#isolator(name);
    this.#isolators.set(name, made);
    return made;
  }

  /** Creates the module that `--resource_estimator` names. @throws {ModuleError} */
  async resourceEstimator(name: string): Promise<ResourceEstimator> {
    const entry = this.#entryOf(name, 'resource_estimator');
    if (entry.type === 'user') return userEstimator(await this.#host(name, entry, 'resource_estimator'));
    return entry.bundled.module as ResourceEstimator;
  }

  /** Creates the module that `--qos_controller` names. @throws {ModuleError} */
  async qosController(name: string): Promise<QoSController> {
    const entry = this.#entryOf(name, 'qos_controller');
    if (entry.type === 'user') return userController(await this.#host(name, entry, 'qos_controller'));
    return entry.bundled.module as QoSController;
  }

  /** Returns the parameters of a container logger; undefined when it is not in `--modules`. */
  loggerParameters(name: string): readonly Parameter[] | undefined {
    const entry = this.#entries.get(name);
    return entry?.type === 'logger' ? entry.parameters : undefined;
  }

  /** Creates the module that `--secret_resolver` names. @throws {ModuleError} */
  async secretResolver(name: string): Promise<SecretResolver> {
    return userSecretResolver(await this.#userHost(name, 'secret_resolver', '--secret_resolver'));
  }

  /** Creates the authorizer that a flag names. @param flag with its dashes. @throws {ModuleError} */
  async authorizer(name: string, flag: string): Promise<Pick<AccessControl, 'authorize' | 'filter'>> {
    return userAuthorizer(await this.#userHost(name, 'authorizer', flag), this.#log);
  }

  /** Creates the module that `--authenticators` names. @throws {ModuleError} */
  async authenticator(name: string): Promise<Authenticator> {
    const host = await this.#userHost(name, 'authenticator', '--authenticators');
    if (host.has('secretOf')) return userAuthenticator(host);
    throw new ModuleError('MODULE_FAILED', `Cannot use module '${name}': it has no method 'secretOf'`);
  }

  /** Creates the module that `--authenticatee` names. @throws {ModuleError} */
  async authenticatee(name: string): Promise<Authenticatee> {
    return userAuthenticatee(await this.#userHost(name, 'authenticatee', '--authenticatee'));
  }

  /** Creates the modules that `--master_contender` and `--master_detector` name. @throws {ModuleError} */
  async election(contender: string, detector: string, report: ElectionReport): Promise<Leadership<MasterInfo>> {
    const hosts = {
      contender: await this.#userHost(contender, 'master_contender', '--master_contender'),
      detector: await this.#userHost(detector, 'master_detector', '--master_detector'),
    };
    return userElection(hosts, report);
  }

  /** Creates the module that `--master_detector` of an agent names. @throws {ModuleError} */
  async masterDetector(name: string, report: ElectionReport): Promise<LeaderDetector<MasterInfo>> {
    return userDetector(await this.#userHost(name, 'master_detector', '--master_detector'), report);
  }

  /**
   * Creates the module that a flag of HTTP authenticators names. Returns undefined when no module has the name.
   *
   * @throws {ModuleError} when the module is of another kind, or cannot be created.
   */
  async httpAuthenticator(name: string): Promise<HttpAuthenticator | undefined> {
    const entry = this.#entries.get(name);
    if (entry?.type !== 'user') return undefined;
    const host = await this.#host(name, entry, 'http_authenticator');
    if (host.has('authenticate')) return userHttpAuthenticator(host);
    throw new ModuleError('MODULE_FAILED', `Cannot use module '${name}': it has no method 'authenticate'`);
  }

  /** Creates the allocator that `--allocator` names. @throws {ModuleError} */
  async allocator(name: string): Promise<AllocatorModule> {
    return userAllocator(await this.#userHost(name, 'allocator', '--allocator'));
  }

  /**
   * Creates the fetchers of `--fetcher_modules`.
   *
   * @throws {ModuleError} for unknown and repeated names, modules that cannot be created, and schemes that are taken.
   */
  async fetchers(names: readonly string[]): Promise<readonly FetchPlugin[]> {
    const fetchers: FetchPlugin[] = [];
    for (const name of names) {
      if (fetchers.some(fetcher => fetcher.name === name))
        throw new ModuleError('MODULE_DUPLICATE', `Fetcher module '${name}' is given twice in --fetcher_modules`);
      const fetcher = new UserFetcher(name, await this.#userHost(name, 'fetcher', '--fetcher_modules'));
      checkSchemes(fetcher, fetchers);
      fetchers.push(fetcher);
    }
    return fetchers;
  }

  /** Ends all processes and threads of modules. Called when the daemon ends. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= Promise.all([this.#commands.close(), ...this.#hosts.map(host => host.close())]);
    return this.#closed.then(() => undefined);
  }

  async #hook(name: string) {
    const entry = this.#entries.get(name);
    if (entry?.type === 'command' && entry.kind === 'hook') return this.#commands.hook(entry.configuration);
    if (entry?.type === 'user') return userHook(await this.#host(name, entry, 'hook'));
    throw this.#unknown('hook', name, '--hooks');
  }

  /** Finds a module of a kind that a flag of the same name asks for. A user's module may turn out to be of another. */
  #entryOf(name: string, kind: BundledModule['kind']): Entry & { readonly type: 'user' | 'bundled' } {
    const entry = this.#entries.get(name);
    if (entry?.type === 'user' || (entry?.type === 'bundled' && entry.bundled.kind === kind)) return entry;
    throw this.#unknown(kind, name, `--${kind}`);
  }

  #unknown(kind: ModuleKind, name: string, flag: string): ModuleError {
    const known = this.names.length > 0 ? `; --modules has ${this.names.join(', ')}` : '';
    const message = `No ${kind} module named '${name}' available, which ${flag} asks for${known}`;
    return new ModuleError('MODULE_UNKNOWN', message);
  }

  async #isolator(name: string): Promise<Isolator | undefined> {
    const entry = this.#entries.get(name);
    if (entry === undefined || !this.hasIsolator(name)) return undefined;
    if (entry.type === 'command') return this.#commands.isolator(name, entry.configuration);
    if (entry.type !== 'user') return undefined;
    return new UserIsolator(name, await this.#host(name, entry, 'isolator'), this.#clock);
  }

  /** Starts a user's module for a flag. @throws {ModuleError} when no module of a user has the name. */
  async #userHost(name: string, kind: ModuleKind, flag: string): Promise<ModuleHost> {
    const entry = this.#entries.get(name);
    if (entry?.type !== 'user') throw this.#unknown(kind, name, flag);
    return this.#host(name, entry, kind);
  }

  async #host(name: string, { file, parameters }: Entry & { type: 'user' }, kind: ModuleKind) {
    const log = this.#log.child({ component: 'modules' });
    const host = new ModuleHost({ name, file, parameters, kind, log, metrics: this.#metrics });
    this.#hosts.push(host);
    await host.start();
    return host;
  }
}

/** Returns what a built-in module is. */
function kindOf(entry: Exclude<Entry, { type: 'user' }>): string {
  if (entry.type === 'logger') return 'container_logger';
  return entry.type === 'command' ? entry.kind : entry.bundled.kind;
}

async function librariesOf({ modules, modules_dir: directory }: ModuleFlags): Promise<readonly ModulesLibrary[]> {
  if (directory === undefined) return modules === undefined ? [] : librariesIn(modules, '--modules');
  const libraries: ModulesLibrary[] = [];
  const names = await readdir(directory).catch(unreadable(`Cannot read --modules_dir '${directory}'`));
  for (const name of names.sort()) {
    const path = join(directory, name);
    const failed = unreadable(`Cannot read modules from '${path}'`);
    if ((await stat(path).catch(failed)).isDirectory()) continue;
    const value = await readFile(path, 'utf8').then(parseJson).catch(failed);
    libraries.push(...librariesIn(value, `'${path}'`));
  }
  return libraries;
}

function unreadable(what: string): (cause: NodeJS.ErrnoException) => never {
  return cause => {
    throw new ModuleError('MODULES_INVALID', `${what}: ${systemProblem(cause)}`, { cause });
  };
}

function librariesIn(value: unknown, where: string): readonly ModulesLibrary[] {
  try {
    const { libraries } = fromJson(Modules, value);
    if (libraries === undefined) throw new Error('it has no "libraries"');
    return libraries;
  } catch (cause) {
    throw new ModuleError('MODULES_INVALID', `Cannot read modules from ${where}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function entryOf(
  library: ModulesLibrary,
  name: string,
  parameters: readonly Parameter[],
  parts: { readonly log: Logger; readonly warn: (message: string) => void },
): Promise<Entry> {
  if (isBundledLibrary(library)) return { type: 'bundled', bundled: bundledModule(name, parameters, parts) };
  // The agent has these itself, whatever the path of Mesos's library.
  if (isLoggerName(name)) return { type: 'logger', parameters };
  if (!isBundled(library)) return { type: 'user', file: await userFile(library), parameters };
  const kind = commandModuleKind(name);
  if (kind !== undefined)
    return { type: 'command', kind, configuration: commandConfiguration(name, parameters, parts.warn) };
  throw new ModuleError(
    'MODULE_UNKNOWN',
    `The command modules have no module '${name}', only com_criteo_mesos_CommandHook, com_criteo_mesos_CommandIsolator ` +
      'and these names followed by a number',
  );
}

/**
 * The library of mesos-command-modules is replaced by the bundled one, whatever its path, so that its users need not
 * change their configuration.
 */
function isBundled({ file, name }: ModulesLibrary): boolean {
  return name === 'command_modules' || (file !== undefined && basename(file) === 'libmesos_command_modules.so');
}

/** True for the libraries of Mesos and DC/OS with container loggers. */
function hasLoggersOnly({ modules = [] }: ModulesLibrary): boolean {
  return modules.length > 0 && modules.every(({ name = '' }) => isLoggerName(name));
}

const titleOf = ({ file, name }: ModulesLibrary) => `library '${file ?? name ?? ''}'`;

/** Returns the path of a user's ES module. @throws {ModuleError} when the file is missing, or is not an ES module. */
async function userFile(library: ModulesLibrary): Promise<string> {
  const { file } = library;
  if (file === undefined || /\.(so|dylib|dll)(\.[\d.]+)?$/.test(file)) {
    throw new ModuleError(
      'MODULE_NATIVE',
      `Cannot load ${titleOf(library)}: native modules of Apache Mesos cannot be loaded. Have the bundled library ` +
        '("name": "command_modules") run a program instead, or write the module as an ES module: \'file\' then names a ' +
        '.js, .mjs or .ts file. To start without its modules, take the library out of --modules',
    );
  }
  if (!/\.(js|mjs|ts|mts)$/.test(file)) {
    throw new ModuleError('MODULES_INVALID', `Cannot load ${titleOf(library)}: expecting a .js, .mjs or .ts file`);
  }
  await stat(file).catch(unreadable(`Cannot load ${titleOf(library)}`));
  return resolve(file);
}
